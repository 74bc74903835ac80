use clap::Args;
use diagnostic::did_you_mean;
use jiff::Timestamp;
use project::MadeWith;
use runs::{RunRecord, RunState, Written};
use serde_json::json;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::output::TextOrJson;
use crate::local::written;
use crate::record::store::Store;
use crate::remote::connection::Connection;
use crate::render::json::to_json;
use crate::render::{numbers, results as render, runs::nodes};
use crate::run::data::{self, Data, HowMuch};
use crate::run::known::known_run;
use crate::settings::Settings;

/// Largest dataset, in bytes, that is loaded without a request for it.
const MOST: u64 = 10 << 20;

/// Show what a run made: paths, sizes and small values; or compare the numbers of two runs
///
/// Kedro loads the values through the catalog of the project, as the run had it: with its environment, its runtime
/// parameters and its versions.
#[derive(Debug, Args)]
pub(crate) struct ResultsArguments {
    /// The run: its name, the beginning of its name, or @latest
    #[arg(default_value = runs::LATEST)]
    run: String,

    /// Datasets to show, or another run to compare with, and then datasets [default: all datasets]
    #[arg(value_name = "RUN or DATASET")]
    words: Vec<String>,

    #[command(flatten)]
    connection: Connection,

    /// Most rows to show of a table
    #[arg(long, value_name = "ROWS", default_value_t = 5)]
    rows: u32,

    /// Also load datasets of more than 10 MiB, pictures and models
    #[arg(long)]
    load: bool,

    /// Load nothing: show only where the data is
    #[arg(long, conflicts_with_all = ["load", "rows"])]
    no_load: bool,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: TextOrJson,
}

/// A run, and what it has written.
struct Maker {
    record: RunRecord,
    state: RunState,
    written: Vec<Written>,
    made_with: MadeWith,
}

pub(crate) async fn run(arguments: &ResultsArguments, settings: &Settings) -> Result {
    let made = find(&arguments.run, arguments, settings).await;
    let mut made = made.map_err(|error| with_dataset_of_latest(error, arguments, settings))?;
    let (other, names) = match arguments.words.split_first() {
        Some((first, rest)) if !made.has(first) => {
            let other = find(first, arguments, settings).await;
            let other = other.map_err(|error| made.no_dataset(first, Some(&error)))?;
            (Some(other), rest)
        }
        _ => (None, &arguments.words[..]),
    };
    match other {
        None => {
            made.keep(names)?;
            let data = made.load(arguments, settings).await?;
            show(&made, &data, !names.is_empty(), arguments, settings)
        }
        Some(other) => compare([made, other], names, arguments, settings).await,
    }
}

async fn find(
    word: &str,
    arguments: &ResultsArguments,
    settings: &Settings,
) -> std::result::Result<Maker, CommandError> {
    let mut known = known_run(word, &arguments.connection, false, settings).await?;
    let store = Store::open_anywhere(settings)?;
    let (written, _) = Written::parted(known.all_written(&store, settings.printer)?);
    Ok(Maker {
        written,
        made_with: data::made_with(&known.record, &store)?,
        record: known.record,
        state: known.state,
    })
}

/// Extends an error if the word for a run names a dataset of the latest run.
fn with_dataset_of_latest(
    error: CommandError,
    arguments: &ResultsArguments,
    settings: &Settings,
) -> CommandError {
    let written = Store::open_anywhere(settings).and_then(|store| {
        let (record, _) = store.select(runs::LATEST)?;
        match record.cluster {
            None => written::all_here(&store, &record.name, settings.printer),
            Some(_) => Ok(store.history()?.written(&record.name)?),
        }
    });
    let word = &arguments.run;
    match written {
        Ok(written) if written.iter().any(|written| written.dataset == *word) => {
            error.hint(format!(
                "`{word}` is a dataset of the latest run: {} results {} {word}",
                settings.program,
                runs::LATEST
            ))
        }
        _ => error,
    }
}

impl Maker {
    fn has(&self, dataset: &str) -> bool {
        let mut all = self.written.iter();
        all.any(|written| written.dataset == dataset)
    }

