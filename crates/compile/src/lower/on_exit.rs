//! The exit handler, which runs after the workflow.

use plan::Plan;
use project::config::ExitContainer;

use super::classes::Classes;
use super::context::{Context, Part};
use super::template_names::ON_EXIT;
use super::{container, custom, dag, environment, settings};
use argo::spec::{AnyString, Container, EnvVar, Resources, Template};

/// Name of the exit handler, and its template if that must be added.
pub(super) fn handler(
    plan: &Plan,
    classes: &Classes<'_>,
    context: &Context<'_>,
) -> Option<(String, Option<Template>)> {
    let configured = context.config.on_exit.as_ref()?;
    if let Some(name) = &configured.template {
        let init = &context.config.template.init_templates;
        let template = if init.contains(name) {
            None
        } else {
            custom::exit_template(name, context)
        };
        return Some((name.clone(), template));
    }
    if let Some(configured) = &configured.container {
        let template = Template {
            name: ON_EXIT.to_owned(),
            container: Some(exit_container(configured, context)),
            ..Template::default()
        };
        return Some((ON_EXIT.to_owned(), Some(template)));
    }
    let exit = plan.on_exit.as_ref()?;
    let tasks = dag::tasks(exit, classes, &[], Part::OnExit);
    let template = dag::template(ON_EXIT, tasks);
    Some((ON_EXIT.to_owned(), Some(template)))
}

fn exit_container(configured: &ExitContainer, context: &Context<'_>) -> Container {
    let amounts = configured.resources.iter();
    let amounts: indexmap::IndexMap<String, AnyString> = amounts
        .map(|(name, amount)| (name.clone(), AnyString(amount.0.clone())))
        .collect();
    let first = vec![
        environment::workflow_id(),
        EnvVar::new("WORKFLOW_NAME", "{{workflow.name}}"),
        environment::status(),
    ];
    let mut variables = environment::beside_pipeline(first, context);
    environment::extend(&mut variables, &configured.environment);
    let every = settings::of_every_node(context);
    let image = configured.image.clone();
    Container {
        env: variables,
        resources: (!amounts.is_empty()).then(|| Resources {
            requests: amounts.clone(),
            limits: amounts,
            ..Resources::default()
        }),
        ..container::plain(
            image.unwrap_or_else(|| container::image(context)),
            configured.command.clone(),
            configured.args.clone(),
            every,
        )
    }
}
