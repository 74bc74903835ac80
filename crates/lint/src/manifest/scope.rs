//! Which variables a template knows by itself, whoever runs it.

use argo::document::Template;
use argo::document::read::{all_named, named, names};
use diagnostic::yaml::Yaml;
use diagnostic::{did_you_mean, nearest};

use super::context::Context;
use crate::finding::Findings;
use crate::rule::{MISPLACED_VARIABLE, MISSPELT_VARIABLE, UNKNOWN_TAG, UNRESOLVED_VARIABLE};

/// What becomes of a variable.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is filled in.
    Known,
    /// Argo refuses the workflow; perhaps with what was meant.
    Unresolved(Option<String>),
    /// It stays as it is, and says something else elsewhere.
    Misplaced(&'static str),
    /// It stays as it is; Argo has no such variable at all.
    Foreign,
}

/// The words a variable of Argo starts with.
const ROOTS: &[&str] = &[
    "inputs",
    "outputs",
    "tasks",
    "steps",
    "workflow",
    "item",
    "pod",
    "node",
    "retries",
    "lastRetry",
];

/// What a template knows by itself.
pub(super) struct Scope<'a> {
    context: Context<'a>,
    pub(super) template: Template<'a>,
    retries: bool,
}

impl<'a> Scope<'a> {
    /// The scope of a template.
    pub(super) fn new(context: Context<'a>, template: Template<'a>) -> Self {
        Self {
            context,
            template,
            retries: context.workflow.is_tried_again(&template),
        }
    }

    /// What becomes of a variable outside of tasks and steps.
    pub(super) fn resolve(&self, tag: &str, in_metrics: bool) -> Verdict {
        let (root, rest) = tag
            .split_once('.')
            .map_or((tag, None), |(root, rest)| (root, Some(rest)));
        match (root, rest) {
            ("inputs", Some(rest)) => self.input(rest),
            ("workflow", Some(rest)) => match self.context.globals.resolve(rest) {
                Ok(()) => Verdict::Known,
                Err(help) => Verdict::Unresolved(help),
            },
            ("outputs", Some(_)) | ("node", Some("name")) => Verdict::Known,
            // The task or step that runs this template.
            ("tasks" | "steps", Some(rest)) if rest.starts_with("name") => Verdict::Known,
            ("pod", Some("name")) if self.template.is_pod() => Verdict::Known,
            ("pod" | "item" | "tasks" | "steps", Some(_)) => Verdict::Unresolved(None),
            ("item", None) => Verdict::Misplaced("it is known only in a task or step that loops"),
            ("retries", None)
            | ("lastRetry", Some("exitCode" | "status" | "duration" | "message")) => {
                if self.retries {
                    Verdict::Known
                } else {
                    Verdict::Misplaced("it is known only in a template with a `retryStrategy`")
                }
            }
            ("duration" | "status" | "exitCode", None) | ("resourcesDuration", Some(_))
                if in_metrics =>
            {
                Verdict::Known
            }
            _ => Verdict::Foreign,
        }
    }

    fn input(&self, rest: &str) -> Verdict {
        let template = &self.template;
        let (kind, name) = rest
            .split_once('.')
            .map_or((rest, None), |(kind, name)| (kind, Some(name)));
        let known = match (kind, name) {
            ("parameters", None) => !template.inputs().is_empty(),
            ("parameters", Some(name)) => {
                if named(template.inputs(), name).is_none() && all_named(template.inputs()) {
                    return Verdict::Unresolved(did_you_mean(name, names(template.inputs())));
                }
                true
            }
            ("artifacts", Some(name)) => {
                let bare = name
                    .strip_suffix(".path")
                    .filter(|_| template.is_leaf())
                    .unwrap_or(name);
                if named(template.input_artifacts(), bare).is_none()
                    && all_named(template.input_artifacts())
                {
                    return Verdict::Unresolved(did_you_mean(
                        bare,
                        names(template.input_artifacts()),
                    ));
                }
                true
            }
            _ => return Verdict::Unresolved(did_you_mean(kind, ["parameters", "artifacts"])),
        };
        if known {
            Verdict::Known
        } else {
            Verdict::Unresolved(None)
        }
    }
}

/// Tells the user what becomes of a variable.
pub(super) fn report(node: &Yaml, tag: &str, verdict: Verdict, findings: &mut Findings) {
    match verdict {
        Verdict::Known => {}
        Verdict::Unresolved(help) => {
            let message = format!("`{{{{{tag}}}}}` has no value here");
            findings.push(UNRESOLVED_VARIABLE.at(node, message).maybe_help(help));
        }
        Verdict::Misplaced(why) => {
            let message = format!("Argo does not replace `{{{{{tag}}}}}`: {why}");
            findings.push(MISPLACED_VARIABLE.at(node, message));
        }
        Verdict::Foreign => foreign(node, tag, findings),
    }
}

fn foreign(node: &Yaml, tag: &str, findings: &mut Findings) {
    let (root, rest) = tag.split_once('.').unwrap_or((tag, ""));
    let word = root.bytes().all(|byte| byte.is_ascii_alphanumeric()) && root.len() > 2;
    let meant = nearest(root, ROOTS.iter().copied()).filter(|_| word && !rest.is_empty());
    if let Some(expression) = tag.strip_prefix('=') {
        let message = format!("Argo does not replace `{{{{ {tag} }}}}`: a space stands before `=`");
        let help = format!("write `{{{{={}}}}}`", expression.trim());
        findings.push(MISSPELT_VARIABLE.at(node, message).help(help));
        return;
    }
    let message = format!("Argo does not replace `{{{{{tag}}}}}`: it has no such variable");
    match meant {
        Some(meant) => {
            let help = format!("did you mean `{{{{{meant}.{rest}}}}}`?");
            findings.push(MISSPELT_VARIABLE.at(node, message).help(help));
        }
        None => findings.push(UNKNOWN_TAG.at(node, message)),
    }
}
