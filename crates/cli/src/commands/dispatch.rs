//! Commands, and the choice of the one that the user typed.

use std::path::Path;

use clap::Subcommand;

use super::Result;
use super::{
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
    run_containers::RunContainersArguments,
    run_in_image::RunInImageArguments,
    schedule::ScheduleArguments,
    schema::SchemaArguments,
    sizes::SizesArguments,
    status::StatusArguments,
    submit::SubmitArguments,
    watch::WatchArguments,
};

use super::{
    build, compile, completion, delete, deploy, doctor, eval, exec, init, keep, lifecycle, lint,
    list, logs, man, notify, plan, reach, resubmit, results, retry, run as run_here,
    run_containers, run_in_image, schedule, schema, sizes, status, submit, watch,
};
use crate::error::CommandError;
use crate::error::document;
use crate::error::exit::Exit;
use crate::flags::options::ErrorForm;
use crate::render::diagnostics;
use crate::settings::Settings;

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
    RunContainers(RunContainersArguments),
    RunInImage(RunInImageArguments),
    Notify(NotifyArguments),
}

/// Runs a command and says how it ended. `program` describes every command and flag.
pub(crate) fn run(command: Command, program: clap::Command, settings: &Settings) -> Exit {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(dispatch(command, program, settings));
            // Do not wait for a pending name lookup or a login program.
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
    let width = match settings.errors {
        ErrorForm::Text => printer.width_of_messages(),
        ErrorForm::Json => None,
    };
    let findings = (!error.findings.is_empty()).then(|| {
        let root = settings
            .project()
            .unwrap_or_else(|_| Path::new(".").to_owned());
        diagnostics::terminal(&error.findings, &root, width)
    });
    match (settings.errors, findings) {
        // Nothing to do is no error.
        (_, None) if error.exit == Exit::Success => printer.say(error.message()),
        (ErrorForm::Json, findings) => {
            let findings = findings.as_deref();
            printer.error_line(&document::of_error(error, findings, &settings.program));
        }
        (ErrorForm::Text, Some(findings)) => printer.important(&findings),
        (ErrorForm::Text, None) => printer.important(&error.render(&settings.program, width)),
    }
}

async fn dispatch(command: Command, program: clap::Command, settings: &Settings) -> Result {
    match command {
        Command::Init(arguments) => init::run(&arguments, settings).await,
        Command::Doctor(arguments) => doctor::run(&arguments, settings).await,
        Command::Plan(arguments) => plan::run(&arguments, settings).await,
        Command::Sizes(arguments) => sizes::run(&arguments, settings).await,
        Command::Lint(arguments) => lint::run(&arguments, settings).await,
        Command::Eval(arguments) => eval::run(&arguments, settings),
        Command::Build(arguments) => build::run(&arguments, settings).await,
        Command::Compile(arguments) => compile::run(&arguments, settings).await,
        Command::Run(arguments) => Box::pin(run_here::run(&arguments, settings)).await,
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
        Command::Completion(arguments) => completion::run(&arguments, program, settings),
        Command::Man(arguments) => man::run(&arguments, program, settings),
        Command::Exec(arguments) => exec::run(&arguments, settings).await,
        Command::Reach(arguments) => reach::run(&arguments, settings),
        Command::Keep(arguments) => keep::run(&arguments),
        Command::RunContainers(arguments) => run_containers::run(&arguments).await,
        Command::RunInImage(arguments) => run_in_image::run(&arguments).await,
        Command::Notify(arguments) => notify::run(&arguments, settings).await,
    }
}
