//! Arguments of the program.

use std::ffi::OsString;

use clap::Parser;

use crate::commands::dispatch::Command;
use crate::flags::options::Options;

/// Take a Kedro pipeline to Argo Workflows: plan it, lint it, compile it, run it.
///
/// `kedro argo …` and `argo-kedro …` are the same program.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, propagate_version = false)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) options: Options,
}

/// Words of the command line that clap can parse: Kedro has two short flags of two letters.
pub(crate) fn parsable_arguments(typed: impl Iterator<Item = OsString>) -> Vec<OsString> {
    const LONG: [(&str, &str); 2] = [("-ns", "--namespaces"), ("-lv", "--load-versions")];
    let mut is_over = false;
    let rewrite = |word: OsString| {
        // Words after `--` or `exec` belong to another program.
        is_over = is_over || word == "--" || word == "exec";
        let text = word.to_str().filter(|_| !is_over);
        let long = text.and_then(|text| {
            LONG.iter().find_map(|(short, long)| {
                let rest = text.strip_prefix(short)?;
                (rest.is_empty() || rest.starts_with('=')).then(|| format!("{long}{rest}"))
            })
        });
        long.map_or(word, OsString::from)
    };
    let mut words: Vec<OsString> = typed.map(rewrite).collect();
    // clap's own command for help takes no flag.
    if words.get(1).is_some_and(|word| word == "help") {
        words.retain(|word| word != "--help" && word != "-h");
    }
    words
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn kedros_flags_of_two_letters_are_flags() {
        let rewritten = |text: &str| {
            let typed = text.split(' ').map(OsString::from);
            let words = parsable_arguments(typed);
            let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap()).collect();
            words.join(" ")
        };
        assert_eq!(
            rewritten("argo-kedro run -ns a -lv=b:c -n s -nscore"),
            "argo-kedro run --namespaces a --load-versions=b:c -n s -nscore"
        );
        for other in ["argo-kedro exec -ns a", "argo-kedro lint -- -lv"] {
            assert_eq!(rewritten(other), other);
        }
    }

    #[test]
    fn the_arguments_hold_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_and_flag_says_what_it_does() {
        for command in Arguments::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command
                .get_arguments()
                .filter(|argument| argument.get_id() != "words")
            {
                assert!(
                    argument.get_help().is_some(),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
        }
    }

    #[test]
    fn a_heading_of_the_help_holds_what_it_says_and_no_more() {
        let mut seen = 0;
        for command in Arguments::command().get_subcommands() {
            for argument in command.get_arguments() {
                if argument.get_help_heading() == Some("Cluster, as for kubectl") {
                    let id = argument.get_id().as_str();
                    assert!(["context", "namespace"].contains(&id), "{id}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 10);
    }
}
