"""The cases of the conformance suite and their records belong together."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts" / "conformance"))

from cases import CASES, find


def test_cases_records_and_actions_belong_together():
    cases = find(CASES, [])  # No two have one name.
    acting = {case.file.with_suffix("").with_suffix(".actions.yaml") for case in cases}
    assert {case.record for case in cases} == set(CASES.rglob("*.expect.yaml"))
    assert set(CASES.rglob("*.actions.yaml")) <= acting


def test_a_record_says_what_became_of_the_workflow():
    for file in CASES.rglob("*.expect.yaml"):
        keys = set(re.findall(r"^([a-z]+):", file.read_text("utf-8"), re.MULTILINE))
        assert keys == {"refused"} or keys >= {"phase", "nodes"}, file


def test_a_case_needs_no_other_image_than_the_cluster_has():
    texts = [file.read_text("utf-8") for file in CASES.rglob("*.yaml")]
    images = set(re.findall(r"\bimage: ['\"]?(\w+)", "\n".join(texts)))
    assert images == {"python"}


def test_a_record_is_yaml_that_is_written_the_same_way_again():
    from reading import written

    for file in sorted(CASES.rglob("*.expect.yaml"))[::20]:
        text = file.read_text("utf-8")
        assert written(yaml.safe_load(text)) == text, file
