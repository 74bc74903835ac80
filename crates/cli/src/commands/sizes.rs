use std::path::Path;

use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use plan::{Plan, Size, Spread, Task};
use project::Snapshot;
use project::config::{ArgoConfig, ConfigFile, Retry, RetryMemory, check, set_of_nodes};
use serde_json::{Map, Value, json};

use super::Result;
use crate::error::CommandError;
use crate::error::candidates::listed;
use crate::error::exit::Exit;
use crate::flags::age::age;
use crate::flags::selection::Selection;
use crate::render::sizes::{self as table, Row};
use crate::render::unified::unified;
use crate::run::experience::{Experience, RUNS, tasks_of};
use crate::settings::Settings;
use crate::spine::{self, Opened};
use crate::terminal::ask::{ask, is_somebody_there};
use crate::terminal::printer::Printer;
use crate::whole_file;

/// Show what tasks used in earlier runs, and what they should ask for
///
/// Runs on this machine and runs on clusters are in the history. A run on a cluster gets there when
/// you submit or watch it, or ask for its status.
#[derive(Debug, Args)]
pub(crate) struct SizesArguments {
    /// Only these tasks: names of tasks or of nodes
    tasks: Vec<String>,

    /// Most runs to look at, the newest first
    #[arg(long, value_name = "NUMBER", default_value_t = RUNS, value_parser = at_least_one)]
    runs: usize,

    /// Only runs that are not older than this: 30d, 12h, 2w
    #[arg(long, value_name = "AGE", value_parser = age)]
    since: Option<SignedDuration>,

    /// Write the new sizes into argo.yml
    #[arg(long)]
    write: bool,

    /// With --write: do not ask
    #[arg(long, short, requires = "write")]
    yes: bool,

    /// With --write: show what would change, and write nothing
    #[arg(long, requires = "write", conflicts_with = "yes")]
    dry_run: bool,

    #[command(flatten)]
    selection: Selection,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: SizesOutput,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum SizesOutput {
    /// For people
    #[default]
    Table,
    /// For people, with the median, the 95th percentile and what each task saves
    Wide,
    /// For programs
    Json,
    /// Only the names of the tasks
    Name,
}

fn at_least_one(text: &str) -> std::result::Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "it must be a whole number of at least 1".to_owned())
}

pub(crate) async fn run(arguments: &SizesArguments, settings: &Settings) -> Result {
    let opened = spine::open(settings, &arguments.selection.for_cluster()).await?;
    let (config, plan) = opened.plan()?;
    let tasks = chosen(&tasks_of(&plan), &arguments.tasks)?;
    let since = arguments
        .since
        .map(|age| Timestamp::now().checked_sub(age))
        .transpose()
        .map_err(|_| CommandError::new("--since is too long ago"))?;
    let experience = Experience::of(&tasks, arguments.runs, since, settings)?;
    let rows: Vec<Row<'_>> = tasks
        .iter()
        .enumerate()
        .map(|(index, task)| row(task, index, &experience, &plan, &config))
        .collect();
    if experience.is_empty() && !matches!(arguments.output, SizesOutput::Json) {
        settings.printer.say(&format!(
            "no run of these tasks is on record. To start one here: {program} run; on a cluster: {program} submit \
             --watch",
            program = settings.program
        ));
        return Ok(Exit::Success);
    }
    let runs = experience.runs(None);
    let currency = config.prices.currency.as_deref();
    let width = settings.printer.width();
    let printer = settings.printer;
    match arguments.output {
        SizesOutput::Table => printer.data(&table::table(&rows, runs, currency, width, false)),
        SizesOutput::Wide => printer.data(&table::table(&rows, runs, currency, width, true)),
        SizesOutput::Json => printer.document(&table::json(&rows, runs, currency)),
        SizesOutput::Name => {
            let names = rows.iter().map(|row| format!("{}\n", row.task.name));
            printer.data(&names.collect::<String>());
        }
    }
    if arguments.write {
        return write(&rows, &opened, &config, arguments, settings).await;
    }
    if rows.iter().any(|row| row.size.is_some())
        && matches!(arguments.output, SizesOutput::Table | SizesOutput::Wide)
    {
        settings.printer.say(&format!(
            "to write these sizes into argo.yml: {} sizes --write{}",
            settings.program,
            opened.flags(lint::Target::Cluster)
        ));
    }
    Ok(Exit::Success)
}

