//! Argo's executor: the path of the script, and the texts of a template as the executor reads them.

use crate::expand::expand;

/// Path of the script in a pod (`workflow/common/common.go`).
pub(super) const SCRIPT: &str = "/argo/staging/script";

/// Text of the template as the executor reads it: Argo passes the template in a variable, in which Kubernetes replaces
/// `$(NAME)` and `$$`.
pub(super) fn of_executor(text: &str) -> String {
    expand(text, |name| {
        (name == "ARGO_CONTAINER_NAME").then(|| "init".to_owned())
    })
}
