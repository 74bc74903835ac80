use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::aot::{Bash, Elvish, Fish, Generator, PowerShell, Zsh, generate};

use super::Result;
use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::settings::Settings;

/// Print the completion of a shell
///
/// bash: eval "$(argo-kedro completion bash)" in ~/.bashrc. zsh: the same with zsh, in ~/.zshrc, after compinit.
/// fish: argo-kedro completion fish > ~/.config/fish/completions/argo-kedro.fish
#[derive(Debug, Args)]
pub(crate) struct CompletionArguments {
    /// Which shell
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Zsh,
}

#[expect(clippy::unnecessary_wraps, reason = "every command gives a result")]
pub(crate) fn run(arguments: &CompletionArguments, settings: &Settings) -> Result {
    let script = match arguments.shell {
        Shell::Bash => script(Bash),
        Shell::Elvish => script(Elvish),
        Shell::Fish => script(Fish),
        Shell::PowerShell => script(PowerShell),
        Shell::Zsh => script(Zsh),
    };
    settings.printer.data(script.trim_end());
    Ok(Exit::Success)
}

fn script(shell: impl Generator) -> String {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "argo-kedro", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_is_told_every_command_and_its_flags() {
        for script in [
            script(Bash),
            script(Elvish),
            script(Fish),
            script(PowerShell),
            script(Zsh),
        ] {
            for word in ["submit", "dry-run", "completion", "params-file"] {
                assert!(script.contains(word), "{word}: {script}");
            }
        }
    }
}
