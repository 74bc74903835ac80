//! Evaluates texts as Argo does: tags, expressions and conditions.

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;

use argo::library::Library;
use argo::scope::{Variable, variables};
use argo::text::cases;
use argo::text::condition;
use argo::text::expression::{Failure, Outside, Value, evaluate};
use argo::text::tags::{Piece, Strict, Values, has_tag, pieces, substitute};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::Result;
use super::lint::read_manifest;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::output::TextOrJson;
use crate::flags::workflow_parameters::named;
use crate::render::json::to_json;
use crate::settings::Settings;

type Evaluated<T> = std::result::Result<T, CommandError>;

const EXAMPLE: &str = "e.g. -p x=3, or -p tasks.fit.outputs.result=3";

/// Evaluate a tag, an expression or a condition, as Argo does it
///
/// TEXT may hold tags, as in a manifest: `{{inputs.parameters.x}}` or `{{=asInt(x) + 1}}`. Without a tag it is
/// an expression. Values come from -p, and from --file where a manifest says them.
#[derive(Debug, Args)]
pub(crate) struct EvalArguments {
    /// Text to evaluate
    #[arg(allow_hyphen_values = true)]
    text: Option<String>,

    /// The value of a variable: a parameter, or any variable by its full name
    #[arg(short, long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<String>,

    /// Evaluate this condition of a task or step instead: true or false
    #[arg(
        long,
        value_name = "CONDITION",
        conflicts_with = "text",
        allow_hyphen_values = true
    )]
    when: Option<String>,

    /// A manifest, for the variables that it knows; without TEXT, list them
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,

    /// The task, step or template in that manifest in which TEXT stands
    #[arg(long, value_name = "NAME", requires = "file")]
    task: Option<String>,

    /// Answer each case of a file, a line of JSON each; - is standard input
    ///
    /// A case is `{"expr": …}`, `{"template": …}` or `{"when": …}`, with values in `env`. The answer is
    /// `{"ok": …}` or `{"err": …}`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "when", "file", "parameters"])]
    cases: Option<PathBuf>,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: TextOrJson,
}

/// Refuses a text that looks like an unknown option: an expression may begin with `-`, but hardly with `--name`.
fn refuse_option(text: Option<&str>) -> Evaluated<()> {
    let is_option = |text: &&str| {
        let name = text.strip_prefix("--");
        name.is_some_and(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
    };
    match text.filter(is_option) {
        None => Ok(()),
        Some(text) => Err(CommandError::new(format!("unexpected argument `{text}`"))
            .hint("to see all options: {program} eval --help")
            .hint(format!("to evaluate it as an expression: '({text})'"))),
    }
}

pub(crate) fn run(arguments: &EvalArguments, settings: &Settings) -> Result {
    refuse_option(arguments.text.as_deref())?;
    let outside = Outside {
        now: Timestamp::now(),
        seed: seed(),
    };
    if let Some(path) = &arguments.cases {
        return answer_cases(path, outside, settings);
    }
    let variables = match &arguments.file {
        Some(path) => variables_of(path, arguments.task.as_deref())?,
        None => Vec::new(),
    };
    let values = values(&variables, &arguments.parameters)?.with(outside);
    let json = arguments.output == TextOrJson::Json;
    match (&arguments.text, &arguments.when) {
        (_, Some(condition)) => {
            let holds = condition_holds(condition, &values)?;
            let shown = if json {
                to_json(&json!({ "holds": holds }))?
            } else {
                holds.to_string()
            };
            settings.printer.document(&shown);
        }
        (Some(text), None) if has_tag(text) => {
            let substituted =
                substitute(text, &values, Strict::No).map_err(|failure| wrong(&failure.message))?;
            tell_what_stays(&substituted, &values, settings);
            let shown = if json {
                to_json(&json!({ "text": substituted }))?
            } else {
                substituted
            };
            settings.printer.document(&shown);
        }
        (Some(text), None) => {
            let value = evaluate(text, values.variables()).map_err(|failure| failed(&failure))?;
            settings.printer.document(&shown_value(&value, json)?);
        }
        (None, None) if arguments.file.is_some() => list(&variables, json, settings)?,
        (None, None) => {
            return Err(
                CommandError::new("there is nothing to evaluate").hint(format!(
                    "e.g. {} eval '{{{{=asInt(inputs.parameters.x) + 1}}}}' -p x=3",
                    settings.program
                )),
            );
        }
    }
    Ok(Exit::Success)
}

/// Gives a new random seed at each call.
fn seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};

    RandomState::new().hash_one(0)
}

fn wrong(message: &str) -> CommandError {
    CommandError::new(message).with_exit(Exit::Failure)
}

fn failed(failure: &Failure) -> CommandError {
    let message = failure.to_string();
    // "it" is the expression: for a tag, another message names it before these words.
    let message = match message.strip_prefix("it ") {
        Some(rest) => format!("the expression {rest}"),
        None => message,
    };
    let is_name = message.starts_with("there is no name");
    let error = wrong(&message);
    if is_name {
        error.hint(format!("to give a variable a value, use -p; {EXAMPLE}"))
    } else {
        error
    }
}

