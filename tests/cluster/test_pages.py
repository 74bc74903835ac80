"""A page of the documentation keeps its promises to a reader with a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import yaml
from api import ARGO, PLURALS, ApiServer
from pages import ON_A_CLUSTER, blocks, pages
from program import ENVIRONMENT, ClusterProject
from reader import faults
from store import Store

OF_A_CLUSTER = [
    page for page in pages() if any(block.mark == ON_A_CLUSTER for block in blocks(page))
]
#: A reader's words in place of a page's: the image of the tests has other names.
WORDS = {"conf/cloud/": f"conf/{ENVIRONMENT}/", "logs @latest train": "logs @latest use"}


@pytest.fixture
def shop(
    cluster_project: Callable[..., ClusterProject], api_server: ApiServer
) -> Iterator[ClusterProject]:
    """A project with an existing image; its deployments are deleted at the end."""
    project = cluster_project()
    file = f"conf/{ENVIRONMENT}/argo.yml"
    settings = yaml.safe_load(project.read(file))
    settings["deployment"]["builder"] = "none"
    project.write({file: yaml.safe_dump(settings)})
    yield project
    project.clean_up()
    for name in ("shop", "shop-nightly"):
        for kind in ("WorkflowTemplate", "CronWorkflow"):
            api_server.delete(api_server.place(ARGO, PLURALS[kind], name))


@pytest.mark.parametrize("page", OF_A_CLUSTER)
def test_a_reader_with_a_cluster_gets_what_the_page_says(
    page: str, shop: ClusterProject, store: Store
) -> None:
    of_page = [
        block
        for block in blocks(page)
        # This cluster has its own settings for the image and the store.
        if block.mark == ON_A_CLUSTER or (block.file and "namespace" not in "".join(block.lines))
    ]
    # This machine reaches the store.
    variables = {
        "KEDRO_ENV": ENVIRONMENT,
        "AWS_ENDPOINT_URL": store.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": store.key,
        "AWS_SECRET_ACCESS_KEY": store.secret,
    }
    found = faults(shop, of_page, variables, WORDS)
    assert not found, "\n\n".join(found)
