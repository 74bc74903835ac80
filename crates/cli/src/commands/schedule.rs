use clap::{Args, Subcommand, ValueEnum};
use cluster::{Cluster, Object, Scheduled};
use diagnostic::did_you_mean;
use jiff::Timestamp;
use serde_json::json;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::remote::connection::Connection;
use crate::remote::follow::{Following, follow, summarise};
use crate::remote::submission::{Announced, SubmissionId};
use crate::render::json::to_json;
use crate::render::schedules;
use crate::settings::Settings;
use crate::spine::Linted;
use crate::terminal::reporter::View;

/// Show and change the schedules on a cluster
///
/// To create schedules, use `deploy --kind cronworkflow`.
#[derive(Debug, Args)]
pub(crate) struct ScheduleArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(ListArguments),
    Suspend(Which),
    Resume(WhichResumed),
    Delete(WhichDeleted),
    Trigger(TriggerArguments),
}

/// List the schedules, with their last runs
#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    connection: Connection,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: ScheduleOutput,
}

/// Suspend a schedule: it starts no more runs
#[derive(Debug, Args)]
struct Which {
    /// Name of the `CronWorkflow`, the beginning of its name, or the name of the schedule in
    /// argo.yml; `delete` needs the whole name
    name: String,

    #[command(flatten)]
    connection: Connection,
}

/// Resume a suspended schedule: it starts runs again
#[derive(Debug, Args)]
struct WhichResumed {
    #[command(flatten)]
    which: Which,
}

/// Delete a schedule and its runs from the cluster
#[derive(Debug, Args)]
struct WhichDeleted {
    #[command(flatten)]
    which: Which,
}

/// Start a run of a schedule now
#[derive(Debug, Args)]
struct TriggerArguments {
    #[command(flatten)]
    which: Which,

