//! Rules over the files that go into an image.

use std::collections::BTreeMap;

use diagnostic::{Diagnostic, Place, Span};
use project::config::ArgoConfig;
use project::snapshot::Credentials;

use crate::private_key::holds_key;
use crate::references::is_references;
use crate::rule;

/// Bytes above which a context is reported as large: to send it takes longer than the rest of a mostly cached build.
const LARGE: u64 = 500 * MEBIBYTE;
/// Bytes of a small file, which the rules read whole.
const LARGEST_KEY: u64 = 16 * 1024;
/// Pattern that keeps files with credentials out of the build context.
const CREDENTIALS: &str = "**/*credentials*";
/// Greatest size in bytes of a file that may be a private key, whatever its name.
const LARGEST_KEY_FILE: u64 = 128 * 1024;
/// Bytes of a data folder; a smaller one holds only examples.
const DATA: u64 = MEBIBYTE;
const MEBIBYTE: u64 = 1 << 20;

/// The build context of an image.
#[derive(Debug, Clone)]
pub struct BuildContext<'a> {
    /// Path of the context's ignore file, as the user would type it, if there is one.
    pub ignore_file: Option<&'a str>,
    /// Every file in the context.
    pub files: Vec<ContextFile<'a>>,
    /// Paths in the context that tasks read and no task writes; `None` if no pipeline was read.
    pub read_by_tasks: Option<Vec<&'a str>>,
    /// Says whether the Dockerfile makes `conf/local` itself.
    pub makes_conf_local: bool,
}

impl BuildContext<'_> {
    /// Says whether tasks read a file of the context.
    fn is_read(&self, path: &str) -> bool {
        self.read_by_tasks
            .iter()
            .flatten()
            .any(|read| is_below(path, read))
    }
}

/// Says whether a path equals another one, or is below it.
fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A file of a build context.
#[derive(Debug, Clone, Copy)]
pub struct ContextFile<'a> {
    /// Path below the context, with `/`.
    pub path: &'a str,
    /// Size in bytes.
    pub size: u64,
    /// Line of the ignore file whose `!` includes the file again.
    pub readmitted_by: Option<usize>,
}

/// All findings about a build context. `beginning` returns the start of the file at a path; it is called for files
/// whose names suggest a secret, and for files as small as a key.
pub fn check(context: &BuildContext<'_>, beginning: &dyn Fn(&str) -> String) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if context.ignore_file.is_none() {
        let make = "to create one that excludes credentials and data: argo-kedro init";
        findings.push(
            rule::CONTEXT_WITHOUT_DOCKERIGNORE
                .diagnostic("there is no .dockerignore, so the image can get every file of the project")
                .help(match readmissions(context, "data") {
                    Some(lines) => {
                        format!("{make}; then add lines at its end for the files that tasks read: {lines}")
                    }
                    None => make.to_owned(),
                }),
        );
    }
    findings.extend(secrets(context, beginning));
    findings.extend(large(context));
    findings
}

/// Findings about credentials of the catalog that pods lack because the image excludes every file that defines them.
/// `in_image` says whether the image includes a path, relative to the project if the path is inside; `beginning`
/// returns the start of that file. No finding if a volume is mounted into the configuration's folder, since it may
/// contain the file.
pub fn check_credentials(
    credentials: &[Credentials],
    config: &ArgoConfig,
    ignore_file: Option<&str>,
    in_image: &dyn Fn(&str) -> bool,
    beginning: &dyn Fn(&str) -> String,
) -> Vec<Diagnostic> {
    let settings = config.nodes.values();
    let mut volumes = settings.flat_map(|settings| &settings.volumes);
    if volumes.any(|volume| volume.mount_path.contains("conf")) {
        return Vec::new();
    }
    let left_out = credentials.iter().filter_map(|named| {
        let first = named.files.first()?;
        let nowhere = !named.files.iter().any(|file| in_image(file));
        nowhere.then_some((named, first))
    });
    left_out
        .map(|(named, first)| {
            // A file that only refers to environment variables may be in the image.
            let harmless = named
                .files
                .iter()
                .find(|file| is_references(&beginning(file)));
            let file = harmless.unwrap_or(first);
            rule::CREDENTIALS_NOT_IN_IMAGE
                .diagnostic(format!(
                    "{} the credentials `{}`, but the image does not have the file that defines them: every pod \
                     will fail",
                    named.needed_by(),
                    named.name
                ))
                .at(Place {
                    file: Some(file.clone()),
                    ..Place::default()
                })
                .help(match harmless {
                    Some(file) => format!(
                        "`{file}` has no secret in it: add `!{file}` at the end of {}",
                        ignore_file.unwrap_or(".dockerignore")
                    ),
                    None => "give them to the pods as environment variables (`secret_ref`), and define them as \
                             `${oc.env:NAME}` in an environment for the cluster; see argo-kedro lint --explain \
                             credentials-not-in-image"
                        .to_owned(),
                })
        })
        .collect()
}

