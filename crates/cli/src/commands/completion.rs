use clap::{Args, Command};
use clap_complete::aot::{Shell, generate};

use super::Result;
use crate::error::exit::Exit;
use crate::settings::Settings;

/// Print the completion script for a shell
///
/// bash, in ~/.bashrc:
///   eval "$(argo-kedro completion bash)"
/// zsh, in ~/.zshrc, after compinit:
///   eval "$(argo-kedro completion zsh)"
/// fish, once:
///   argo-kedro completion fish > ~/.config/fish/completions/argo-kedro.fish
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct CompletionArguments {
    /// The shell
    shell: Shell,
}

#[expect(clippy::unnecessary_wraps, reason = "every command gives a result")]
/// Prints the completion script. `program` describes every command and flag.
pub(crate) fn run(
    arguments: &CompletionArguments,
    program: Command,
    settings: &Settings,
) -> Result {
    settings
        .printer
        .document(script(arguments.shell, program).trim_end());
    Ok(Exit::Success)
}

fn script(shell: Shell, mut program: Command) -> String {
    let mut script = Vec::new();
    generate(shell, &mut program, "argo-kedro", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, ValueEnum};

    use super::*;
    use crate::arguments::Arguments;

    #[test]
    fn every_shell_is_told_every_command_and_its_flags() {
        for shell in Shell::value_variants() {
            let script = script(*shell, Arguments::command());
            for word in ["submit", "dry-run", "completion", "params-file"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
