//! What can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands::{
    build::BuildArguments,
    compile::CompileArguments,
    completion::CompletionArguments,
    delete::DeleteArguments,
    deploy::DeployArguments,
    doctor::DoctorArguments,
    eval::EvalArguments,
    exec::ExecArguments,
    init::InitArguments,
    keep::KeepArguments,
    lifecycle::{ResumeArguments, StopArguments, SuspendArguments, TerminateArguments},
    lint::LintArguments,
    list::ListArguments,
    logs::LogsArguments,
    man::ManArguments,
    notify::NotifyArguments,
    plan::PlanArguments,
    reach::ReachArguments,
    resubmit::ResubmitArguments,
    results::ResultsArguments,
    retry::RetryArguments,
    run::RunArguments,
    schedule::ScheduleArguments,
    schema::SchemaArguments,
    sizes::SizesArguments,
    status::StatusArguments,
    submit::SubmitArguments,
    watch::WatchArguments,
};

/// Take a Kedro pipeline to Argo Workflows: plan it, lint it, compile it, run it.
///
/// `kedro argo …` and `argo-kedro …` are the same program.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, propagate_version = false)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Python interpreter that has the project's packages [default: the one of the active environment]
    #[arg(
        long,
        global = true,
        env = "ARGO_KEDRO_USE_PYTHON",
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub(crate) python: Option<PathBuf>,

    /// Folder of the project, or a folder inside it [default: the current folder]
    #[arg(
        long,
        short = 'C',
        global = true,
        value_name = "FOLDER",
        help_heading = "Global options"
    )]
    pub(crate) project: Option<PathBuf>,

    /// Folder for the history of all runs and the output of runs on this machine [default:
    /// .argo-kedro in the project]
    #[arg(
        long,
        global = true,
        env = "ARGO_KEDRO_STATE",
        value_name = "FOLDER",
        help_heading = "Global options"
    )]
    pub(crate) state: Option<PathBuf>,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        help_heading = "Global options"
    )]
    pub(crate) color: Color,

    /// How an error is written to standard error [default: json with `-o json`, else text]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORM",
        help_heading = "Global options"
    )]
    pub(crate) errors: Option<ErrorForm>,

    /// Print only results, warnings and errors
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
}

/// How an error is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorForm {
    /// For people
    Text,
    /// For programs: one line of JSON
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(InitArguments),
    Doctor(DoctorArguments),
    Plan(PlanArguments),
    Sizes(SizesArguments),
    Lint(LintArguments),
    Eval(EvalArguments),
    Compile(CompileArguments),
    Build(BuildArguments),
    Run(RunArguments),
    Submit(SubmitArguments),
    Deploy(DeployArguments),
    Schedule(ScheduleArguments),
    List(ListArguments),
    Status(StatusArguments),
    Logs(LogsArguments),
    Results(ResultsArguments),
    Watch(WatchArguments),
    Retry(RetryArguments),
    Resubmit(ResubmitArguments),
    Stop(StopArguments),
    Terminate(TerminateArguments),
    Suspend(SuspendArguments),
    Resume(ResumeArguments),
    Delete(DeleteArguments),
    Schema(SchemaArguments),
    Completion(CompletionArguments),
    Man(ManArguments),
    Exec(ExecArguments),
    Reach(ReachArguments),
    Keep(KeepArguments),
    Notify(NotifyArguments),
}

/// The words of the command line as they can be parsed: Kedro has two short flags of two letters.
pub(crate) fn words(typed: impl Iterator<Item = OsString>) -> Vec<OsString> {
    const LONG: [(&str, &str); 2] = [("-ns", "--namespaces"), ("-lv", "--load-versions")];
    let mut is_over = false;
    let rewrite = |word: OsString| {
        // What comes then is not for us.
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
    typed.map(rewrite).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn kedros_flags_of_two_letters_are_flags() {
        let rewritten = |text: &str| {
            let typed = text.split(' ').map(OsString::from);
            let words = words(typed);
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
