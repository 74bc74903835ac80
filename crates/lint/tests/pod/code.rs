//! Code and configuration of the project that the image must contain.

use serde_json::json;

use crate::project::{DOCKERFILE, Project, copying};

#[test]
fn the_project_and_its_configuration_have_to_be_in_the_image() {
    const OUT: &str = "error[project-not-in-image]";
    for path in [
        "pyproject.toml",
        "src",
        "src/shop",
        "src/shop/nodes.py",
        "conf/base",
    ] {
        Project::default().keeps_out(path, 1).finds(OUT);
    }
    let all = Project::default()
        .keeps_out("src", 1)
        .keeps_out("pyproject.toml", 2);
    all.finds(&format!("{OUT} {OUT}"));
    // A wheel installs the package.
    let wheel = format!("{DOCKERFILE}COPY dist dist\nRUN pip install dist/*.whl\n");
    Project::default()
        .keeps_out("src", 1)
        .dockerfile(&wheel)
        .finds("");
    let mut cloud = Project::default().keeps_out("conf/cloud", 1);
    cloud.configuration = json!({"base": "conf/base", "environment": "conf/cloud", "is_default": false,
        "files": ["conf/base/catalog.yml", "conf/cloud/catalog.yml"]});
    cloud.finds(OUT);
    let conf = "nodes: {'*': {volumes: [{name: v, mount_path: /app/conf, config_map: {name: c}}]}}";
    cloud.argo(conf).finds("");
}

#[test]
fn what_no_copy_takes_is_not_in_the_image() {
    const OUT: &str = "error[project-not-in-image]";
    let project = |lines: &str| {
        let mut project = Project::default().dockerfile(&copying(lines));
        project.configuration = json!({"base": "conf/base", "environment": "conf/cloud", "is_default": false,
            "files": ["conf/base/catalog.yml", "conf/cloud/catalog.yml"]});
        project
    };
    for takes in [
        "COPY . .",
        "COPY ./ /app/",
        "COPY pyproject.toml ./\nCOPY conf conf\nCOPY src src",
        "COPY pyproject.toml conf src /app/",
        "COPY pyproject.toml uv.lock ./\nCOPY conf/base/catalog.yml conf/base/\nCOPY conf/cloud/*.yml conf/cloud/\nCOPY ./src/ ./src/",
        "COPY *.toml ./\nADD [\"conf\", \"conf\"]\nCOPY src/shop src/shop",
        "COPY $WHAT .",
        "ADD project.tar.gz /app",
        "RUN --mount=type=bind,target=/src cp -r /src/. /app",
        "FROM python:3.12 AS b\nCOPY . /app\nRUN pip install argo-kedro\nFROM python:3.12\nCOPY --from=b /app /app\nWORKDIR /app",
        "COPY conf conf\nCOPY src src\nRUN cp /etc/project.toml pyproject.toml",
        "COPY conf conf\nCOPY src src\nCOPY <<END pyproject.toml\n[tool.kedro]\nEND",
        // An index supplies the package.
        "COPY pyproject.toml .\nCOPY conf conf\nRUN pip install acme-shop",
    ] {
        project(takes).finds("");
    }
    // The text is not a Dockerfile.
    let said = project("").dockerfile("X").findings();
    assert!(!said.contains("error["), "{said}");
    let own_base = copying("COPY conf conf").replace("python:3.12-slim", "corp/shop");
    project("").dockerfile(&own_base).finds("");
    for (lines, expected) in [
        ("COPY conf conf\nCOPY src src", OUT.to_owned()),
        ("COPY pyproject.toml .\nCOPY conf conf", OUT.to_owned()),
        (
            "COPY pyproject.toml .\nCOPY conf/base conf/base\nCOPY src src",
            OUT.to_owned(),
        ),
        (
            "COPY pyproject.toml .\nCOPY conf/base/parameters*.yml conf/base/\nCOPY conf/cloud conf/cloud\nCOPY src src",
            OUT.to_owned(),
        ),
        (
            "COPY conf/base conf/base\nCOPY src src",
            format!("{OUT} {OUT}"),
        ),
        (
            "COPY conf conf\nCOPY src src\nRUN git clone https://x/y /z",
            OUT.replace("error", "warning"),
        ),
    ] {
        project(lines).finds(&expected);
    }
    let said = project("COPY pyproject.toml .\nCOPY conf/base conf/base\nCOPY src src").findings();
    assert!(
        said.contains("Dockerfile:0 Dockerfile does not copy `conf/cloud/catalog.yml`"),
        "{said}"
    );
    assert!(
        said.contains("add this line to Dockerfile: COPY conf/cloud/catalog.yml"),
        "{said}"
    );
    // Kedro needs the folder, and the Dockerfile does not create it.
    let local = copying("COPY pyproject.toml .\nCOPY conf/base conf/base\nCOPY src src");
    let local = local.replace("RUN mkdir", "#");
    Project::default()
        .dockerfile(&local)
        .finds("error[missing-configuration-folder]");
}