    /// Keeps the named datasets, in this order; without names, all.
    fn keep(&mut self, names: &[String]) -> std::result::Result<(), CommandError> {
        if names.is_empty() {
            return Ok(());
        }
        let mut kept = Vec::new();
        for name in names {
            let found = self
                .written
                .iter()
                .find(|written| written.dataset == *name)
                .ok_or_else(|| self.no_dataset(name, None))?;
            kept.push(found.clone());
        }
        self.written = kept;
        Ok(())
    }

    /// Error for a missing dataset; `as_run` says why no run has that name either.
    fn no_dataset(&self, name: &str, as_run: Option<&CommandError>) -> CommandError {
        let or_run = as_run
            .map(|error| format!(" ({})", error.message()))
            .unwrap_or_default();
        let error = CommandError::new(format!(
            "run `{}` has written no dataset `{name}` that has a path{or_run}",
            self.record.name
        ))
        .of_kind("unknown_dataset");
        let names = self.written.iter().map(|written| &*written.dataset);
        match did_you_mean(name, names) {
            Some(hint) => error.hint(hint),
            None => error.hint(format!(
                "to see what it has written: {{program}} results {}",
                self.record.name
            )),
        }
    }

    async fn load(
        &self,
        arguments: &ResultsArguments,
        settings: &Settings,
    ) -> std::result::Result<Vec<Data>, CommandError> {
        let written = self.written.clone();
        if arguments.no_load {
            return Ok(data::unloaded(written));
        }
        let how_much = HowMuch {
            rows: arguments.rows,
            most: (!arguments.load).then_some(MOST),
        };
        data::load(written, &self.state, &self.made_with, how_much, settings).await
    }

    /// Report for programs. `project`, `nodes` and `unchanged_until` are for Python, which loads data itself.
    fn to_json(
        &self,
        data: &[Data],
        settings: &Settings,
    ) -> std::result::Result<serde_json::Value, CommandError> {
        Ok(json!({
            "run": self.record,
            "phase": self.state.phase,
            "project": settings.project_if_any()?,
            "nodes": nodes(&self.state, Timestamp::now()),
            "unchanged_until": data::unchanged_until(&self.state),
            "made_with": self.made_with,
            "results": data,
        }))
    }
}

fn show(
    made: &Maker,
    data: &[Data],
    is_named: bool,
    arguments: &ResultsArguments,
    settings: &Settings,
) -> Result {
    let printer = settings.printer;
    if arguments.output == TextOrJson::Json {
        printer.document(&to_json(&made.to_json(data, settings)?)?);
        return Ok(Exit::Success);
    }
    if data.is_empty() {
        printer.say(&render::nothing(&made.record.name, &made.state));
        return Ok(Exit::Success);
    }
    printer.data(&render::results(data, is_named, printer.width()));
    if data.iter().any(|data| data.loaded.is_large) {
        printer.say(&format!(
            "\nto load large data as well: {} results {} DATASET --load",
            settings.program, made.record.name
        ));
    }
    Ok(Exit::Success)
}

async fn compare(
    mut both: [Maker; 2],
    names: &[String],
    arguments: &ResultsArguments,
    settings: &Settings,
) -> Result {
    if arguments.no_load {
        return Err(CommandError::new(
            "two runs are compared by their values, so --no-load does not go with them",
        ));
    }
    for name in names {
        if !both.iter().any(|made| made.has(name)) {
            return Err(both[0].no_dataset(name, None));
        }
    }
    for made in &mut both {
        made.written
            .retain(|written| names.is_empty() || names.contains(&written.dataset));
    }
    let [one, other] = &both;
    let data = [
        one.load(arguments, settings).await?,
        other.load(arguments, settings).await?,
    ];
    let compared = numbers::compare(&data);
    let printer = settings.printer;
    if arguments.output == TextOrJson::Json {
        let document = json!({
            "runs": [one.to_json(&data[0], settings)?, other.to_json(&data[1], settings)?],
            "numbers": compared,
        });
        printer.document(&to_json(&document)?);
        return Ok(Exit::Success);
    }
    let runs = [&*one.record.name, &*other.record.name];
    if compared.is_empty() {
        printer.say("neither run has numbers in small datasets that can be loaded");
    } else {
        printer.data(&numbers::table(&compared, runs, printer.width()));
    }
    if let Some(text) = numbers::notes(&data, runs) {
        printer.important(&text);
    }
    Ok(Exit::Success)
}
