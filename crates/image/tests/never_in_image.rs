//! Files that are never part of a project's image, and files that are part of it because the project names them.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::path::{Path, PathBuf};

use image::{BuilderKind, BuiltFrom, Change, Changed, Context, ProjectFolder, Reference, Request};
use image::{Inputs, content_tag};
use indexmap::IndexMap;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(ignore: &str, dockerfile: &str) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write(".dockerignore", ignore);
        tree.write("Dockerfile", dockerfile);
        for file in [
            "src/shop/nodes.py",
            "conf/base/argo.yml",
            "conf/base/catalog.yml",
        ] {
            tree.write(file, file);
        }
        tree
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs_err::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs_err::write(self.at(name), text).unwrap();
    }

    fn project(&self, folder: &str) -> ProjectFolder {
        ProjectFolder {
            root: self.at(folder),
            state: Some(self.at("kept [here]")),
            argo_files: vec!["conf/base/argo.yml".into()],
        }
    }

    fn context(&self) -> Context {
        let dockerfile = Path::new("Dockerfile");
        Context::of_project(self.0.path(), dockerfile, &self.project("")).unwrap()
    }

    fn tag(&self) -> String {
        let build_args = IndexMap::new();
        let inputs = Inputs {
            platform: "linux/amd64",
            target: None,
            build_args: &build_args,
            state: Some(&self.at("kept [here]")),
        };
        content_tag(&self.context(), inputs).unwrap().to_string()
    }

    fn has(&self, path: &str) -> bool {
        let context = self.context();
        context
            .entries
            .iter()
            .any(|entry| entry.path == Path::new(path))
    }
}

/// Files that a run of a project and its tools leave behind, and files that only this program reads.
const NEVER: [&str; 35] = [
    "info.log",
    "info.log.1",
    "src/shop/debug.log",
    "conf/info.log",
    "logs/app/today.txt",
    "src/shop/__pycache__/nodes.cpython-312.pyc",
    "src/shop/nodes.pyc",
    "notebooks/.ipynb_checkpoints/a.ipynb",
    ".pytest_cache/v/cache",
    ".ruff_cache/0.1/x",
    ".mypy_cache/3.12/x",
    ".viz/stats.json",
    ".git/index",
    "packages/other/.git",
    ".venv/bin/python",
    "env 3.12/pyvenv.cfg",
    "conda/conda-meta/history",
    ".vscode/settings.json",
    ".coverage",
    ".argo-kedro/history.db",
    "kept [here]/digests",
    "conf/base/argo.yml",
    "conf/cloud/argo.yml",
    ".DS_Store",
    "src/shop.egg-info/PKG-INFO",
    ".eggs/a.egg",
    ".coverage.host.1",
    "mlruns/0/meta.yaml",
    "mlflow.db",
    "htmlcov/index.html",
    "coverage.xml",
    "spark-warehouse/a",
    "notebooks/metastore_db/a",
    "derby.log",
    ".github/workflows/ci.yml",
];

#[test]
fn what_a_run_leaves_behind_makes_no_other_image() {
    for ignore in [
        "",
        "conf/local\n",
        "*\n!src\n!conf\n!notebooks\n",
        "\u{feff}# ü\nconf/local",
    ] {
        let tree = Tree::new(ignore, "FROM scratch\nCOPY . .\n");
        for folder in ["notebooks/a", "packages/other/a", "conf/cloud/catalog.yml"] {
            tree.write(folder, "");
        }
        let before = tree.tag();
        for file in NEVER {
            tree.write(file, "now and then");
            assert_eq!(tree.tag(), before, "{file} with {ignore:?}");
            assert!(!tree.has(file), "{file} with {ignore:?}");
        }
    }
}

#[test]
fn what_a_pipeline_may_read_counts() {
    let tree = Tree::new("", "FROM scratch\nCOPY . .\n");
    for file in [
        "data/01_raw/access.log",
        "data/logs/a.txt",
        "src/logs/__init__.py",
        "src/venv/__init__.py",
        "src/shop/catalog.py",
        "conf/base/catalog.log.yml",
        "conf/base/parameters/argo.yml",
        "conf/logging.yml",
        "argo.yml",
        ".coveragerc",
        "web/node_modules/a.js",
        "src/mlruns/__init__.py",
        "data/coverage.xml",
    ] {
        let before = tree.tag();
        tree.write(file, "x");
        assert_ne!(tree.tag(), before, "{file}");
        assert!(tree.has(file), "{file}");
    }
}

