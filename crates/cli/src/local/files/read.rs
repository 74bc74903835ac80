//! Reads manifests from files, chooses the one that runs, and collects those that it may refer to.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use argo::spec::{Manifest, Spec, read};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diagnostic::Diagnostic;
use diagnostic::yaml::{self, Yaml};
use engine::Setup;
use lint::manifest::ManifestFile;
use serde::{Deserialize, Serialize};

use super::arguments::FilesArguments;
use super::findings::findings;
use crate::error::CommandError;

/// Manifests of a run.
pub(crate) struct Documents {
    /// The Workflow that runs.
    pub(crate) manifest: Manifest,
    pub(crate) setup: Setup,
    /// Source of each Secret, by the names of the Secrets.
    pub(crate) secrets: BTreeMap<String, SecretSource>,
    /// Findings of lint in all files.
    pub(crate) findings: Vec<Diagnostic>,
}

/// Reads manifests, and chooses the one that runs: the only Workflow, else the first document that can become one.
///
/// # Arguments
///
/// * `values`: More parameters of the Workflow, `NAME=VALUE` each.
///
/// # Errors
///
/// A file cannot be read, or the choice is ambiguous.
pub(crate) fn documents(
    arguments: &FilesArguments,
    values: &[String],
) -> Result<Documents, CommandError> {
    let mut files = Vec::with_capacity(arguments.files.len());
    for path in &arguments.files {
        let (name, text) = text_of(path)?;
        let documents =
            yaml::parse(&name, &text).map_err(|finding| CommandError::findings(vec![*finding]))?;
        files.push(ManifestFile {
            path: name,
            documents,
        });
    }
    let findings = findings(&files, arguments.parameters.iter().chain(values));
    let mut setup = Setup::default();
    let mut secrets = BTreeMap::new();
    let mut manifests = Vec::new();
    let all = files.iter().zip(&arguments.files);
    let all = all.flat_map(|(file, path)| file.documents.iter().map(move |it| (it, path)));
    for (document, path) in all {
        match document.get("kind").and_then(Yaml::as_str) {
            Some("ConfigMap") => {
                let (name, keys) = map_of(document, &["data"])?;
                setup.config_maps.insert(name, keys);
            }
            Some("Secret") => {
                let (name, keys) = secret_of(document)?;
                secrets.insert(name.clone(), SecretSource::Manifest(place(path)?));
                setup.secrets.insert(name, keys);
            }
            _ if argo::document::is_of_argo(document) => {
                match read::<Manifest>(document) {
                    Ok(manifest) => manifests.push(manifest),
                    // Lint reports this too, with its place.
                    Err(_)
                        if !arguments.allow_errors && findings.iter().any(Diagnostic::is_error) =>
                    {
                        return Err(CommandError::findings(findings));
                    }
                    Err(error) => return Err(CommandError::new(error.to_string())),
                }
            }
            _ => {}
        }
    }
    for word in &arguments.config_maps {
        let (name, path) = name_and_file(word)?;
        setup.config_maps.insert(name.to_owned(), keys_in(path)?);
    }
    for word in &arguments.secrets {
        let (name, path) = name_and_file(word)?;
        setup.secrets.insert(name.to_owned(), keys_in(path)?);
        let source = SecretSource::Keys(std::path::absolute(path)?);
        secrets.insert(name.to_owned(), source);
    }
    let chosen = choose(&manifests, &arguments.files)?;
    let is_referred_to = |manifest: &Manifest| {
        matches!(
            manifest.kind.as_str(),
            "WorkflowTemplate" | "ClusterWorkflowTemplate"
        )
    };
    let manifest = if is_referred_to(&manifests[chosen]) {
        manifests[chosen].clone()
    } else {
        manifests.swap_remove(chosen)
    };
    let manifest = as_workflow(manifest);
    manifests.retain(is_referred_to);
    setup.others = manifests;
    Ok(Documents {
        manifest,
        setup,
        secrets,
        findings,
    })
}

