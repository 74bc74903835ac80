//! Custom templates that run before the pipeline.

use project::config::CustomTemplate;

use super::context::Context;

/// Names of the output parameters of the init templates.
pub(super) fn outputs<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a str> {
    configured(context)
        .flat_map(CustomTemplate::output_parameters)
        .map(|parameter| parameter.name.as_str())
}

/// Init templates, in the order of argo.yml.
pub(super) fn configured<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a CustomTemplate> {
    let template = &context.config.template;
    template.init_templates.iter().filter_map(|name| {
        template
            .templates
            .iter()
            .find(|custom| custom.name == *name)
    })
}