#[test]
fn the_folder_that_kedro_wants_has_to_be_made() {
    const MISSING: &str = "error[missing-configuration-folder]";
    let project = |last: &str| {
        let text = DOCKERFILE.replace("RUN mkdir -p conf/local", last);
        Project::default()
            .keeps_out("conf/local", 7)
            .dockerfile(&text)
    };
    for makes in [
        "RUN mkdir -p /app/conf/local",
        "RUN mkdir conf/{base,local}",
        "RUN cd conf && mkdir local",
        "RUN touch conf/local/.gitkeep",
        "RUN install -d conf/local",
        "RUN python -c 'import os; os.makedirs(\"conf/local\")'",
        "COPY nothing conf/local/",
        "WORKDIR /app/conf/local\nWORKDIR /app",
        "RUN <<END\nset -e\nmkdir -p conf/local\nEND",
    ] {
        project(makes).finds("");
    }
    for does_not in [
        "",
        "# RUN mkdir -p conf/local",
        "RUN rm -rf conf/local",
        "RUN mkdir logs",
    ] {
        project(does_not).finds(MISSING);
    }
    let base = DOCKERFILE
        .replace("python:3.12-slim", "corp/kedro")
        .replace("RUN mkdir", "#");
    let own_base = Project::default()
        .keeps_out("conf/local", 7)
        .dockerfile(&base);
    own_base.finds("warning[missing-configuration-folder]");
    // The files of conf/local exist only on this machine.
    let mut files = project("RUN mkdir conf/local");
    files.configuration["files"] = json!(["conf/local/parameters.yml"]);
    files.finds("warning[configuration-not-in-image]");
}

#[test]
fn advice_names_an_environment_that_is_there() {
    let said = |environments: &[&str]| {
        let mut project = Project::at("data/a.csv", "data/r.csv")
            .keeps_out("data", 1)
            .keeps_out("conf/local", 2);
        project.environments = environments.iter().map(ToString::to_string).collect();
        let dockerfile = DOCKERFILE.replace("RUN mkdir", "#");
        project.dockerfile(&dockerfile).findings()
    };
    let none = said(&[]);
    assert_eq!(
        none.matches("which this makes: argo-kedro init --cloud s3://BUCKET/FOLDER")
            .count(),
        3,
        "{none}"
    );
    assert!(!none.contains("--env"), "{none}");
    // In the cluster's environment, the user can change its catalog.
    let mut project = Project::at("data/a.csv", "data/r.csv").keeps_out("data", 1);
    project.configuration["environment"] = json!("conf/cloud");
    project.configuration["is_default"] = json!(false);
    let chosen = project.findings();
    let this_one = "e.g. this one: change the catalog in conf/cloud";
    assert_eq!(chosen.matches(this_one).count(), 2, "{chosen}");
    assert_eq!(
        said(&["prod", "staging"])
            .matches("e.g. --env prod")
            .count(),
        3
    );
    assert_eq!(
        said(&["aws", "cloud"]).matches("e.g. --env cloud").count(),
        3
    );
}

#[test]
fn the_user_of_a_url_is_in_no_message() {
    let url = "https://your-name:hunter2@example.com/WORKFLOW_ID/a.csv";
    for said in [
        Project::at(url, "s3://b/r.csv").findings(),
        Project::at("s3://b/a.csv", url).findings(),
        Project::at(
            "https://your-name:hunter2@corp.com/WORKFLOW_ID/a.csv",
            "s3://b/r.csv",
        )
        .findings(),
    ] {
        assert!(
            said.contains("https://***@") && !said.contains("hunter2"),
            "{said}"
        );
    }
}