/// Source of a Secret's values, for a retry: no record has the values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SecretSource {
    /// File with a manifest of the Secret; `None` for standard input.
    Manifest(Option<PathBuf>),
    /// File with the keys of the Secret: `--secret NAME=FILE`.
    Keys(PathBuf),
}

impl SecretSource {
    /// File of the source; `None` for standard input.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::Manifest(file) => file.as_deref(),
            Self::Keys(file) => Some(file),
        }
    }

    /// Reads the secret again; `None` if the source no longer has it.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(super) fn read(&self, name: &str) -> Result<Option<Keys>, CommandError> {
        match self {
            Self::Keys(file) => keys_in(file).map(Some),
            Self::Manifest(None) => Ok(None),
            Self::Manifest(Some(file)) => {
                let (file, text) = text_of(file)?;
                let documents = yaml::parse(&file, &text)
                    .map_err(|finding| CommandError::findings(vec![*finding]))?;
                let mut secrets = documents
                    .iter()
                    .filter(|it| it.get("kind").and_then(Yaml::as_str) == Some("Secret"));
                let found = secrets.find(|it| name_of(it).is_ok_and(|it| it == name));
                Ok(found.map(secret_of).transpose()?.map(|(_, keys)| keys))
            }
        }
    }
}

/// Absolute path of a file; `None` for standard input.
fn place(path: &Path) -> Result<Option<PathBuf>, CommandError> {
    if path == Path::new("-") {
        return Ok(None);
    }
    Ok(Some(std::path::absolute(path)?))
}

fn text_of(path: &Path) -> Result<(String, String), CommandError> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(("standard input".to_owned(), text));
    }
    let bytes = fs_err::read(path).map_err(|error| {
        let shown = path.display();
        CommandError::new(error.to_string()).hint(format!(
            "a word after `run` is a file with Argo manifests; to choose a pipeline: {{program}} run --pipeline {shown}"
        ))
    })?;
    let text = String::from_utf8(bytes).map_err(|_| {
        CommandError::new(format!("{} is not UTF-8 text", path.display()))
            .hint("name files with Argo manifests: run FILE.yaml")
    })?;
    Ok((path.display().to_string(), text))
}

/// Number of the document that runs.
fn choose(manifests: &[Manifest], files: &[PathBuf]) -> Result<usize, CommandError> {
    let of_kind = |kind: &str| {
        let all = manifests.iter().enumerate();
        let numbers = all.filter(|(_, manifest)| manifest.kind == kind);
        numbers.map(|(number, _)| number).collect::<Vec<usize>>()
    };
    match of_kind("Workflow").as_slice() {
        [one] => return Ok(*one),
        [] => {}
        [_, ..] => {
            return Err(CommandError::new("the files have more than one Workflow")
                .hint("name one file with a Workflow, and files with what it refers to"));
        }
    }
    for kind in [
        "CronWorkflow",
        "WorkflowTemplate",
        "ClusterWorkflowTemplate",
    ] {
        if let Some(first) = of_kind(kind).first() {
            return Ok(*first);
        }
    }
    let names: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    Err(
        CommandError::new(format!("no Argo manifest in {}", names.join(", ")))
            .hint("a manifest has `apiVersion: argoproj.io/v1alpha1` and a kind such as Workflow"),
    )
}

/// Workflow that a document is or would make.
fn as_workflow(mut manifest: Manifest) -> Manifest {
    if manifest.kind == "Workflow" {
        return manifest;
    }
    if let Spec::Cron(cron) = manifest.spec {
        manifest.spec = Spec::Workflow(Box::new(cron.workflow_spec));
    }
    let name = manifest.metadata.name.take();
    manifest.metadata.generate_name = name.map(|name| format!("{name}-"));
    "Workflow".clone_into(&mut manifest.kind);
    manifest
}

pub(super) type Keys = BTreeMap<String, String>;

fn name_of(document: &Yaml) -> Result<String, CommandError> {
    let metadata = document.get("metadata");
    let name = metadata.and_then(|metadata| metadata.get("name"));
    let name = name.and_then(Yaml::as_str).map(str::to_owned);
    name.ok_or_else(|| CommandError::new("a ConfigMap or a Secret in the files has no name"))
}

