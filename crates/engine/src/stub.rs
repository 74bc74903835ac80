//! Stubs: tasks that run no process, with ends that a test defines.

use argo::spec::Template;
use argo::status::{Parameter, Phase};
use regex::Regex;

use crate::operate::End;

/// Ends of tasks that run no process.
#[derive(Debug, Clone)]
pub struct Stub {
    tasks: Regex,
    /// One end for each attempt; the last one also serves all later attempts.
    attempts: Vec<Attempt>,
}

/// End of one attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Attempt {
    exit_code: i32,
    result: Option<String>,
    parameters: Vec<(String, String)>,
}

/// Error of a stub that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no stub: {reason}")]
pub struct StubError {
    /// The stub as typed.
    pub word: String,
    /// Reason of the error.
    pub reason: String,
}

impl Stub {
    /// Parses `TASK=END,END`, with an end for each attempt. `TASK` is the name of a task, a template or a node, in
    /// which `*` stands for any letters and `?` for one. An end is one of these, or several joined by `+`: `exit:CODE`,
    /// `result:TEXT`, `param:NAME=TEXT`.
    ///
    /// # Errors
    ///
    /// The text does not have this form.
    pub fn read(word: &str) -> Result<Self, StubError> {
        let failed = |reason: &str| StubError {
            word: word.to_owned(),
            reason: reason.to_owned(),
        };
        let Some((tasks, ends)) = word.split_once('=') else {
            return Err(failed(
                "write TASK=exit:1, TASK=result:TEXT or TASK=param:NAME=TEXT",
            ));
        };
        let pattern = regex::escape(tasks)
            .replace(r"\*", ".*")
            .replace(r"\?", ".");
        let tasks = Regex::new(&format!("^(?s:{pattern})$"));
        let tasks = tasks.map_err(|error| failed(&error.to_string()))?;
        let mut attempts = Vec::new();
        for end in ends.split(',') {
            let mut attempt = Attempt::default();
            for part in end.split('+') {
                match part.split_once(':') {
                    Some(("exit", code)) => {
                        let code = code
                            .parse()
                            .map_err(|_| failed("an exit code is a number"))?;
                        attempt.exit_code = code;
                    }
                    Some(("result", text)) => attempt.result = Some(text.to_owned()),
                    Some(("param", parameter)) => {
                        let Some((name, text)) = parameter.split_once('=') else {
                            return Err(failed("a parameter is NAME=TEXT"));
                        };
                        attempt.parameters.push((name.to_owned(), text.to_owned()));
                    }
                    _ => {
                        return Err(failed(
                            "an end is exit:CODE, result:TEXT or param:NAME=TEXT",
                        ));
                    }
                }
            }
            attempts.push(attempt);
        }
        Ok(Self { tasks, attempts })
    }

    /// Says whether the stub applies to every task of a template: it names the template.
    pub(crate) fn is_about_template(&self, template: &str) -> bool {
        !template.is_empty() && self.tasks.is_match(template)
    }

    /// Says whether the stub applies to a task with these names.
    pub(crate) fn is_about(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.tasks.is_match(name))
    }

    /// End of an attempt, counted from 0. Outputs that the stub does not define have their default, or are empty.
    pub(crate) fn end(&self, template: &Template, attempt: usize) -> End {
        let last = self.attempts.len().saturating_sub(1);
        let attempt = self
            .attempts
            .get(attempt.min(last))
            .cloned()
            .unwrap_or_default();
        let parameters = template.outputs.parameters.iter().map(|output| {
            let given = attempt
                .parameters
                .iter()
                .find(|(name, _)| *name == output.name);
            let from = output.value_from.as_ref();
            let default = from
                .and_then(|from| from.default.as_ref())
                .map(ToString::to_string);
            Parameter {
                name: output.name.clone(),
                value: Some(match given {
                    Some((_, text)) => text.clone(),
                    None => default.unwrap_or_default(),
                }),
                global_name: output.global_name.clone().unwrap_or_default(),
                ..Parameter::default()
            }
        });
        let code = attempt.exit_code;
        End {
            phase: if code == 0 {
                Phase::Succeeded
            } else {
                Phase::Failed
            },
            message: (code != 0).then(|| format!("main: Error (exit code {code})")),
            exit_code: Some(code),
            result: attempt.result.clone(),
            parameters: parameters.collect(),
            ..End::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_has_its_end_and_the_last_one_counts_for_all_after_it() {
        let stub = Stub::read("fit*=exit:137,exit:1+result:x,param:o=a=b").unwrap();
        assert!(stub.is_about(&["a", "fit-it"]) && !stub.is_about(&["a-fit"]));
        let mut template = Template::default();
        template.outputs.parameters = vec![argo::spec::Parameter {
            name: "o".to_owned(),
            ..Default::default()
        }];
        let end = |attempt| {
            let end = stub.end(&template, attempt);
            let value = end.parameters[0].value.clone();
            (end.phase, end.exit_code, end.result, value)
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(end(0), (Phase::Failed, Some(137), None, text("")));
        assert_eq!(end(1), (Phase::Failed, Some(1), text("x"), text("")));
        for attempt in [2, 7] {
            assert_eq!(end(attempt), (Phase::Succeeded, Some(0), None, text("a=b")));
        }
    }

    #[test]
    fn what_is_no_stub_is_refused() {
        for word in [
            "",
            "a",
            "a=",
            "a=exit:x",
            "a=param:b",
            "a=nothing:1",
            "a=exit:1;exit:2",
        ] {
            assert!(Stub::read(word).is_err(), "{word}");
        }
    }
}
