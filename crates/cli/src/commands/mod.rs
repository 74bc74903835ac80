//! One file a command.

pub(crate) mod build;
pub(crate) mod compile;
pub(crate) mod completion;
pub(crate) mod delete;
pub(crate) mod deploy;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod exec;
pub(crate) mod init;
pub(crate) mod keep;
pub(crate) mod lifecycle;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod man;
pub(crate) mod notify;
pub(crate) mod plan;
pub(crate) mod reach;
pub(crate) mod resubmit;
pub(crate) mod results;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod schema;
pub(crate) mod sizes;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod watch;

use std::path::Path;

use crate::arguments::{Command, ErrorForm};
use crate::error::CommandError;
use crate::error::document;
use crate::error::exit::Exit;
use crate::render::diagnostics;
use crate::settings::Settings;

type Result = std::result::Result<Exit, CommandError>;

/// Runs a command and says how it ended.
pub(crate) fn run(command: Command, settings: &Settings) -> Exit {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(dispatch(command, settings));
            // A name that is still looked up, or a program that still logs in, keeps nobody.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(error.into()),
    };
    let exit = result.unwrap_or_else(|error| {
        show(&error, settings);
        error.exit
    });
    exit.if_printed(settings.printer, &settings.program)
}

fn show(error: &CommandError, settings: &Settings) {
    let printer = settings.printer;
    let findings = (!error.findings.is_empty()).then(|| {
        let root = settings
            .project()
            .unwrap_or_else(|_| Path::new(".").to_owned());
        diagnostics::terminal(&error.findings, &root)
    });
    match (settings.errors, findings) {
        // There is nothing to do, which is no error.
        (_, None) if error.exit == Exit::Success => printer.say(error.message()),
        (ErrorForm::Json, findings) => {
            let findings = findings.as_deref();
            printer.error_line(&document::of_error(error, findings, &settings.program));
        }
        (ErrorForm::Text, Some(findings)) => printer.important(&findings),
        (ErrorForm::Text, None) => printer.important(&error.render(&settings.program)),
    }
}

async fn dispatch(command: Command, settings: &Settings) -> Result {
    match command {
        Command::Init(arguments) => init::run(&arguments, settings).await,
        Command::Doctor(arguments) => doctor::run(&arguments, settings).await,
        Command::Plan(arguments) => plan::run(&arguments, settings).await,
        Command::Sizes(arguments) => sizes::run(&arguments, settings).await,
        Command::Lint(arguments) => lint::run(&arguments, settings).await,
        Command::Eval(arguments) => eval::run(&arguments, settings),
        Command::Build(arguments) => build::run(&arguments, settings).await,
        Command::Compile(arguments) => compile::run(&arguments, settings).await,
        Command::Run(arguments) => run::run(&arguments, settings).await,
        Command::Retry(arguments) => retry::run(&arguments, settings).await,
        Command::List(arguments) => list::run(&arguments, settings).await,
        Command::Status(arguments) => status::run(&arguments, settings).await,
        Command::Results(arguments) => results::run(&arguments, settings).await,
        Command::Deploy(arguments) => deploy::run(&arguments, settings).await,
        Command::Schedule(arguments) => schedule::run(&arguments, settings).await,
        Command::Submit(arguments) => submit::run(&arguments, settings).await,
        Command::Logs(arguments) => logs::run(&arguments, settings).await,
        Command::Watch(arguments) => watch::run(&arguments, settings).await,
        Command::Resubmit(arguments) => resubmit::run(&arguments, settings).await,
        Command::Stop(arguments) => lifecycle::stop(&arguments, settings).await,
        Command::Terminate(arguments) => lifecycle::terminate(&arguments, settings).await,
        Command::Suspend(arguments) => lifecycle::suspend(&arguments, settings).await,
        Command::Resume(arguments) => lifecycle::resume(&arguments, settings).await,
        Command::Delete(arguments) => delete::run(&arguments, settings).await,
        Command::Schema(arguments) => schema::run(&arguments, settings),
        Command::Completion(arguments) => completion::run(&arguments, settings),
        Command::Man(arguments) => man::run(&arguments, settings),
        Command::Exec(arguments) => exec::run(&arguments, settings).await,
        Command::Reach(arguments) => reach::run(&arguments, settings),
        Command::Keep(arguments) => keep::run(&arguments),
        Command::Notify(arguments) => notify::run(&arguments, settings).await,
    }
}
