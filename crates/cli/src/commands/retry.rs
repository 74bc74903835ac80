use clap::Args;
use runs::Phase;

use super::Result;
use super::run::{How, Start, go, isolation, resolve};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::words;
use crate::selection::Selection;
use crate::settings::Settings;
use crate::spine;
use crate::store::Store;

/// Go on with a run: what failed and what did not run
///
/// Finished tasks are not run again; their data is still there. The run keeps its name
/// and its manifest.
#[derive(Debug, Args)]
pub(crate) struct RetryArguments {
    /// The run: its name, a unique beginning of it, or @latest
    #[arg(default_value = "@latest")]
    run: String,

    #[command(flatten)]
    how: How,
}

pub(crate) async fn run(arguments: &RetryArguments, settings: &Settings) -> Result {
    let root = settings.project()?;
    Store::open(settings)?.select(&arguments.run)?;
    let store = Store::create(settings, &root)?;
    let (record, state) = store.select(&arguments.run)?;
    let lock = store.lock(&record.name)?;
    if state.phase == Phase::Succeeded {
        settings.printer.say(&format!(
            "run {} succeeded; there is nothing to go on with",
            record.name
        ));
        return Ok(Exit::Success);
    }
    let manifest = workflow::from_yaml(&record.manifest)?;
    let resolved = resolve(&manifest, &record.name, &record.uid)?;
    for note in &resolved.notes {
        settings.printer.say(note);
    }
    let selection = Selection {
        env: Some(record.environment.clone()),
        pipelines: vec![record.pipeline.clone()],
        ..Selection::default()
    };
    let mut opened = spine::open(settings, &selection).await?;
    let known: Vec<&str> = opened
        .snapshot
        .nodes
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    for unit in &resolved.units {
        if let Some(gone) = unit
            .nodes
            .iter()
            .find(|node| !known.contains(&node.as_str()))
        {
            return Err(CommandError::new(format!(
                "run `{}` needs the node `{gone}`, which the project no longer has",
                record.name
            ))
            .hint(format!("start a new run: {} run", settings.program)));
        }
    }
    settings.printer.say(&format!(
        "run {} · {} to go",
        record.name,
        words::count(resolved.units.len() - state.count(Phase::Succeeded), "task")
    ));
    let can_fork = isolation(&arguments.how, &mut opened.worker, settings).await?;
    let start = Start {
        store: &store,
        record: &record,
        lock,
        resolved,
        state,
    };
    let isolation = can_fork.with(opened.worker);
    let ended = go(
        start,
        isolation,
        &opened.root,
        &opened.interpreter,
        &arguments.how,
        settings,
    )
    .await?;
    Ok(ended.exit)
}
