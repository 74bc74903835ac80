use super::parameters::Arguments;
use super::record::record;
use super::template_ref::TemplateRef;

record! {
    /// A template that runs when something happens.
    pub struct LifecycleHook {
        /// Name of the template.
        pub template: String = "template",
        /// Values for its inputs.
        pub arguments: Arguments = "arguments",
        /// Template of another document.
        pub template_ref: Option<TemplateRef> = "templateRef",
        /// Expression that decides when it runs.
        pub expression: String = "expression",
    }
}
