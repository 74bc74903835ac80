use super::parameters::Arguments;
use super::record::record;
use super::template_ref::TemplateRef;

record! {
    /// A template that runs on an event.
    pub struct LifecycleHook {
        /// Name of the template.
        pub template: String = "template",
        /// Values for its inputs.
        pub arguments: Arguments = "arguments",
        /// Reference to a template of another document.
        pub template_ref: Option<TemplateRef> = "templateRef",
        /// Expression that decides when the template runs.
        pub expression: String = "expression",
    }
}
