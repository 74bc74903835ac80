//! Dockerfiles, and the parser's results.

use super::*;

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse(text, None, [])
}

fn words(dockerfile: &Dockerfile) -> Vec<String> {
    dockerfile
        .commands()
        .map(|command| command.words.join(" "))
        .collect()
}

#[test]
fn lines_are_continued_and_comments_left_out() {
    let read = parse(
        "# syntax=docker/dockerfile:1\nfrom python:3.12\nRUN mkdir -p \\\n  # here\n\n  conf/local && \\\n  X=1 pip install 'a b' ; \\\n  true\nrun [\"sh\", \"-c\", \"cd /x && ./fetch.sh >y\"]\n",
    );
    assert_eq!(
        words(&read),
        [
            "mkdir -p conf/local",
            "pip install a b",
            "true",
            "cd /x",
            "./fetch.sh"
        ]
    );
    assert_eq!(read.working_dir.as_deref(), Some("/"));
    let last = read.commands().last().and_then(|it| it.folder.clone());
    assert_eq!(last.as_deref(), Some("/x"));
}

#[test]
fn texts_below_an_instruction_are_its_commands_or_none() {
    let read = parse(
        "FROM python\nCOPY <<EOF /x\nRUN mkdir no\nEOF\nRUN <<EOF\nmkdir conf/{base,local}\nEOF\nRUN true\n",
    );
    assert_eq!(words(&read), ["mkdir conf/base conf/local", "true"]);
}

#[test]
fn only_stages_that_the_image_comes_from_count() {
    let text = "\
ARG PYTHON=3.11
FROM python:${PYTHON}-slim AS base
WORKDIR /srv
ENV HOME_OF=shop
FROM base AS wheels
RUN build wheels
FROM base AS tools
RUN install tools
FROM registry.corp/kedro AS other
RUN never
FROM base AS final
WORKDIR $HOME_OF
COPY --from=wheels --chown=1:1 /w ./w
COPY --from=ghcr.io/astral-sh/uv:1 /uv /bin/
RUN --mount=type=bind,from=tools,target=/t pip install /srv/w/*.whl
ADD https://example.com/a.csv data/
COPY [\"a b\", \".\"]
";
    let read = parse(text);
    assert_eq!(read.bases, ["python:3.11-slim"]);
    assert_eq!(read.working_dir.as_deref(), Some("/srv/shop"));
    assert_eq!(
        words(&read),
        ["build wheels", "install tools", "pip install /srv/w/*.whl"]
    );
    let targets: Vec<(&Origin, &str)> = read
        .copies()
        .map(|copy| (&copy.from, copy.target.as_str()))
        .collect();
    let uv = Origin::Image("ghcr.io/astral-sh/uv:1".to_owned());
    assert_eq!(
        targets,
        [
            (&Origin::Stage, "/srv/shop/w"),
            (&uv, "/bin"),
            (&Origin::Network, "/srv/shop/data"),
            (&Origin::Context, "/srv/shop"),
        ]
    );
    let other = Dockerfile::parse(text, Some("OTHER"), [("PYTHON", "3.12")]);
    assert_eq!(other.bases, ["registry.corp/kedro"]);
    assert_eq!(other.working_dir, None);
    let base = Dockerfile::parse(text, Some("base"), [("PYTHON", "3.12")]);
    assert_eq!(base.bases, ["python:3.12-slim"]);
}

#[test]
fn images_that_everybody_knows() {
    for plain in [
        "python:3.12-slim",
        "docker.io/library/python:3.12@sha256:1",
        "public.ecr.aws/docker/library/debian:12",
        "nvidia/cuda:13.1.1-base-ubuntu24.04",
        "ghcr.io/astral-sh/uv:python3.12-bookworm",
        "gcr.io/distroless/python3-debian12",
        "quay.io/jupyter/scipy-notebook",
    ] {
        assert!(is_plain(plain), "{plain}");
    }
    for own in [
        "scratch",
        "registry.corp/python:3.12",
        "localhost:5000/python",
        "corp/python",
        "$BASE",
        "",
    ] {
        assert!(!is_plain(own), "{own}");
    }
}

#[test]
fn nothing_in_a_text_stops_the_reader() {
    for text in [
        "",
        "RUN x",
        "FROM",
        "FROM a\nRUN \\",
        "FROM a\nRUN <<E\n",
        "FROM a AS a\nFROM a AS a\nCOPY --from=1 x y\nCOPY\nENV\nARG\nWORKDIR",
        "FROM ${\nWORKDIR ${x\nRUN $ ${} '\" \\",
        "FROM a\nRUN --mount=from\nRUN sh -c\nRUN X=1",
    ] {
        parse(text);
    }
}

#[test]
fn variables_of_the_image_are_those_of_env() {
    let text = "ARG BASE=/srv\nFROM python:3.12 AS build\nENV ONE=1\nFROM build\nARG TWO=2\nENV THREE=$ONE$TWO FOUR=$UNKNOWN\n\
        ENV ONE=$UNKNOWN FIVE=5";
    let found = Dockerfile::parse(text, None, []).environment;
    let found: Vec<String> = found
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(found, ["FIVE=5", "THREE=12"]);
}
