//! Messages of the controller about failed tasks.

use crate::Cause;

/// Rewrites a message of the controller into what happened. For a deleted pod, the controller has only the exit code of
/// its container, or `pod deleted` if that is unknown (`workflow/controller/operator.go:1341` of Argo Workflows 4.1.2).
pub fn plain_message(message: &str) -> String {
    const GONE: &str = "Error (exit code 143)";
    // Message of the executor about a missing file of an output (`workflow/executor/executor.go:738`).
    const NO_FILE: &str = "open /var/run/argo/outputs/parameters";
    if message == "pod deleted" {
        return "the pod was deleted or preempted".to_owned();
    }
    if let Some((_, path)) = message.split_once(NO_FILE)
        && let Some(path) = path.strip_suffix(": no such file or directory")
    {
        return format!("the task did not write its output file {path}");
    }
    let bare = message.split_once(": ").map_or(message, |(_, bare)| bare);
    if bare == GONE || message == GONE {
        return "the pod was deleted or preempted (exit code 143)".to_owned();
    }
    message.to_owned()
}

/// Says whether the image caused the failure of a task, so that a retry, which runs the same image, fails as well: code
/// that cannot be imported, or a missing program.
pub fn is_of_the_image(message: Option<&str>, cause: Option<&Cause>) -> bool {
    /// Classes of exceptions that only different code or packages fix.
    const OF_CODE: [&str; 6] = [
        "ImportError",
        "ModuleNotFoundError",
        "SyntaxError",
        "IndentationError",
        "TabError",
        "NameError",
    ];
    /// Messages of Python, Kedro and Argo's executor about parts that an image lacks.
    const NOT_THERE: [&str; 5] = [
        "No module named",
        "Pipeline does not contain nodes named",
        "failed to find name in PATH",
        "executable file not found",
        "exec format error",
    ];
    let exception = cause.and_then(|cause| cause.exception.as_deref());
    if exception.is_some_and(|class| OF_CODE.contains(&class.rsplit('.').next().unwrap_or(class))) {
        return true;
    }
    let said = [message, cause.map(|cause| cause.message.as_str())];
    let mut said = said.into_iter().flatten();
    said.any(|text| NOT_THERE.iter().any(|words| text.contains(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_image_lacks_no_retry_brings() {
        for (message, of_image) in [
            (
                "main: Error (exit code 2): ModuleNotFoundError: No module named 'x'",
                true,
            ),
            (
                "main: Error (exit code 1): ImportError: cannot import name 'y' [a.py:1 f]",
                true,
            ),
            (
                "main: Error (exit code 2): SyntaxError: invalid syntax (a.py, line 3)",
                true,
            ),
            (
                "main: Error (exit code 1): DatasetError: No module named 's3fs'",
                true,
            ),
            (
                "main: Error (exit code 64): failed to find name in PATH: exec: \"x\"",
                true,
            ),
            (
                "main: Error (exit code 1): ValueError: too deep [a.py:1 f]",
                false,
            ),
            ("main: Error (exit code 143)", false),
            ("main: OOMKilled (exit code 137)", false),
        ] {
            let cause = crate::termination_message::read(message);
            assert_eq!(
                is_of_the_image(Some(message), cause.as_ref()),
                of_image,
                "{message}"
            );
        }
        assert!(!is_of_the_image(None, None));
    }

    #[test]
    fn a_pod_that_was_deleted_is_told_so() {
        let gone = "the pod was deleted or preempted (exit code 143)";
        assert_eq!(plain_message("main: Error (exit code 143)"), gone);
        assert_eq!(plain_message("Error (exit code 143)"), gone);
        assert_eq!(
            plain_message("pod deleted"),
            "the pod was deleted or preempted"
        );
        for other in [
            "main: Error (exit code 1)",
            "main: Error (exit code 143): ValueError: x [a.py:1 f]",
            "workflow shutdown with strategy:  Stop",
        ] {
            assert_eq!(plain_message(other), other);
        }
    }
}