/// Tasks that words mean, by their own names or those of their nodes.
fn chosen<'a>(
    tasks: &[&'a Task],
    words: &[String],
) -> std::result::Result<Vec<&'a Task>, CommandError> {
    if words.is_empty() {
        return Ok(tasks.to_vec());
    }
    let mut found = Vec::new();
    for word in words {
        let by_name = tasks.iter().find(|task| task.name == *word);
        let task = by_name.or_else(|| tasks.iter().find(|task| task.nodes.contains(word)));
        let Some(task) = task else {
            let names = tasks.iter().map(|task| task.name.as_str());
            let nodes = tasks.iter().flat_map(|task| &task.nodes);
            let known = names.chain(nodes.map(String::as_str));
            let error =
                CommandError::new(format!("the plan has no task and no node named `{word}`"));
            let hint = diagnostic::did_you_mean(word, known).unwrap_or_else(|| {
                let names: Vec<String> = tasks.iter().map(|task| task.name.clone()).collect();
                format!("its tasks: {}", listed(&names))
            });
            return Err(error.hint(hint));
        };
        if !found.iter().any(|known: &&Task| known.name == task.name) {
            found.push(*task);
        }
    }
    Ok(found)
}

fn row<'a>(
    task: &'a Task,
    index: usize,
    experience: &Experience,
    plan: &Plan,
    config: &ArgoConfig,
) -> Row<'a> {
    let attempts = experience.attempts(index);
    let succeeded = attempts.iter().filter(|attempt| attempt.succeeded);
    let memory = Spread::of(succeeded.clone().filter_map(|it| {
        #[expect(clippy::cast_precision_loss, reason = "an amount of memory")]
        it.peak.map(|bytes| bytes as f64)
    }));
    let cores = Spread::of(succeeded.filter_map(|it| it.cores));
    let need = plan::need(&attempts);
    let few = memory.is_none_or(|memory| memory.count < plan::FEW);
    let retry = retry_of(task, plan);
    let grows = retry.is_some_and(|retry| retry.memory.is_some());
    let size = plan::size(&task.machine, &need, few, grows, config);
    let saves = size.as_ref().map(|size| {
        let hours = experience.tasks[index].iter().filter_map(|it| it.seconds);
        let hours = hours.sum::<f64>() / 3600.0;
        let mut machine = task.machine.clone();
        (machine.cpu, machine.memory) = (size.cpu, size.memory);
        if let Some(name) = &size.machine_type {
            machine.machine_type.clone_from(name);
        }
        plan::cost(&task.machine, hours, config).minus(plan::cost(&machine, hours, config))
    });
    Row {
        task,
        runs: experience.runs(Some(index)),
        memory,
        cores,
        killed: experience.tasks[index]
            .iter()
            .filter(|it| it.out_of_memory)
            .count(),
        few,
        need,
        size,
        saves,
    }
}

fn retry_of<'a>(task: &Task, plan: &'a Plan) -> Option<&'a Retry> {
    let plans = [Some(plan), plan.on_exit.as_deref()];
    let plan = plans
        .into_iter()
        .flatten()
        .find(|plan| plan.tasks.iter().any(|known| known == task))?;
    plan.settings_of(task)?.values.retry.as_ref()
}

/// Settings of a selector in `argo.yml`.
type Change = (String, Vec<(String, Value)>);