/// Answers cases, one per line, in their order.
fn answer_cases(path: &PathBuf, outside: Outside, settings: &Settings) -> Result {
    let input: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(fs_err::File::open(path)?)
    };
    for line in BufReader::new(input).split(b'\n') {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match std::str::from_utf8(&line) {
            Ok(line) => cases::answer(line, outside),
            Err(_) => json!({ "err": "the case is not UTF-8" }).to_string(),
        };
        settings.printer.data_as_it_is(&answer);
    }
    Ok(Exit::Success)
}

fn variables_of(path: &std::path::Path, task: Option<&str>) -> Evaluated<Vec<Variable>> {
    let file = read_manifest(path)?;
    variables(&Library::of(&file.documents), task).map_err(|there| {
        let error = match task {
            Some(task) => CommandError::new(format!(
                "{} has no task, step or template `{task}`",
                path.display()
            )),
            None => CommandError::new(format!("found no workflow in {}", path.display())),
        };
        match there.suggestion {
            Some(meant) => error.hint(meant),
            None if there.names.is_empty() => {
                error.hint("name a file with a Workflow, a WorkflowTemplate or a CronWorkflow")
            }
            None => error.hint(format!("there are: {}", there.names.join(", "))),
        }
    })
}

/// Known values: a bare name is a parameter of the workflow and of the template.
fn values(variables: &[Variable], words: &[String]) -> Evaluated<Values> {
    let mut values = Values::new(variables.iter().filter_map(|known| {
        let value = known.value.as_ref()?;
        Some((known.name.clone(), Value::text(value)))
    }));
    for (name, value) in named(words.iter(), EXAMPLE)? {
        let value = Value::text(value);
        if name.contains('.') || matches!(name.as_str(), "item" | "retries") {
            values.set(name, value);
            continue;
        }
        for place in ["inputs", "workflow"] {
            values.set(format!("{place}.parameters.{name}"), value.clone());
        }
        // As people write it on a command line.
        values.set(name, value);
    }
    Ok(values)
}

fn condition_holds(condition: &str, values: &Values) -> Evaluated<bool> {
    let substituted =
        substitute(condition, values, Strict::No).map_err(|failure| wrong(&failure.message))?;
    condition::holds(&substituted).map_err(|failure| {
        let shown = if substituted == condition {
            format!("the condition `{condition}`")
        } else {
            format!("the condition `{condition}`, which becomes `{substituted}`,")
        };
        let error = wrong(&format!("{shown} cannot be evaluated: {failure}"));
        let names = names_of_tags(&substituted);
        match names.iter().find(|name| !name.starts_with('=')) {
            Some(name) => error.hint(format!("to give a value: -p {name}=VALUE")),
            None => error,
        }
    })
}

/// The tags of a text, without their braces.
fn names_of_tags(text: &str) -> Vec<&str> {
    pieces(text)
        .filter_map(|piece| match piece {
            Ok(Piece::Tag { inside, .. }) => Some(inside.trim()),
            _ => None,
        })
        .collect()
}

fn tell_what_stays(text: &str, values: &Values, settings: &Settings) {
    for inside in names_of_tags(text) {
        let message = match inside.strip_prefix('=') {
            Some(expression) => {
                let why = match evaluate(expression, values.variables()) {
                    Err(failure) => failure.to_string(),
                    Ok(_) => "it has no value yet".to_owned(),
                };
                format!("note: `{{{{{inside}}}}}` stays: {why}")
            }
            None => format!(
                "note: `{{{{{inside}}}}}` stays, because it has no value here; to give one: -p {inside}=VALUE"
            ),
        };
        settings.printer.say(&message);
    }
}

fn shown_value(value: &Value, json: bool) -> Evaluated<String> {
    let written = value.to_json().map_err(|failure| failed(&failure))?;
    if json {
        let value: serde_json::Value =
            serde_json::from_str(&written).map_err(|error| CommandError::new(error.to_string()))?;
        return Ok(to_json(&json!({ "value": value }))?);
    }
    Ok(match value.as_text() {
        Some(text) => text.to_owned(),
        None => written,
    })
}

fn list(
    variables: &[Variable],
    json: bool,
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    if json {
        let found: Vec<_> = variables
            .iter()
            .map(|known| json!({ "name": known.name, "value": known.value }))
            .collect();
        settings.printer.document(&to_json(&found)?);
        return Ok(());
    }
    let width = variables
        .iter()
        .map(|known| known.name.len())
        .max()
        .unwrap_or(0)
        .min(48);
    for known in variables {
        let line = match &known.value {
            Some(value) => format!("{:width$}  {value}", known.name),
            None => known.name.clone(),
        };
        settings.printer.data(&line);
    }
    Ok(())
}
