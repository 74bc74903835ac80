//! Images that must install argo-kedro.
//!
//! This file is long, because each way to install needs a case with a finding and one without.

use crate::project::Project;

#[test]
fn argo_kedro_has_to_be_installed() {
    const NOT: &str = "error[argo-kedro-not-installed]";
    const MAYBE: &str = "warning[argo-kedro-not-installed]";
    let project = |run: &str| {
        let text = format!(
            "FROM python:3.12-slim\nWORKDIR /app\n{run}\nCOPY . .\nRUN mkdir -p conf/local\n"
        );
        Project::default().dockerfile(&text)
    };
    for installs in [
        "RUN pip install argo-kedro==1.0",
        "RUN python -m pip install 'argo_kedro[x]'",
        "COPY argo-kedro-wheel /tmp/w\nRUN pip install /tmp/w/argo_kedro-1-py3-none-any.whl",
        "RUN pip install git+https://github.com/everycure-org/kedro-argo.git",
        "RUN uv add argo-kedro",
        "FROM python:3.12 AS b\nRUN pip install argo-kedro\nFROM b\nWORKDIR /app",
        "FROM python:3.12 AS v\nRUN pip install argo-kedro\nFROM python:3.12\nCOPY --from=v /opt /opt\nWORKDIR /app",
    ] {
        project(installs).finds("");
    }
    for does_not in [
        "RUN pip install kedro",
        "# RUN pip install argo-kedro",
        "RUN echo argo-kedro",
        "FROM python:3.12 AS v\nRUN pip install argo-kedro\nFROM python:3.12\nWORKDIR /app",
        "RUN pip install -r requirements.txt",
        "RUN pip install -r requirements.txt > /tmp/log 2>&1 # don't, argo-kedro",
        "RUN <<EOF\n# don't cache\npip install -r requirements.txt\nEOF",
        "RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/* && pip install --no-cache-dir -i https://x/y 'pandas[parquet]>=2' scikit_learn",
        "RUN python3 -m venv /venv && . /venv/bin/activate && /venv/bin/pip --quiet install kedro 'kedro-datasets[pandas-csvdataset]' -c constraints.txt",
        "RUN uv pip install --system --no-cache -r requirements.txt",
        "RUN conda install -y -c conda-forge python=3.12 conda-forge::pandas && conda clean -afy",
    ] {
        project(does_not).finds(NOT);
    }
    let from_file = |run: &str, file, text| project(run).with(file, text);
    for (run, file, text) in [
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "kedro\nArgo_Kedro >= 1 # x\n",
        ),
        (
            "COPY deps/run.txt /tmp/\nRUN pip install -r /tmp/run.txt",
            "deps/run.txt",
            "argo-kedro",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "-r base.txt",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "dependencies = [\"argo-kedro~=1.0\"]",
        ),
        (
            "RUN pip install -e '.[cloud]'",
            "pyproject.toml",
            "argo-kedro",
        ),
        ("RUN uv sync --frozen", "uv.lock", "name = \"argo-kedro\""),
        (
            "RUN poetry install --only main",
            "pyproject.toml",
            "argo-kedro = \"^1\"",
        ),
        (
            "RUN conda env update -f environment.yml",
            "environment.yml",
            "- pip: [argo-kedro]",
        ),
        (
            "RUN python -c \"read('pyproject.toml')\" > /tmp/r.txt && pip install -r /tmp/r.txt",
            "pyproject.toml",
            "argo-kedro",
        ),
    ] {
        let project = from_file(run, file, text).with("base.txt", "argo-kedro\n");
        project.finds("");
    }
    from_file(
        "RUN pip install -r requirements.txt",
        "requirements.txt",
        "# argo-kedro\nkedro # argo-kedro\n--find-links https://x\npandas[parquet]>=2; python_version>'3'\n",
    )
    .finds(NOT);
    // Read the file that is really installed, not another one with its name.
    for (run, file, text) in [
        (
            "COPY requirements/prod.txt /tmp/requirements.txt\nRUN pip install -r /tmp/requirements.txt",
            "requirements/prod.txt",
            "argo-kedro",
        ),
        (
            "COPY requirements/ /tmp/\nRUN pip install -r /tmp/prod.txt",
            "requirements/prod.txt",
            "argo-kedro",
        ),
        (
            "COPY requirements/*.txt /tmp/\nRUN pip install -r /tmp/prod.txt",
            "requirements/prod.txt",
            "argo-kedro",
        ),
        (
            "RUN --mount=type=bind,source=requirements/prod.txt,target=/tmp/requirements.txt pip install -r /tmp/requirements.txt",
            "requirements/prod.txt",
            "argo-kedro",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "-r requirements/prod.txt",
        ),
        (
            "WORKDIR /src\nCOPY . .\nRUN pip install .\nWORKDIR /app",
            "pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "COPY . /src\nRUN pip install /src",
            "pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "ENV APP_HOME=/src\nCOPY . /src\nRUN pip install -e \"$APP_HOME[dev]\"",
            "pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "COPY libs/shop /opt/shop\nRUN pip install /opt/shop",
            "libs/shop/pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "COPY dist/*.whl /tmp/\nRUN pip install /tmp/*.whl",
            "pyproject.toml",
            "[project]\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = {file = 'requirements/prod.txt'}",
        ),
        (
            "COPY dist/*.whl /tmp/\nRUN pip install /tmp/*.whl",
            "pyproject.toml",
            "[project]\ndependencies = ['argo-kedro']",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            ".[prod]",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "-e .",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "[project]\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = {file = ['requirements/prod.txt']}",
        ),
        (
            "RUN uv pip sync --system requirements.lock",
            "requirements.lock",
            "argo-kedro==1",
        ),
        (
            "RUN pip install pip-tools && pip-sync",
            "requirements.txt",
            "argo-kedro==1",
        ),
        (
            "RUN conda env create",
            "environment.yml",
            "dependencies: [pip: [argo-kedro]]",
        ),
        (
            "RUN conda-lock install -n base conda-lock.yml",
            "conda-lock.yml",
            "- name: argo-kedro",
        ),
        (
            "RUN cat requirements.txt | xargs -n 1 pip install",
            "requirements.txt",
            "argo-kedro",
        ),
        (
            "RUN while read line; do pip install $line; done < requirements.txt && xargs pip install < requirements.txt",
            "requirements.txt",
            "argo-kedro",
        ),
        (
            "RUN <<EOF\n# don't cache\npip install -r requirements.txt\nEOF",
            "requirements.txt",
            "argo-kedro",
        ),
        (
            "RUN conda run -n base pip install -r requirements.txt",
            "requirements.txt",
            "argo-kedro",
        ),
    ] {
        let project = from_file(run, file, text);
        let others = [
            ("pyproject.toml", "[project]\ndependencies = ['argo-kedro']"),
            ("requirements/prod.txt", "argo-kedro"),
        ];
        let others = others.into_iter().filter(|(other, _)| *other != file);
        others
            .fold(project, |project, (file, text)| project.with(file, text))
            .finds("");
    }
    for (run, file, text) in [
        // The project's file with this name is not the installed one.
        (
            "COPY requirements/prod.txt /tmp/requirements.txt\nRUN pip install -r /tmp/requirements.txt",
            "requirements/prod.txt",
            "kedro",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "[project]\ndependencies = ['kedro']\n",
        ),
        ("RUN uv sync", "uv.lock", "name = \"acme\""),
        (
            "RUN poetry install",
            "pyproject.toml",
            "[tool.poetry.dependencies]\npython = '^3.12'\nkedro = '^1'\n[tool.poetry.group.dev.dependencies]\nruff = '*'\n",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "# This file was autogenerated by uv\nacme==1\n",
        ),
    ] {
        from_file(run, file, text).finds(NOT);
    }
    for (run, file, text) in [
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "acme-kedro-platform",
        ),
        (
            "RUN pip install -r requirements.txt",
            "requirements.txt",
            "git+https://git.corp/shop",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "[project]\ndependencies = ['acme']",
        ),
        (
            "RUN pip install .",
            "pyproject.toml",
            "[project]\ndynamic = ['dependencies']",
        ),
        (
            "RUN pip install .",
            "setup.py",
            "setup(install_requires=open('x').read())",
        ),
        (
            "RUN poetry install",
            "pyproject.toml",
            "[tool.poetry.dependencies]\nacme = '^1'",
        ),
        (
            "RUN conda env create",
            "environment.yml",
            "dependencies: [acme]",
        ),
    ] {
        from_file(run, file, text).finds(MAYBE);
    }
    // An unknown package or program may install argo-kedro.
    for unknown in [
        "COPY dist/*.whl /tmp/\nRUN pip install /tmp/*.whl",
        "FROM python:3.12 AS b\nCOPY . /src\nRUN python -m build /src\nFROM python:3.12\nWORKDIR /app\nCOPY --from=b /src/dist/*.whl /tmp/\nRUN pip install /tmp/shop.whl",
        "RUN pip install /home/kedro",
        "RUN pip install -e \"$APP_HOME\"",
        "RUN pip install acme-kedro-platform",
        "RUN pip install https://wheels.corp/shop.zip",
        "RUN pip install --requirement=/wheels/all.txt",
        "RUN pip install $(cat all.txt) `cat all.txt`",
        "RUN uv pip sync --system requirements.lock",
        "RUN pip-sync all.txt",
        "RUN conda env create",
        "RUN conda-lock install",
        "RUN cat requirements.txt | xargs -n 1 pip install",
        "RUN python install.py",
        "RUN curl https://x | sh",
        "RUN tar xzf env.tar.gz",
        "RUN provision --all",
        "WORKDIR $WHERE\nRUN pip install -r requirements.txt\nWORKDIR /app",
        "RUN ./install.sh",
        "RUN pip install -r /made.txt",
        "FROM corp/base\nWORKDIR /app",
        "COPY --from=corp/x /x /x",
    ] {
        project(unknown).finds(MAYBE);
    }
    // No task starts argo-kedro.
    let own = "template: {default_template: t, templates: [{name: t, container: {command: [kedro, run]}}]}";
    project("RUN pip install kedro").argo(own).finds("");
}