/// Writes the sizes into `argo.yml`.
async fn write(
    rows: &[Row<'_>],
    opened: &Opened,
    config: &ArgoConfig,
    arguments: &SizesArguments,
    settings: &Settings,
) -> Result {
    let printer = settings.printer;
    let (_, plan) = opened.plan()?;
    let mut changes: Vec<Change> = Vec::new();
    for row in rows {
        let Some(size) = &row.size else {
            continue;
        };
        let retry = retry_of(row.task, &plan);
        let by_type = changes_of(row.task, size, retry, true);
        // Other settings in argo.yml may override the machine type; a task's own amounts override those.
        let options = [by_type, changes_of(row.task, size, retry, false)];
        match options.into_iter().find(|it| comes_true(row.task, size, it, opened)) {
            Some(change) => changes.extend(change),
            None => printer.important(&format!(
                "the size of {} is left out: what the code or argo.yml says of its nodes wins over it",
                row.task.name
            )),
        }
    }
    if changes.is_empty() {
        printer.say("argo.yml stays as it is: there is nothing to change");
        return Ok(Exit::Success);
    }
    // Prefer the file that has `nodes`, since it alone counts; else take the environment's file.
    let with_nodes = config
        .places
        .value(&["nodes"])
        .map(|(file, _)| file.to_owned());
    let Some(file) = with_nodes.or_else(|| opened.snapshot.argo_files.last().cloned()) else {
        show_to_paste(&changes, arguments.output, printer);
        return Err(
            CommandError::new("the project has no argo.yml to write these sizes into")
                .hint("to add one: {program} init"),
        );
    };
    let path = opened.root.join(&file);
    let old = fs_err::read_to_string(&path)?;
    let new = changes
        .iter()
        .try_fold(old.clone(), |text, (selector, keys)| {
            set_of_nodes(&text, selector, keys)
        });
    let Some(new) = new else {
        show_to_paste(&changes, arguments.output, printer);
        return Err(CommandError::new(format!(
            "cannot change {file}: `nodes` is written in a way that this command does not edit"
        ))
        .hint("put the lines above below `nodes` yourself"));
    };
    if new == old {
        printer.say("argo.yml stays as it is: there is nothing to change");
        return Ok(Exit::Success);
    }
    printer.say(&unified(&old, &new, &file, &file));
    if arguments.dry_run {
        printer.say(&format!("{file} stays as it is: this is a dry run"));
        return Ok(Exit::Success);
    }
    if !arguments.yes {
        if !is_somebody_there() {
            return Err(CommandError::new(
                "`sizes --write` cannot ask: its standard input is not a terminal",
            )
            .hint("to write without a question: {program} sizes --write --yes"));
        }
        if !ask(&format!("Write {file}?"), false).await? {
            return Err(CommandError::interrupted());
        }
    }
    write_whole(&path, &new)?;
    printer.say(&format!("{file} is written"));
    Ok(Exit::Success)
}

/// Shows the lines to put into argo.yml, as a message if a program reads standard output.
fn show_to_paste(changes: &[Change], output: SizesOutput, printer: Printer) {
    let text = to_paste(changes);
    match output {
        SizesOutput::Json | SizesOutput::Name => printer.important(&text),
        SizesOutput::Table | SizesOutput::Wide => printer.data(&text),
    }
}

fn write_whole(path: &Path, text: &str) -> std::result::Result<(), CommandError> {
    whole_file::replace(path, text)
}

/// Gives the settings in `argo.yml` for a task: for its group, or for each of its nodes.
fn changes_of(task: &Task, size: &Size, retry: Option<&Retry>, by_type: bool) -> Vec<Change> {
    let mut keys: Vec<(String, Value)> = Vec::new();
    if let Some(name) = size.machine_type.as_ref().filter(|_| by_type) {
        keys.push(("machine_type".to_owned(), name.as_str().into()));
    } else {
        if size.memory != task.machine.memory || size.machine_type.is_some() {
            keys.push(("mem".to_owned(), memory(size.memory.bytes())));
        }
        if size.cpu != task.machine.cpu || size.machine_type.is_some() {
            keys.push(("cpu".to_owned(), cores(size.cpu.millicores())));
        }
    }
    if let Some(growing) = size.growing {
        let mut retry = retry.cloned().unwrap_or_default();
        retry.limit = retry.limit.max(growing.limit);
        retry.memory = Some(RetryMemory {
            factor: f64::from(growing.factor),
            max: Some(growing.max),
        });
        keys.push((
            "retry".to_owned(),
            written_retry(&retry, growing.factor, growing.max.bytes()),
        ));
    }
    let selectors = match &task.group {
        Some(group) => vec![format!("group:{group}")],
        None => task.nodes.clone(),
    };
    selectors
        .into_iter()
        .map(|selector| (selector, keys.clone()))
        .collect()
}

fn written_retry(retry: &Retry, factor: u32, max: u64) -> Value {
    let mut written = Map::new();
    written.insert("limit".to_owned(), retry.limit.into());
    if retry.on != Retry::default().on {
        written.insert("on".to_owned(), json!(retry.on));
    }
    if let Some(backoff) = &retry.backoff {
        written.insert("backoff".to_owned(), json!(backoff));
    }
    written.insert(
        "memory".to_owned(),
        json!({"factor": factor, "max": memory(max)}),
    );
    written.into()
}

/// Amount of memory in a short form: GiB if that is a short number from 1 on, else MiB.
fn memory(bytes: u64) -> Value {
    const QUARTER: u64 = 1 << 28;
    if bytes.is_multiple_of(4 * QUARTER) {
        return (bytes / (4 * QUARTER)).into();
    }
    if bytes > 4 * QUARTER && bytes.is_multiple_of(QUARTER) {
        #[expect(clippy::cast_precision_loss, reason = "quarters of a GiB")]
        let quarters = (bytes / QUARTER) as f64;
        return (quarters / 4.0).into();
    }
    project::config::Memory::of_bytes(bytes).to_string().into()
}

fn cores(millicores: u64) -> Value {
    if millicores.is_multiple_of(1000) {
        return (millicores / 1000).into();
    }
    #[expect(clippy::cast_precision_loss, reason = "cores of a machine")]
    let cores = millicores as f64 / 1000.0;
    cores.into()
}

/// Says whether a task asks for the size once `argo.yml` has the changes.
fn comes_true(task: &Task, size: &Size, changes: &[Change], opened: &Opened) -> bool {
    let planned = with(&opened.snapshot, changes);
    let tasks = planned.as_ref().map(tasks_of).unwrap_or_default();
    let same = tasks.into_iter().find(|known| known.name == task.name);
    same.is_some_and(|task| task.machine.cpu == size.cpu && task.machine.memory == size.memory)
}

fn with(snapshot: &Snapshot, changes: &[Change]) -> Option<Plan> {
    let mut merged = snapshot.argo.clone().unwrap_or_else(|| json!({}));
    for (selector, keys) in changes {
        for (key, value) in keys {
            let mut place = &mut merged;
            for part in ["nodes", selector] {
                let below = place.as_object_mut()?.entry(part).or_insert(Value::Null);
                if below.is_null() {
                    *below = json!({});
                }
                place = below;
            }
            place.as_object_mut()?.insert(key.clone(), value.clone());
        }
    }
    let no_files: &[ConfigFile] = &[];
    let config = check(&merged, no_files).ok()?;
    plan::plan(snapshot, &config).ok()
}

/// Writes the lines that the user can put into the file.
fn to_paste(changes: &[Change]) -> String {
    let text = changes
        .iter()
        .try_fold(String::new(), |text, (selector, keys)| {
            set_of_nodes(&text, selector, keys)
        });
    text.unwrap_or_else(|| json!(changes).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_less_than_a_gib_is_written_in_mib_alone() {
        for (mib, written) in [
            (256, json!("256Mi")),
            (320, json!("320Mi")),
            (512, json!("512Mi")),
            (1024, json!(1)),
            (1280, json!(1.25)),
            (1344, json!("1344Mi")),
            (2560, json!(2.5)),
        ] {
            assert_eq!(memory(mib << 20), written);
        }
    }
}
