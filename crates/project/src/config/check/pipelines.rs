//! Names of pipelines in `argo.yml`.

use diagnostic::{Diagnostic, did_you_mean};

use super::super::argo_config::ArgoConfig;

/// Finds pipelines that `argo.yml` names and that the project does not register.
pub fn check_pipelines(config: &ArgoConfig, registered: &[String]) -> Vec<Diagnostic> {
    let of_schedules = config.schedules.iter().filter_map(|(name, schedule)| {
        let pipeline = schedule.pipeline.as_ref()?;
        let who = format!("the schedule `{name}`");
        Some((pipeline, who, vec!["schedules", name.as_str(), "pipeline"]))
    });
    let on_exit = config.on_exit.iter().filter_map(|on_exit| {
        let pipeline = on_exit.pipeline.as_ref()?;
        Some((
            pipeline,
            "`on_exit`".to_owned(),
            vec!["on_exit", "pipeline"],
        ))
    });
    let named = of_schedules.chain(on_exit);
    let unknown = named.filter(|(pipeline, ..)| !registered.contains(pipeline));
    unknown
        .map(|(pipeline, who, path)| {
            let known = || registered.iter().map(String::as_str);
            let message = format!(
                "{who} runs the pipeline `{pipeline}`, but the project does not register it"
            );
            Diagnostic::error("unknown-pipeline", message)
                .at(config.places.of(&path))
                .help(did_you_mean(pipeline, known()).unwrap_or_else(|| {
                    format!(
                        "the project registers: {}",
                        known().collect::<Vec<_>>().join(", ")
                    )
                }))
        })
        .collect()
}
