//! What Argo's executor writes into the output of the containers that it runs commands in.

/// What it ends with when its command has failed, before the exit code.
const FAREWELL: &str = "Error: exit status ";
/// How many lines of its own it writes beside those of a command, at most: what a tail asks
/// for in addition.
pub(crate) const MOST_LINES: i64 = 16;

/// Whether a container of a pod is one of Argo's own, whose output is all its executor's.
pub(crate) fn is_argos(container: &str) -> bool {
    matches!(container, "init" | "wait")
}

/// Whether a line of a user's container is its executor's own: Argo marks them.
pub(crate) fn is_executors(line: &str) -> bool {
    line.starts_with("time=") && line.contains(" argo=true")
}

/// Whether a line may be what the executor says in the end of a command that failed.
pub(crate) fn may_be_farewell(line: &str) -> bool {
    line.starts_with(FAREWELL) && told(line).is_some()
}

/// Whether the last line of a container is the executor's: it tells the container's own exit
/// code. The line may have a timestamp before it.
pub(crate) fn is_farewell(line: &str, exit_code: Option<i32>) -> bool {
    told(line).is_some_and(|told| exit_code == Some(told))
}

fn told(line: &str) -> Option<i32> {
    line.rsplit_once(FAREWELL)?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executors_farewell_tells_the_containers_own_exit_code() {
        let line = "2026-01-01T00:00:00.1Z Error: exit status 3";
        for (line, exit_code, is_executors) in [
            (line, Some(3), true),
            ("Error: exit status 3", Some(3), true),
            // The user's own: the container succeeded, or ended otherwise.
            (line, Some(0), false),
            (line, None, false),
            ("Error: exit status many", Some(3), false),
        ] {
            assert_eq!(
                is_farewell(line, exit_code),
                is_executors,
                "{line} {exit_code:?}"
            );
        }
    }
}
