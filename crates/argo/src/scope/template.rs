//! The variables that a template knows without its caller.

use diagnostic::did_you_mean;

use super::verdict::Verdict;
use super::workflow::Scope;
use crate::document::Template;
use crate::document::read::{all_named, named, names};

/// The variables that a template knows without its caller.
#[derive(Clone, Copy, Debug)]
pub struct TemplateScope<'a> {
    scope: Scope<'a>,
    /// The template.
    pub template: Template<'a>,
    retries: bool,
}

impl<'a> TemplateScope<'a> {
    /// The variables of a template.
    pub fn new(scope: Scope<'a>, template: Template<'a>) -> Self {
        Self {
            scope,
            template,
            retries: scope.workflow.is_tried_again(&template),
        }
    }

    /// Gives the verdict on a variable outside of tasks and steps. `in_metrics` says whether a metric contains it.
    pub fn resolve(&self, tag: &str, in_metrics: bool) -> Verdict {
        let (root, rest) = tag
            .split_once('.')
            .map_or((tag, None), |(root, rest)| (root, Some(rest)));
        match (root, rest) {
            ("inputs", Some(rest)) => self.input(rest),
            ("workflow", Some(rest)) => match self.scope.globals.resolve(rest) {
                Ok(()) => Verdict::Known,
                Err(help) => Verdict::Unresolved(help),
            },
            ("outputs", Some(_)) | ("node", Some("name")) => Verdict::Known,
            // The task or step that runs this template has a name.
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
        let template = self.template;
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
