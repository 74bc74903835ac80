use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use diagnostic::{Diagnostic, did_you_mean, yaml};
use lint::manifest::ManifestFile;

use super::Result;
use serde_json::json;

use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::selection::Selection;
use crate::render::json::to_json;
use crate::render::{annotations, diagnostics, sarif};
use crate::settings::Settings;
use crate::spine;
use crate::spine::findings;

/// Find problems before they happen, in the project or in any Argo manifest
///
/// Without files, the command checks the project, its plan and its manifest. With files, it checks
/// Workflow, `WorkflowTemplate` and `CronWorkflow` manifests together. The exit code is 1 if there
/// is an error, and 2 if there is nothing to check.
#[derive(Debug, Args)]
pub(crate) struct LintArguments {
    /// Manifests, or folders with manifests; - is standard input
    files: Vec<PathBuf>,

    #[command(flatten)]
    selection: Selection,

    /// Machine or cluster on which the project will run
    #[arg(long, value_enum, default_value_t)]
    target: TargetName,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: LintOutput,

    /// Show the page of this rule, and check nothing
    #[arg(long, value_name = "CODE", conflicts_with = "files")]
    explain: Option<String>,

    /// List all rules, and check nothing
    #[arg(long, conflicts_with_all = ["files", "explain"])]
    rules: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum TargetName {
    /// On a cluster: tasks share no disk
    #[default]
    Cluster,
    /// On this machine
    Local,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum LintOutput {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For GitHub Actions: annotations
    Github,
    /// For code scanning: SARIF
    Sarif,
}

pub(crate) async fn run(arguments: &LintArguments, settings: &Settings) -> Result {
    if arguments.explain.is_some() || arguments.rules {
        refuse_format(arguments)?;
    }
    if let Some(code) = &arguments.explain {
        return explain(code, arguments.output, settings);
    }
    if arguments.rules && matches!(arguments.output, LintOutput::Json) {
        let rules = lint::RULES.iter();
        let rules = rules.map(|rule| json!({"code": rule.code, "summary": rule.summary}));
        settings
            .printer
            .document(&to_json(&rules.collect::<Vec<_>>())?);
        return Ok(Exit::Success);
    }
    if arguments.rules {
        for rule in lint::RULES {
            settings
                .printer
                .prose(&format!("{:42} {}", rule.code, rule.summary), "    ");
        }
        return Ok(Exit::Success);
    }
    let (findings, root) = if arguments.files.is_empty() {
        project(arguments, settings).await?
    } else {
        (manifests(&arguments.files)?, std::env::current_dir()?)
    };
    show(&findings, &root, arguments.output, settings)?;
    Ok(if findings.iter().any(Diagnostic::is_error) {
        Exit::Failure
    } else {
        Exit::Success
    })
}

fn show(
    findings: &[Diagnostic],
    root: &Path,
    output: LintOutput,
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    let text = match output {
        LintOutput::Text if findings.is_empty() => {
            settings.printer.say("no findings");
            return Ok(());
        }
        LintOutput::Text => {
            let width = settings.printer.width();
            settings
                .printer
                .data(&diagnostics::terminal(findings, root, width));
            return Ok(());
        }
        LintOutput::Json => to_json(&findings)?,
        LintOutput::Github => annotations::github(findings),
        LintOutput::Sarif => to_json(&sarif::sarif(findings))?,
    };
    settings.printer.document(&text);
    Ok(())
}

async fn project(
    arguments: &LintArguments,
    settings: &Settings,
) -> std::result::Result<(Vec<Diagnostic>, PathBuf), CommandError> {
    let (target, selection) = match arguments.target {
        TargetName::Cluster => (lint::Target::Cluster, arguments.selection.for_cluster()),
        TargetName::Local => (lint::Target::Local, arguments.selection.clone()),
    };
    let opened = spine::open_any(settings, &selection).await?;
    let root = opened.root.clone();
    let config = match opened.config()? {
        Ok(config) => config,
        Err(findings) => return Ok((findings, root)),
    };
    if opened.snapshot.nodes.is_empty() {
        return Ok((vec![lint::project::empty_pipeline(&opened.snapshot)], root));
    }
    let findings = findings::of_project(&opened, &config, target)?;
    Ok((findings, root))
}

fn manifests(paths: &[PathBuf]) -> std::result::Result<Vec<Diagnostic>, CommandError> {
    let mut files = Vec::new();
    let mut findings = Vec::new();
    for path in paths {
        let is_folder = path.is_dir();
        let mut foreign = Vec::new();
        for file in expand(path)? {
            let (shown, text) = read(&file)?;
            match yaml::parse(&shown, &text) {
                Ok(documents) if is_folder && documents.iter().all(lint::manifest::is_foreign) => {
                    foreign.push(shown);
                }
                Ok(documents) => files.push(ManifestFile {
                    path: shown,
                    documents,
                }),
                // A folder may hold files that are no YAML, such as templates of a chart.
                Err(_) if is_folder && !text.contains("argoproj.io/") => foreign.push(shown),
                Err(finding) => findings.push(*finding),
            }
        }
        findings.extend(lint::manifest::not_manifests(&foreign));
    }
    findings.extend(lint::manifest::check(&files));
    let mut documents = files.iter().flat_map(|file| &file.documents);
    if !documents.any(argo::document::is_of_argo) && !findings.iter().any(Diagnostic::is_error) {
        let names: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let message = format!(
            "found no manifest of Argo Workflows in {}",
            names.join(", ")
        );
        return Err(CommandError::new(message).hint(
            "name a file or a folder with a Workflow, a WorkflowTemplate or a CronWorkflow",
        ));
    }
    Ok(findings)
}

/// Reads a file of manifests.
pub(super) fn read_manifest(path: &Path) -> std::result::Result<ManifestFile, CommandError> {
    let (shown, text) = read(path)?;
    let documents =
        yaml::parse(&shown, &text).map_err(|finding| CommandError::findings(vec![*finding]))?;
    Ok(ManifestFile {
        path: shown,
        documents,
    })
}

/// Gives the name to show for a file, and its text.
fn read(file: &Path) -> std::io::Result<(String, String)> {
    if file == Path::new("-") {
        return Ok((
            "<stdin>".to_owned(),
            std::io::read_to_string(std::io::stdin())?,
        ));
    }
    Ok((file.display().to_string(), fs_err::read_to_string(file)?))
}

/// Gives a file, or the manifests of a folder, sorted.
fn expand(path: &Path) -> std::result::Result<Vec<PathBuf>, CommandError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs_err::read_dir(path)? {
        let entry = entry?.path();
        let is_manifest = entry
            .extension()
            .is_some_and(|suffix| ["yaml", "yml", "json"].iter().any(|known| suffix == *known));
        if entry.is_dir() {
            found.extend(expand(&entry)?);
        } else if is_manifest {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}

/// Refuses the formats that only findings have.
fn refuse_format(arguments: &LintArguments) -> std::result::Result<(), CommandError> {
    match arguments.output {
        LintOutput::Text | LintOutput::Json => Ok(()),
        LintOutput::Github | LintOutput::Sarif => Err(CommandError::new(
            "this format is for findings, and `--rules` and `--explain` check nothing",
        )
        .hint("use -o json, or leave -o out")),
    }
}

fn explain(code: &str, output: LintOutput, settings: &Settings) -> Result {
    if let Some(rule) = lint::explain(code) {
        if matches!(output, LintOutput::Json) {
            let rule = json!({"code": rule.code, "summary": rule.summary, "page": rule.page});
            settings.printer.document(&to_json(&rule)?);
            return Ok(Exit::Success);
        }
        settings.printer.prose(rule.page, "");
        return Ok(Exit::Success);
    }
    let known = lint::RULES.iter().map(|rule| rule.code);
    let error = CommandError::new(format!("there is no rule `{code}`"));
    Err(match did_you_mean(code, known) {
        Some(suggestion) => error.hint(suggestion),
        None => error.hint(format!(
            "to see all rules: {} lint --rules",
            settings.program
        )),
    })
}