#[test]
fn what_the_project_names_is_part_of_its_image() {
    for (ignore, dockerfile, file) in [
        ("!.git\n", "COPY . .", ".git/HEAD"),
        ("**/.git\n!.git/HEAD\n", "COPY . .", ".git/HEAD"),
        ("!**/*.log\n", "COPY . .", "src/shop/test.log"),
        ("!logs/\n", "COPY . .", "logs/a.txt"),
        ("*\n!.venv/**\n", "COPY . .", ".venv/bin/python"),
        ("", "COPY --chown=1:1 .git/HEAD /app/", ".git/HEAD"),
        ("", "COPY [\"./logs\", \"/app/logs\"]", "logs/a.txt"),
        (
            "",
            "COPY \\\n  conf/base/argo.yml /app/",
            "conf/base/argo.yml",
        ),
        (
            "",
            "RUN --mount=type=bind,source=.git,target=/git true",
            ".git/HEAD",
        ),
        ("!env\n", "COPY . .", "env/pyvenv.cfg"),
        ("!mlruns\n", "COPY . .", "mlruns/0/meta.yaml"),
        ("data\n!**/*.egg-info\n", "COPY . .", "src/a.egg-info/x"),
    ] {
        let tree = Tree::new(ignore, dockerfile);
        tree.write(file, "x");
        assert!(tree.has(file), "{file} with {ignore:?} and {dockerfile:?}");
    }
    // `--from` copies from another stage, and not from the build context.
    let tree = Tree::new("", "COPY --from=build /app/.venv /app/.venv\n");
    tree.write(".venv/bin/python", "");
    assert!(!tree.has(".venv/bin/python"));
}

#[test]
fn git_is_part_of_the_image_where_the_version_comes_from_it() {
    let tree = Tree::new("", "FROM scratch\nCOPY . .\nRUN pip install .\n");
    tree.write(".git/HEAD", "ref: refs/heads/main");
    tree.write(
        "pyproject.toml",
        "[build-system]\nrequires = ['hatchling']\n",
    );
    assert!(!tree.has(".git/HEAD"));
    tree.write(
        "pyproject.toml",
        "[build-system]\nrequires = ['hatchling', 'hatch-vcs']\n",
    );
    assert!(tree.has(".git/HEAD"));
    let found = tree.context().version_from_git;
    assert_eq!(found, Some(("hatch-vcs", "pyproject.toml")));
    tree.write(".git/refs/heads/main", "1");
    let before = tree.tag();
    for other in [".git/logs/HEAD", ".git/FETCH_HEAD", ".git/hooks/pre-commit"] {
        tree.write(other, "");
    }
    assert_eq!(tree.tag(), before);
    tree.write(".git/refs/heads/main", "2");
    assert_ne!(tree.tag(), before);
    // The project's own ignore file wins.
    tree.write(".dockerignore", ".git\n");
    assert!(!tree.has(".git/HEAD"));
}

#[test]
fn a_folder_for_logs_that_is_kept_stays_without_its_logs() {
    let tree = Tree::new("", "FROM scratch\n");
    tree.write("logs/.gitkeep", "");
    let before = tree.tag();
    tree.write("logs/app.txt", "");
    assert!(tree.has("logs/.gitkeep") && !tree.has("logs/app.txt"));
    assert_eq!(tree.tag(), before);
}

#[test]
fn a_project_in_a_larger_context_is_found() {
    let tree = Tree::new("", "FROM scratch\n");
    for file in [
        "shop [1]/info.log",
        "shop [1]/conf/base/argo.yml",
        "info.log",
    ] {
        tree.write(file, "");
    }
    let project = tree.project("shop [1]");
    let context = Context::of_project(tree.0.path(), Path::new("Dockerfile"), &project).unwrap();
    let has = |path: &str| {
        context
            .entries
            .iter()
            .any(|entry| entry.path == Path::new(path))
    };
    assert!(!has("shop [1]/info.log") && !has("shop [1]/conf/base/argo.yml"));
    // Files beside the project are unknown, so they stay.
    assert!(has("info.log"));
}

#[test]
fn what_made_another_image_is_named() {
    let tree = Tree::new("", "FROM scratch\n");
    let mut request = Request {
        image: Reference::parse("registry.example.com/shop").unwrap(),
        folder: tree.at(""),
        platform: "linux/amd64".to_owned(),
        target: None,
        build_args: IndexMap::from([("SECRET".to_owned(), "planted".to_owned())]),
        builder: Some(BuilderKind::None),
        command: Vec::new(),
        options: Vec::new(),
        state: Some(tree.at("kept [here]")),
    };
    let state = tree.at("kept [here]");
    let now =
        |request: &Request| BuiltFrom::now("shop:1".to_owned(), request, &tree.context()).unwrap();
    assert_eq!(BuiltFrom::last(&state).unwrap(), None);
    now(&request).save(&state).unwrap();
    let text = fs_err::read_to_string(state.join("image.json")).unwrap();
    assert!(!text.contains("planted"));
    let last = BuiltFrom::last(&state).unwrap().unwrap();
    assert_eq!(now(&request).since(&last), []);
    tree.write("src/shop/nodes.py", "other");
    tree.write("src/shop/new/deep.py", "");
    tree.write("info.log", "");
    fs_err::remove_file(tree.at("conf/base/catalog.yml")).unwrap();
    request.platform = "linux/arm64".to_owned();
    request.build_args.clear();
    let change = |what, name: &str| Change {
        what,
        name: name.to_owned(),
    };
    assert_eq!(
        now(&request).since(&last),
        [
            change(Changed::Gone, "the build argument SECRET"),
            change(Changed::Changed, "the platform"),
            change(Changed::New, "conf/base"),
            change(Changed::Gone, "conf/base/catalog.yml"),
            change(Changed::New, "src/shop/new/deep.py"),
            change(Changed::Changed, "src/shop/nodes.py"),
        ]
    );
    fs_err::write(state.join("image.json"), "{}").unwrap();
    assert!(BuiltFrom::last(&state).is_err());
}