    /// Show progress until the run ends; the exit code is 1 if it failed
    #[arg(long)]
    watch: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ScheduleOutput {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// Only the names
    Name,
}

pub(crate) async fn run(arguments: &ScheduleArguments, settings: &Settings) -> Result {
    match &arguments.action {
        Action::List(arguments) => list(arguments, settings).await,
        Action::Suspend(which) => set_suspended(which, true, settings).await,
        Action::Resume(arguments) => set_suspended(&arguments.which, false, settings).await,
        Action::Delete(arguments) => delete(&arguments.which, settings).await,
        Action::Trigger(arguments) => trigger(arguments, settings).await,
    }
}

async fn list(arguments: &ListArguments, settings: &Settings) -> Result {
    let cluster = cluster(&arguments.connection, settings).await?;
    let found = cluster.schedules().await?;
    let printer = settings.printer;
    match arguments.output {
        ScheduleOutput::Name => found
            .iter()
            .for_each(|schedule| printer.data(&schedule.name)),
        ScheduleOutput::Json => {
            let rows: Vec<serde_json::Value> = found.iter().map(row).collect();
            printer.document(&to_json(&rows)?);
        }
        ScheduleOutput::Table if found.is_empty() => printer.say(&format!(
            "argo-kedro has no schedules in the namespace `{}`. To create one: {} deploy --kind cronworkflow",
            cluster.namespace, settings.program
        )),
        ScheduleOutput::Table => {
            printer.data(&schedules::table(&found, Timestamp::now(), printer.width()));
        }
    }
    Ok(Exit::Success)
}

fn row(schedule: &Scheduled) -> serde_json::Value {
    let last = schedule
        .last
        .as_ref()
        .map(|(at, name, phase)| json!({"name": name, "created": at, "phase": phase.as_str()}));
    json!({
        "name": schedule.name,
        "schedules": schedule.schedules,
        "timezone": schedule.timezone,
        "suspended": schedule.suspended,
        "last": last,
    })
}

async fn set_suspended(which: &Which, suspended: bool, settings: &Settings) -> Result {
    let (cluster, schedule) = which.find(settings).await?;
    let name = &schedule.name;
    cluster.suspend_schedule(name, suspended).await?;
    settings.printer.say(&if suspended {
        format!(
            "{name} starts no more runs. To resume it: {} schedule resume {name}",
            settings.program
        )
    } else {
        format!("{name} starts runs again")
    });
    Ok(Exit::Success)
}

async fn delete(which: &Which, settings: &Settings) -> Result {
    let (cluster, schedule) = which.find(settings).await?;
    if schedule.name != which.name {
        return Err(CommandError::new(format!(
            "`{}` is not the whole name of a schedule; `delete` needs the whole name",
            which.name
        ))
        .hint(format!("did you mean `{}`?", schedule.name)));
    }
    let uid = schedule.object["metadata"]["uid"].as_str();
    cluster
        .delete(Object::CronWorkflow, &schedule.name, uid)
        .await?;
    settings.printer.say(&format!(
        "deleted {} and its runs; their records stay",
        schedule.name
    ));
    Ok(Exit::Success)
}

async fn trigger(arguments: &TriggerArguments, settings: &Settings) -> Result {
    let (cluster, schedule) = arguments.which.find(settings).await?;
    let mut workflow = cluster::run_of(&schedule.object, Timestamp::now());
    let id = SubmissionId::new();
    id.mark(&mut workflow);
    // Findings that the schedule had already do not count: a cluster runs it all the same.
    let linted = Linted::of_document(schedule.object.clone()).changed(workflow)?;
    let announced = Announced::new(&cluster, linted, id, settings)?;
    let created = announced.create(|error, _| error.into()).await?;
    let mut run = announced.adopt(&created.object)?;
    settings.printer.data(&created.name);
    if !arguments.watch {
        settings.printer.say(&format!(
            "to watch it: {} watch {}",
            settings.program, created.name
        ));
        return Ok(Exit::Success);
    }
    let how = Following {
        view: View::Progress { logs: false },
        logs: false,
    };
    let exit = follow(&mut run, how, settings).await?;
    if exit != Exit::Interrupted {
        summarise(&run, settings).await;
    }
    Ok(exit)
}

async fn cluster(
    connection: &Connection,
    settings: &Settings,
) -> std::result::Result<Cluster, CommandError> {
    let cluster = connection.cluster(None).await?;
    settings.printer.say(&format!(
        "{} in {}",
        cluster.namespace,
        cluster.context.as_deref().unwrap_or(&cluster.server)
    ));
    Ok(cluster)
}

impl Which {
    /// Finds the one argo-kedro schedule that the words mean.
    async fn find(
        &self,
        settings: &Settings,
    ) -> std::result::Result<(Cluster, Scheduled), CommandError> {
        let cluster = cluster(&self.connection, settings).await?;
        let mut all = cluster.schedules().await?;
        let names: Vec<String> = all.iter().map(|schedule| schedule.name.clone()).collect();
        let wanted = self.name.as_str();
        let found = named(&all, wanted);
        match found.as_slice() {
            [name] => {
                all.retain(|schedule| schedule.name == *name);
                let schedule = all.pop();
                schedule
                    .map(|schedule| (cluster, schedule))
                    .ok_or_else(|| CommandError::new("the schedule no longer exists"))
            }
            [] => Err(CommandError::new(format!(
                "argo-kedro has no schedule `{wanted}` in the namespace `{}`",
                cluster.namespace
            ))
            .hint(
                did_you_mean(wanted, names.iter().map(String::as_str))
                    .unwrap_or_else(|| "to see its schedules: {program} schedule list".to_owned()),
            )),
            several => Err(CommandError::new(format!(
                "`{wanted}` is the beginning of several names: {}",
                several
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ))),
        }
    }
}

/// Schedules that a word means: the one with this name, or those with this name in argo.yml, or
/// those whose names begin with the word.
fn named(all: &[Scheduled], word: &str) -> Vec<String> {
    let is_called: [&dyn Fn(&Scheduled) -> bool; 3] = [
        &|schedule| schedule.name == word,
        &|schedule| schedule.object["metadata"]["annotations"][marks::SCHEDULE] == word,
        &|schedule| schedule.name.starts_with(word),
    ];
    let found = is_called.iter().map(|is_called| {
        let found = all.iter().filter(|schedule| is_called(schedule));
        found.map(|schedule| schedule.name.clone()).collect()
    });
    let mut found = found.filter(|names: &Vec<String>| !names.is_empty());
    found.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_found_by_its_name_by_that_in_argo_yml_and_by_a_beginning() {
        let schedule = |name: &str, entry: &str| Scheduled {
            name: name.to_owned(),
            schedules: Vec::new(),
            timezone: None,
            suspended: false,
            last: None,
            object: json!({"metadata": {"annotations": {"argo-kedro/schedule": entry}}}),
        };
        let all = [
            schedule("shop-nightly", "nightly"),
            schedule("shop-nightly-full", "full"),
            schedule("other-nightly", "nightly"),
        ];
        assert_eq!(named(&all, "shop-nightly"), ["shop-nightly"]);
        assert_eq!(named(&all, "full"), ["shop-nightly-full"]);
        assert_eq!(named(&all, "nightly"), ["shop-nightly", "other-nightly"]);
        assert_eq!(named(&all, "shop"), ["shop-nightly", "shop-nightly-full"]);
        assert!(named(&all, "weekly").is_empty());
    }
}