fn secrets(context: &BuildContext<'_>, beginning: &dyn Fn(&str) -> String) -> Vec<Diagnostic> {
    type SecretFiles<'a> = BTreeMap<(Option<usize>, String), Vec<&'a str>>;
    let mut found = SecretFiles::new();
    for file in &context.files {
        let Some((suspicion, pattern)) = suspect(file) else {
            continue;
        };
        // A dataset's file is data, even if its name contains `credentials`.
        let of_credentials = pattern.eq_ignore_ascii_case(CREDENTIALS);
        if matches!(suspicion, Suspicion::Certain) && of_credentials && context.is_read(file.path) {
            continue;
        }
        let text = beginning(file.path);
        let is_whole = file.size <= LARGEST_KEY;
        if !suspicion.holds(&text) || is_whole && says_nothing(&text) {
            continue;
        }
        let key = (file.readmitted_by, pattern);
        found.entry(key).or_default().push(file.path);
    }
    let ignore_file = context.ignore_file.unwrap_or(".dockerignore");
    found
        .into_iter()
        .map(|((line, pattern), paths)| {
            let first = paths[0];
            let message = match paths.len() {
                1 => format!("`{first}` will be in the image"),
                count => format!(
                    "`{first}` and {} similar files will be in the image",
                    count - 1
                ),
            };
            let finding = rule::SECRET_IN_CONTEXT.diagnostic(message);
            match line {
                Some(line) => finding
                    .at(Place::default().line(ignore_file, line))
                    .help(format!(
                        "this line includes the file again; add `{pattern}` below it{}",
                        consequence(context, &pattern)
                    )),
                None => finding
                    .at(Place {
                        file: Some(first.to_owned()),
                        ..Place::default()
                    })
                    .help(format!(
                        "add `{pattern}` to {ignore_file}{}",
                        consequence(context, &pattern)
                    )),
            }
        })
        .collect()
}

