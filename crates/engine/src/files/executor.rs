//! Argo's executor: where it puts the script, and how it reads texts of a template.

use crate::expand::expand;

/// Path of the script in a pod (`workflow/common/common.go`).
pub(super) const SCRIPT: &str = "/argo/staging/script";

/// A text of the template as the executor reads it: the template comes to it in a variable, in which Kubernetes replaces
/// `$(NAME)` and `$$`.
pub(super) fn of_executor(text: &str) -> String {
    expand(text, |name| {
        (name == "ARGO_CONTAINER_NAME").then(|| "init".to_owned())
    })
}
