//! The manifests of a project by kind: one, or one for each schedule of `argo.yml`.

use clap::Args;
use compile::{Cron, ManifestKind, Options};
use diagnostic::Diagnostic;
use project::Request;
use project::config::ArgoConfig;

use crate::error::CommandError;
use crate::flags::selection::Selection;
use crate::image::of_pods::PodImage;
use crate::spine::opened::{Destination, Opened, PlannedManifest};

/// Times at which a `CronWorkflow` runs, as typed.
#[derive(Debug, Args)]
pub(crate) struct Clock {
    /// Cron expression of a `CronWorkflow`; can be given again [default: the `schedules` of
    /// argo.yml]
    #[arg(long, value_name = "CRON")]
    pub(crate) schedule: Vec<String>,

    /// Time zone of the expressions typed, e.g. Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "schedule")]
    pub(crate) timezone: Option<String>,
}

impl Clock {
    /// Typed schedule, if there is one.
    fn typed(&self) -> Option<ManifestKind> {
        (!self.schedule.is_empty()).then(|| {
            ManifestKind::CronWorkflow(Box::new(Cron {
                schedules: self.schedule.clone(),
                timezone: self.timezone.clone(),
                ..Cron::default()
            }))
        })
    }
}

/// Gives the findings about an image and about all manifests that run it, each once.
pub(crate) fn findings(of_image: Vec<Diagnostic>, all: &[PlannedManifest]) -> Vec<Diagnostic> {
    let mut findings = of_image;
    for finding in all.iter().flat_map(|lowered| lowered.linted().findings()) {
        if !findings.contains(finding) {
            findings.push(finding.clone());
        }
    }
    findings
}

/// All manifests as YAML, one document after another.
pub(crate) fn text(all: &[PlannedManifest]) -> Result<String, CommandError> {
    let texts = all.iter().map(|lowered| lowered.linted().text());
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join("---\n"))
}

/// Manifest of the project that was read.
pub(crate) fn one(
    opened: &Opened,
    options: &Options,
    image: Option<&PodImage<'_>>,
) -> Result<(ArgoConfig, PlannedManifest), CommandError> {
    let (config, plan) = opened.plan()?;
    let lowered = opened.lower(&plan, &config, options, Destination::Cluster(image));
    Ok((config, lowered))
}

/// `CronWorkflow` of the typed schedule, else one for each schedule of `argo.yml`, which reads its
/// own pipeline with its own parameters.
pub(crate) async fn by_the_clock(
    opened: &mut Opened,
    selection: &Selection,
    clock: &Clock,
    options: &Options,
    image: Option<&PodImage<'_>>,
) -> Result<(ArgoConfig, Vec<PlannedManifest>), CommandError> {
    let request = selection.request(&opened.root);
    if let Some(kind) = clock.typed() {
        if opened.snapshot.nodes.is_empty() {
            opened.reread(&request).await?;
        }
        let options = Options {
            kind,
            ..options.clone()
        };
        let (config, lowered) = one(opened, &options, image)?;
        return Ok((config, vec![lowered]));
    }
    let config = opened.config()?.map_err(CommandError::findings)?;
    if config.schedules.is_empty() {
        return Err(CommandError::new("argo.yml has no schedule")
            .hint("add one to `schedules` in argo.yml, or use: --schedule \"0 3 * * *\""));
    }
    let mut all = Vec::new();
    let mut pipelines: Vec<String> = Vec::new();
    for (name, schedule) in &config.schedules {
        let request = Request {
            configured_params: schedule.params.clone(),
            pipelines: match &schedule.pipeline {
                Some(pipeline) => vec![pipeline.clone()],
                None => request.pipelines.clone(),
            },
            ..request.clone()
        };
        for pipeline in &request.pipelines {
            if !pipelines.contains(pipeline) {
                pipelines.push(pipeline.clone());
            }
        }
        opened
            .reread(&request)
            .await
            .map_err(|error| error.hint(format!("the schedule `{name}` runs it")))?;
        let options = Options {
            kind: ManifestKind::CronWorkflow(Box::new(Cron::of(name, schedule))),
            ..options.clone()
        };
        let (_, lowered) = one(opened, &options, image).map_err(|mut error| {
            for finding in &mut error.findings {
                finding.message = format!("schedule `{name}`: {}", finding.message);
            }
            error
        })?;
        all.push(lowered);
    }
    // The findings are about all of these pipelines.
    opened.reads_again_by(&Selection {
        pipelines,
        ..selection.clone()
    });
    Ok((config, all))
}