/// Advice for a new pattern: Kedro needs the folder `conf/local`.
fn consequence(context: &BuildContext<'_>, pattern: &str) -> &'static str {
    if pattern == "conf/local/" && !context.makes_conf_local {
        ", and add this line at the end of the Dockerfile: RUN mkdir -p conf/local"
    } else {
        ""
    }
}

/// Lines that include the files again which tasks read in a folder; none if tasks read no file there.
fn readmissions(context: &BuildContext<'_>, folder: &str) -> Option<String> {
    let read = context.read_by_tasks.iter().flatten();
    let lines: Vec<String> = read
        .filter(|path| is_below(path, folder))
        .map(|path| format!("`!{path}`"))
        .collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// Reason to exclude a file.
#[derive(Clone, Copy)]
enum Suspicion {
    /// The name of the file is enough.
    Certain,
    /// The file must contain a private key.
    IfKey,
    /// The file must be an account's JSON with a private key.
    IfAccount,
    /// The file must contain an npm token.
    IfToken,
    /// The file must contain a password or a token for a Git remote.
    IfRemote,
    /// The file must contain more than references to environment variables.
    UnlessReferences,
}

impl Suspicion {
    /// Says whether the start of a file confirms the reason.
    fn holds(self, text: &str) -> bool {
        match self {
            Self::Certain => true,
            Self::IfKey => holds_key(text),
            Self::IfAccount => holds_key(text) || text.contains("\"private_key\""),
            Self::IfToken => text.lines().any(is_token),
            Self::IfRemote => text.lines().any(is_for_remote),
            Self::UnlessReferences => !is_references(text),
        }
    }
}

/// Says whether a whole file contains only comments. An unreadable file may contain more.
fn says_nothing(text: &str) -> bool {
    let is_comment = |line: &str| {
        let line = line.trim();
        line.is_empty() || line.starts_with(['#', ';']) || matches!(line, "---" | "..." | "{}")
    };
    !text.is_empty() && text.lines().all(is_comment) && !holds_key(text)
}

/// Says whether a line of an `.npmrc` contains a token or a password, and not the name of a variable.
fn is_token(line: &str) -> bool {
    let Some((key, value)) = line.split_once('=') else {
        return false;
    };
    let key = key.trim();
    let (comment, value) = (key.starts_with(['#', ';']), value.trim().trim_matches('"'));
    let of_variable = value.starts_with("${") && value.ends_with('}');
    let is_secret = ["_authToken", "_auth", "_password"]
        .iter()
        .any(|secret| key.rsplit(':').next() == Some(*secret));
    is_secret && !comment && !value.is_empty() && !of_variable
}

/// Says whether a line of Git's configuration has a password or a token: in the address of a remote, or in a header,
/// where CI checkouts put it (git-config(1): `remote.<name>.url`, `http.extraHeader`).
fn is_for_remote(line: &str) -> bool {
    let Some((key, value)) = line.split_once('=') else {
        return false;
    };
    let address = value.split_once("://").map_or("", |(_, address)| address);
    let server = address.split('/').next().unwrap_or_default();
    match key.trim().to_lowercase().as_str() {
        "extraheader" => value.to_lowercase().contains("authorization"),
        // The user of an SSH address is not a secret.
        "url" | "pushurl" => value.trim_start().starts_with("http") && server.contains('@'),
        _ => false,
    }
}

/// Says whether a file of a project certainly holds secrets, by its path and its size in bytes.
pub fn holds_secrets(path: &str, size: u64) -> bool {
    let file = ContextFile {
        path,
        size,
        readmitted_by: None,
    };
    matches!(suspect(&file), Some((Suspicion::Certain, _)))
}

/// The reason to exclude a file, if any, and the line of the ignore file that excludes it.
fn suspect(file: &ContextFile<'_>) -> Option<(Suspicion, String)> {
    const KEYS: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];
    const STORES: [&str; 4] = ["p12", "pfx", "jks", "ppk"];
    const FOLDERS: [&str; 5] = [".aws", ".kube", ".docker", ".ssh", ".gnupg"];
    const NAMES: [&str; 6] = [".netrc", "_netrc", ".pypirc", ".pgpass", ".envrc", ".env"];
    const EXAMPLES: [&str; 10] = [
        "example",
        "examples",
        "sample",
        "samples",
        "template",
        "templates",
        "tmpl",
        "tpl",
        "dist",
        "defaults",
    ];
    const CODE: [&str; 29] = [
        "py", "pyi", "md", "rst", "html", "ipynb", "rs", "go", "c", "cpp", "css", "gif", "h",
        "ico", "j2", "java", "jpeg", "jpg", "js", "jsx", "png", "r", "rmd", "scala", "scss", "sql",
        "svg", "ts", "tsx",
    ];
    const WORD: &str = "credentials";
    let certain = |pattern: String| Some((Suspicion::Certain, pattern));
    let path = file.path;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folders: Vec<&str> = folder.split('/').collect();
    // Keep the length, so that an index in `lower` is also one in `name`.
    let lower = name.to_ascii_lowercase();
    let (_, suffix) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    let by_name = || format!("**/{}", escaped(name));
    let by_suffix = || format!("**/*.{}", escaped(&name[name.len() - suffix.len()..]));
    let is_small = file.size <= LARGEST_KEY;
    // An example shows users how to write their own file.
    let is_example = lower
        .split(['.', '-', '_'])
        .any(|part| EXAMPLES.contains(&part));
    if file.size == 0 || matches!(name, ".gitkeep" | ".gitignore") {
        return None;
    }
    if folders.starts_with(&["conf", "local"]) {
        return certain("conf/local/".to_owned());
    }
    if folders.windows(2).any(|pair| pair == ["conf", "local"]) {
        return certain("**/conf/local/".to_owned());
    }
    if let Some(folder) = FOLDERS.iter().find(|folder| folders.contains(folder)) {
        return certain(format!("**/{folder}/"));
    }
    if NAMES.contains(&lower.as_str()) || KEYS.contains(&lower.as_str()) {
        return certain(by_name());
    }
    if lower.starts_with(".env.") && !is_example {
        return certain(format!("**/{}.*", &name[..".env".len()]));
    }
    if suffix == "env" && !is_example {
        return certain(by_suffix());
    }
    let is_kubeconfig = lower.starts_with("kubeconfig") || suffix == "kubeconfig";
    if is_kubeconfig && !is_example && !CODE.contains(&suffix) {
        return certain(by_name());
    }
    if matches!(lower.as_str(), "secrets.toml" | ".secrets.toml") {
        let of_streamlit = folders.last() == Some(&".streamlit");
        let folder = if of_streamlit { ".streamlit/" } else { "" };
        return certain(format!("**/{folder}{name}"));
    }
    if name == "config" && folders.last() == Some(&".git") {
        return Some((Suspicion::IfRemote, escaped(path)));
    }
    if lower == ".npmrc" {
        return Some((Suspicion::IfToken, by_name()));
    }
    if STORES.contains(&suffix) {
        return certain(by_suffix());
    }
    let is_named = !is_example && !CODE.contains(&suffix);
    if let Some(start) = lower.find(WORD).filter(|_| is_named) {
        let pattern = format!("**/*{}*", &name[start..start + WORD.len()]);
        let may_refer = matches!(suffix, "yml" | "yaml") && is_small;
        return Some(if may_refer {
            (Suspicion::UnlessReferences, pattern)
        } else {
            (Suspicion::Certain, pattern)
        });
    }
    if matches!(suffix, "pem" | "key") {
        return Some((Suspicion::IfKey, by_suffix()));
    }
    let names_an_account = ["account", "key", "gcp", "google", "-sa.", "_sa.", "secret"]
        .iter()
        .any(|word| lower.contains(word));
    if suffix == "json" && names_an_account {
        return Some((Suspicion::IfAccount, escaped(path)));
    }
    if file.size <= LARGEST_KEY_FILE && !CODE.contains(&suffix) {
        return Some((Suspicion::IfKey, escaped(path)));
    }
    None
}

/// A pattern of an ignore file that matches only this path.
fn escaped(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    // A leading `#` or `!` has a meaning; a leading slash has none.
    if path.starts_with(['#', '!']) {
        pattern.push('/');
    }
    for letter in path.chars() {
        if "*?[\\".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

fn large(context: &BuildContext<'_>) -> Vec<Diagnostic> {
    // Folder, allowed bytes, content. `.git` is not listed: it is in the image only if the project's version comes from
    // it, or if a line of the user includes it.
    const NEEDLESS: [(&str, u64, &str); 6] = [
        (".argo-kedro", 0, "the runs of this machine"),
        ("data", DATA, "data"),
        ("mlruns", 0, "the experiments of this machine"),
        (".venv", 0, "the packages of this machine"),
        ("venv", 0, "the packages of this machine"),
        ("node_modules", 0, "the packages of this machine"),
    ];
    let ignore_file = context.ignore_file.unwrap_or(".dockerignore");
    let mut findings = Vec::new();
    let needless = || {
        context
            .files
            .iter()
            .filter(|file| !context.is_read(file.path))
    };
    let total: u64 = needless().map(|file| file.size).sum();
    for (folder, most, what) in NEEDLESS {
        let inside = context.files.iter().filter(|file| {
            let rest = file.path.strip_prefix(folder);
            rest.is_some_and(|rest| rest.starts_with('/'))
        });
        let needless = inside.filter(|file| !context.is_read(file.path));
        let size: u64 = needless.map(|file| file.size).sum();
        if size > most {
            let message = format!(
                "{what} in `{folder}` ({}) will be in the image",
                amount(size)
            );
            let help = match (&context.read_by_tasks, readmissions(context, folder)) {
                (_, Some(lines)) => format!(
                    "add `{folder}/` to {ignore_file}, and below it lines for the files that tasks read: {lines}"
                ),
                (None, None) if folder == "data" => {
                    format!(
                        "add `{folder}/` to {ignore_file}, and below it a line `!PATH` for each file that tasks read"
                    )
                }
                _ => format!("add `{folder}/` to {ignore_file}"),
            };
            findings.push(rule::LARGE_CONTEXT.diagnostic(message).help(help));
        }
    }
    if findings.is_empty() && total > LARGE {
        let mut finding = rule::LARGE_CONTEXT.diagnostic(format!(
            "the build context has {} in {} files",
            amount(total),
            needless().count()
        ));
        if let Some(largest) = needless().max_by_key(|file| file.size) {
            let (path, size) = (largest.path, amount(largest.size));
            finding = finding.help(format!(
                "the largest file is `{path}` with {size}; add files that the image does not need to {ignore_file}"
            ));
        }
        findings.push(finding);
    }
    if let Some(file) = context.ignore_file {
        for finding in &mut findings {
            finding.place = Place::in_file(file, Span::START);
        }
    }
    findings
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn amount(bytes: u64) -> String {
    let mebibytes = bytes as f64 / MEBIBYTE as f64;
    match mebibytes {
        1024.0.. => format!("{:.1} GiB", mebibytes / 1024.0),
        1.0.. => format!("{mebibytes:.1} MiB"),
        _ => format!("{} KiB", bytes.div_ceil(1024)),
    }
}
