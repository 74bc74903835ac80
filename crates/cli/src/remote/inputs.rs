//! Inputs of a run in a store that no task makes: this machine looks for them before it creates the run.

use std::path::Path;

use diagnostic::{Diagnostic, Place, Subject};
use project::config::ArgoConfig;
use project::{ReachProblem, Reached, Request, Use};

use crate::render::{diagnostics, words};
use crate::spine::{Opened, catalog_places, reach};
use crate::terminal::printer::Printer;

/// Seconds for a store to answer: a run does not wait for a store that only pods reach.
const PATIENCE: f64 = 4.0;

/// Answers of the stores about the inputs of a run.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// Warnings about missing inputs.
    missing: Vec<Diagnostic>,
    /// Sentence about inputs that this machine cannot look for; pods may have other rights.
    unknown: Option<String>,
}

impl Inputs {
    /// Shows which inputs are missing or unknown.
    ///
    /// # Arguments
    ///
    /// * `root`: Folder of the project, to which the places of the warnings are relative.
    pub(crate) fn say(&self, root: &Path, printer: Printer) {
        if !self.missing.is_empty() {
            let width = printer.width_of_messages();
            printer.say(&diagnostics::terminal(&self.missing, root, width));
        }
        if let Some(unknown) = &self.unknown {
            printer.say(unknown);
        }
    }
}

/// Looks for the inputs of a pipeline that are in a store.
///
/// # Arguments
///
/// * `request`: Part of the project that runs.
pub(crate) async fn look(opened: &mut Opened, request: Request, config: &ArgoConfig) -> Inputs {
    // Init templates run before the tasks and may create the data.
    let may_come = !config.template.init_templates.is_empty();
    if may_come || !lint::pod::has_remote_inputs(&opened.snapshot) {
        return Inputs::default();
    }
    let mut found = match reach::reach(opened, request, config, &[Use::Read], Some(PATIENCE)).await
    {
        Ok(reached) => of_answers(&reached),
        Err(error) => Inputs {
            unknown: Some(format!("no store could be asked for the inputs: {error}")),
            missing: Vec::new(),
        },
    };
    catalog_places::point(&mut found.missing, &opened.snapshot, &opened.root);
    found
}

fn of_answers(reached: &[Reached]) -> Inputs {
    let (missing, unknown): (Vec<&Reached>, Vec<&Reached>) = reached
        .iter()
        .filter(|place| place.problem.is_some())
        .partition(|place| place.problem == Some(ReachProblem::NotThere));
    Inputs {
        missing: missing.into_iter().map(warning).collect(),
        unknown: unknown.first().map(|first| {
            let and_others = match unknown.len() {
                1 => String::new(),
                count => format!(" and {}", words::count(count - 1, "other input")),
            };
            let why = match first.problem {
                Some(ReachProblem::NoLibrary) => format!("`{}` is not installed", first.message),
                _ => first.message.clone(),
            };
            format!(
                "cannot look from here for {}{and_others}: {why}",
                first.path
            )
        }),
    }
}

fn warning(place: &Reached) -> Diagnostic {
    let name = place.datasets.first().map_or("", String::as_str);
    Diagnostic::warning(
        "input-not-in-store",
        format!(
            "no task makes `{name}`, and the store does not have it at {}: {}",
            place.path, place.message
        ),
    )
    .at(Place::of(Subject::Dataset(name.to_owned())))
    .help("copy the data there before the task runs, or correct the path in the catalog")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str, problem: Option<ReachProblem>, message: &str) -> Reached {
        Reached {
            used: Use::Read,
            path: format!("s3://shop/{name}.csv"),
            datasets: vec![name.to_owned()],
            step: "read".to_owned(),
            problem,
            message: message.to_owned(),
        }
    }

    #[test]
    fn what_is_missing_is_a_warning_and_what_is_unknown_is_told_once() {
        use ReachProblem as P;
        let found = of_answers(&[
            input("there", None, ""),
            input("lost", Some(P::NotThere), "it does not exist"),
            input("closed", Some(P::Denied), "Access Denied"),
            input("silent", Some(P::NoAnswer), "no answer within 4 s"),
        ]);
        let told: Vec<&str> = found
            .missing
            .iter()
            .map(|each| each.message.as_str())
            .collect();
        assert_eq!(
            told,
            [
                "no task makes `lost`, and the store does not have it at s3://shop/lost.csv: it does not exist"
            ]
        );
        assert!(!found.missing[0].is_error());
        assert_eq!(
            found.unknown.as_deref(),
            Some("cannot look from here for s3://shop/closed.csv and 1 other input: Access Denied")
        );
        let all_there = of_answers(&[input("there", None, "")]);
        assert!(all_there.missing.is_empty() && all_there.unknown.is_none());
    }
}