fn map_of(document: &Yaml, keys: &[&str]) -> Result<(String, Keys), CommandError> {
    let mut found = Keys::new();
    for key in keys {
        let data = document.get(key).map(Yaml::to_json);
        let entries = data.as_ref().and_then(|data| data.as_object());
        for (name, value) in entries.into_iter().flatten() {
            let text = match value.as_str() {
                Some(text) => text.to_owned(),
                None => value.to_string(),
            };
            found.insert(name.clone(), text);
        }
    }
    Ok((name_of(document)?, found))
}

fn secret_of(document: &Yaml) -> Result<(String, Keys), CommandError> {
    let (name, encoded) = map_of(document, &["data"])?;
    let (_, mut keys) = map_of(document, &["stringData"])?;
    for (key, text) in encoded {
        let bytes = STANDARD.decode(text.trim()).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| {
            CommandError::new(format!(
                "the key `{key}` of the Secret `{name}` is not base64 of text"
            ))
        })?;
        keys.entry(key).or_insert(text);
    }
    Ok((name, keys))
}

/// A name and a file: `NAME=FILE`.
///
/// # Errors
///
/// The word has no `=`.
pub(super) fn name_and_file(word: &str) -> Result<(&str, &Path), CommandError> {
    match word.split_once('=') {
        Some((name, file)) => Ok((name, Path::new(file))),
        None => Err(CommandError::new(format!("`{word}` is not NAME=FILE"))),
    }
}

/// The keys of a `ConfigMap` or a `Secret` in a file.
///
/// # Errors
///
/// The file cannot be read, or has another form.
pub(super) fn keys_in(path: &Path) -> Result<Keys, CommandError> {
    let file = &path.display().to_string();
    let text = fs_err::read_to_string(file)?;
    let documents =
        yaml::parse(file, &text).map_err(|finding| CommandError::findings(vec![*finding]))?;
    let first = documents.first();
    if let Some(secret) = first.filter(|it| it.get("kind").and_then(Yaml::as_str) == Some("Secret"))
    {
        return Ok(secret_of(secret)?.1);
    }
    let entries = first.map(Yaml::to_json);
    if let Some(entries) = entries.as_ref().and_then(|entries| entries.as_object()) {
        let of_kind = entries.get("data").or(entries.get("stringData"));
        let entries = of_kind.and_then(|data| data.as_object()).unwrap_or(entries);
        let keys = entries.iter().map(|(key, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (key.clone(), text)
        });
        return Ok(keys.collect());
    }
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let mut keys = Keys::new();
    for line in lines {
        let Some((key, value)) = line.split_once('=') else {
            return Err(CommandError::new(format!(
                "{file}: `{line}` is not KEY=VALUE"
            )));
        };
        keys.insert(key.trim().to_owned(), value.to_owned());
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_was_exported_is_decoded_and_other_files_are_taken_as_they_stand() {
        let folder = tempfile::tempdir().unwrap();
        let keys = |text: &str| {
            let path = folder.path().join("file");
            std::fs::write(&path, text).unwrap();
            keys_in(&path).map(|keys| keys.into_iter().collect::<Vec<_>>())
        };
        let pair = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
        let secret = "kind: Secret\nmetadata: {name: s}\n";
        for (text, expected) in [
            (
                format!("{secret}data: {{token: c2VzYW1l}}\n"),
                pair("token", "sesame"),
            ),
            (
                format!("{secret}stringData: {{token: sesame}}\n"),
                pair("token", "sesame"),
            ),
            (
                "kind: ConfigMap\nmetadata: {name: c}\ndata: {a: c2VzYW1l}\n".to_owned(),
                pair("a", "c2VzYW1l"),
            ),
            ("token: c2VzYW1l\n".to_owned(), pair("token", "c2VzYW1l")),
            ("# a comment\ntoken=x=y\n".to_owned(), pair("token", "x=y")),
        ] {
            assert_eq!(keys(&text).unwrap(), expected, "{text}");
        }
        assert!(keys(&format!("{secret}data: {{token: '%'}}\n")).is_err());
    }
}
