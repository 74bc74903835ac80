//! Lines that Argo's executor writes into the output of a user's container.
//!
//! The executor starts the command of the container, and logs into the same output: at least three lines for each
//! container, and one more for each output of the template, of which the tasks of argo-kedro have four
//! (`cmd/argoexec/commands/emissary.go` of Argo Workflows 4.1.2). Most of these lines come after the last line of the
//! task. So the last ten lines of a task that failed would be those of the executor, and not those of the exception.
//! `argo logs` shows all of them. One line has no mark of Argo and stays: `Error: exit status 1`, the last one of a
//! command that failed.

/// Maximum number of lines that the executor adds after those of a command. A request for the last lines asks for this
/// many more, because Kubernetes counts the executor's lines too.
pub(crate) const MOST_LINES: i64 = 16;

/// Says whether a container is one of Argo's own, whose lines are all from the executor.
pub(crate) fn is_argos(container: &str) -> bool {
    matches!(container, "init" | "wait")
}

/// Says whether a line in a user's container is from the executor: Argo marks such lines.
pub(crate) fn is_executors(line: &str) -> bool {
    line.starts_with("time=") && line.contains(" argo=true")
}
