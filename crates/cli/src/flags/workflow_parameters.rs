//! Parameters of a Workflow as the user types them: `-p NAME=VALUE`.

use argo::spec::Manifest;
use diagnostic::did_you_mean;
use indexmap::IndexMap;
use marks::runtime_parameters::NAME as RUNTIME_PARAMETERS;
use runs::RunRecord;
use serde_json::Value;

use crate::error::CommandError;
use crate::flags::runtime_parameters::NewParameters;

const EXAMPLE: &str = "e.g. -p params='{\"depth\": 3}'";

/// Reads `NAME=VALUE` words; the later of two with the same name wins, since Argo takes a name once.
pub(crate) fn named<'a>(
    words: impl Iterator<Item = &'a String>,
    example: &str,
) -> Result<IndexMap<String, String>, CommandError> {
    words
        .map(|word| match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(
                CommandError::new(format!("`{word}` is not a parameter with a value"))
                    .hint(example),
            ),
        })
        .collect()
}

/// Reads the values given for a run's parameters; `manifest` is that of the run.
pub(crate) fn given_for(
    run: &RunRecord,
    manifest: &Manifest,
    words: &[String],
) -> Result<Vec<(String, String)>, CommandError> {
    let given: Vec<(String, String)> = named(words.iter(), EXAMPLE)?.into_iter().collect();
    let declared = manifest.workflow().arguments.parameters.iter();
    let known: Vec<&str> = declared.map(|parameter| &*parameter.name).collect();
    match given
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        None => {
            given.iter().try_for_each(check_value)?;
            Ok(given)
        }
        Some((name, _)) => {
            let hint =
                did_you_mean(name, known.iter().copied()).unwrap_or_else(|| match &known[..] {
                    [] => "its Workflow has no parameters; for runtime parameters of Kedro, use --params".to_owned(),
                    _ => format!("there are: {}", known.join(", ")),
                });
            Err(
                CommandError::new(format!("run `{}` has no parameter `{name}`", run.name))
                    .hint(hint),
            )
        }
    }
}

/// Refuses a wrong value of Kedro's own parameter, which every task reads.
fn check_value((name, value): &(String, String)) -> Result<(), CommandError> {
    let is_object = || matches!(serde_json::from_str(value), Ok(Value::Object(_)));
    if name != RUNTIME_PARAMETERS || is_object() {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "`{name}` must be a JSON object with runtime parameters of Kedro, but it is `{value}`"
    ))
    .hint(EXAMPLE))
}

/// Refuses runtime parameters that are given twice: a Workflow has one place for them.
pub(crate) fn refuse_twice(
    params: &NewParameters,
    parameters: &[(String, String)],
) -> Result<(), CommandError> {
    let is_given = |(name, _): &(String, String)| name == RUNTIME_PARAMETERS;
    if params.is_empty() || !parameters.iter().any(is_given) {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "`-p {RUNTIME_PARAMETERS}=…` and --params set the same parameters"
    ))
    .hint("set all runtime parameters of Kedro with --params"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_name_and_a_value() {
        let words = ["a=b=c", "d=", "e=1", "e=2"].map(str::to_owned);
        let given = named(words.iter(), EXAMPLE).unwrap();
        let values: Vec<&str> = given.values().map(String::as_str).collect();
        assert_eq!(values, ["b=c", "", "2"]);
        assert!(named(["training".to_owned()].iter(), EXAMPLE).is_err());
    }

    #[test]
    fn kedros_parameters_are_not_given_twice() {
        let params = NewParameters {
            params: vec!["depth=3".to_owned()],
            params_file: None,
        };
        let of = |name: &str| [(name.to_owned(), "{}".to_owned())];
        assert!(refuse_twice(&params, &of("params")).is_err());
        assert!(refuse_twice(&params, &of("size")).is_ok());
        assert!(refuse_twice(&NewParameters::default(), &of("params")).is_ok());
    }
}
