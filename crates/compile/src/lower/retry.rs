//! Retries after a failure, in a syntax that Argo 3.6 to 4.1 accepts.
//!
//! The policy is always written, because Argo checks it before the expression. The patch must be in the template: a
//! patch of the workflow cannot use `retries` (`workflow/controller/workflowpod.go` of Argo v4.1.2).

use plan::Machine;
use project::config::{Memory, Retry, RetryCause, RetryMemory};

use super::environment::MEM_LIMIT_GB;
use argo::spec::{Backoff, IntOrString, RetryStrategy};

/// Argo's messages about a try whose pod disappeared: deleted, evicted, preempted, shut down with its node.
const GONE: &str = "pod deleted|node shutdown|shutting down|[Pp]reempt|[Ee]vict|low on resource";
/// Argo's message about a try that was killed because of its memory.
const OUT_OF_MEMORY: &str = "OOMKilled";
/// Argo's messages about a try that took too long: another try would take as long.
const TOO_LONG: &str = "deadline|^timeout$";
const CODE: &str = "asInt(lastRetry.exitCode)";

pub(super) fn strategy(retry: &Retry) -> RetryStrategy {
    RetryStrategy {
        limit: Some(IntOrString::String(retry.limit.to_string())),
        retry_policy: Some("Always".to_owned()),
        expression: Some(expression(&retry.on)),
        backoff: retry.backoff.as_ref().map(|backoff| Backoff {
            duration: Some(backoff.duration.as_str().to_owned()),
            factor: Some(IntOrString::String(backoff.factor.to_string())),
            cap: backoff.max.as_ref().map(|max| max.as_str().to_owned()),
            ..Backoff::default()
        }),
        ..RetryStrategy::default()
    }
}

fn expression(on: &[RetryCause]) -> String {
    let mut codes: Vec<u8> = Vec::new();
    let mut messages: Vec<&str> = Vec::new();
    let mut causes: Vec<String> = Vec::new();
    for cause in on {
        match cause {
            // A killed child of the program leaves only the exit code, and no `OOMKilled`.
            RetryCause::Oom => {
                codes.push(137);
                messages.push(OUT_OF_MEMORY);
            }
            // A deleted pod ends by SIGTERM or, if it ignores that, by SIGKILL. The controller often sees the exit code
            // before it notices that the pod is gone.
            RetryCause::Preempted => {
                codes.push(143);
                messages.push(GONE);
                if !on.contains(&RetryCause::Oom) {
                    causes.push(format!(
                        "{CODE} == 137 && !(lastRetry.message matches '{OUT_OF_MEMORY}')"
                    ));
                }
            }
            // `argo-kedro exec` returns 2 if it cannot start the nodes.
            RetryCause::Error => {
                causes.push(format!("{CODE} > 0 && {CODE} not in [2, 137, 143]"));
            }
            RetryCause::Exit(more) => codes.extend(more),
        }
    }
    if !codes.is_empty() {
        codes.sort_unstable();
        codes.dedup();
        let codes: Vec<String> = codes.iter().map(u8::to_string).collect();
        causes.push(format!("{CODE} in [{}]", codes.join(", ")));
    }
    if !messages.is_empty() {
        causes.push(format!(
            "lastRetry.message matches '{}'",
            messages.join("|")
        ));
    }
    format!(
        "({}) && !(lastRetry.message matches '{TOO_LONG}')",
        causes.join(" || ")
    )
}

/// The patch that gives every retry more memory, and sets `MEM_LIMIT_GB` to match.
pub(super) fn patch(memory: &RetryMemory, machine: &Machine) -> String {
    let base = machine.memory;
    let max = memory.max.map(|max| max.max(base));
    let (amount, unit) = amount(base, max, memory.factor);
    let gib = match unit {
        "Gi" => amount.clone(),
        "Mi" => format!("{amount} / 1024"),
        "Ki" => format!("{amount} / 1048576"),
        _ => format!("{amount} / 1073741824"),
    };
    let amount = format!("{{{{=int({amount})}}}}{unit}");
    format!(
        "containers:
- name: main
  env:
  - {{name: {MEM_LIMIT_GB}, value: \"{{{{=round(100 * {gib}) / 100}}}}\"}}
  resources:
    requests: {{memory: \"{amount}\"}}
    limits: {{memory: \"{amount}\"}}
"
    )
}

/// The memory of a try as an expression, and the largest unit in which all amounts are whole.
fn amount(base: Memory, max: Option<Memory>, factor: f64) -> (String, &'static str) {
    const UNITS: [(&str, u64); 3] = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    let bytes = [Some(base), max].into_iter().flatten().map(Memory::bytes);
    let fits = |size: &u64| bytes.clone().all(|bytes| bytes.is_multiple_of(*size));
    let whole = factor.fract() == 0.0;
    let (unit, size) = UNITS
        .into_iter()
        .skip(usize::from(!whole))
        .find(|(_, size)| fits(size))
        .unwrap_or(("", 1));
    let count = |memory: Memory| (memory.bytes() / size).to_string();
    (grown(&count(base), max.map(count).as_deref(), factor), unit)
}

fn grown(base: &str, max: Option<&str>, factor: f64) -> String {
    let grown = format!("{base} * {factor} ** asInt(retries)");
    match max {
        Some(max) => format!("min({max}, {grown})"),
        None => grown,
    }
}

#[cfg(test)]
mod tests {
    use argo::text::expression::{Value, Variables, evaluate};

    use super::*;

    fn amount_of(base: &str, max: Option<&str>, factor: f64) -> String {
        let memory = |text: &str| Memory::from_quantity(text).unwrap();
        let (amount, unit) = amount(memory(base), max.map(memory), factor);
        format!("{amount} {unit}")
    }

    #[test]
    fn the_unit_is_the_largest_in_which_nothing_is_lost() {
        for (base, max, factor, expected) in [
            (
                "4Gi",
                Some("64Gi"),
                2.0,
                "min(64, 4 * 2 ** asInt(retries)) Gi",
            ),
            ("4Gi", None, 2.0, "4 * 2 ** asInt(retries) Gi"),
            ("4Gi", None, 1.5, "4096 * 1.5 ** asInt(retries) Mi"),
            (
                "1536Mi",
                Some("2Gi"),
                2.0,
                "min(2048, 1536 * 2 ** asInt(retries)) Mi",
            ),
            ("1000Ki", None, 2.0, "1000 * 2 ** asInt(retries) Ki"),
            ("1000", None, 2.0, "1000 * 2 ** asInt(retries) "),
        ] {
            assert_eq!(amount_of(base, max, factor), expected);
        }
    }

    /// Evaluates the expression for a try, as Argo does.
    fn retried(on: &[RetryCause], exit: &str, message: &str) -> bool {
        let text = expression(on);
        let variables = Variables::of_argo([
            ("lastRetry.exitCode".to_owned(), Value::text(exit)),
            ("lastRetry.message".to_owned(), Value::text(message)),
        ]);
        matches!(evaluate(&text, &variables), Ok(Value::Boolean(true)))
    }

    #[test]
    fn only_what_was_asked_for_is_tried_again() {
        use RetryCause::{Error, Exit, Oom, Preempted};
        let oom = ("137", "OOMKilled (exit code 137)");
        let killed = ("137", "main: Error (exit code 137)");
        let terminated = ("143", "main: Error (exit code 143)");
        let gone = ("-1", "pod deleted");
        let shutdown = (
            "143",
            "Pod was terminated in response to imminent node shutdown.",
        );
        let exception = ("1", "main: Error (exit code 1)");
        let unstarted = ("2", "main: Error (exit code 2)");
        let late = (
            "143",
            "Pod was active on the node longer than the specified deadline",
        );
        let slow = ("137", "timeout");
        let all = [
            oom, killed, terminated, gone, shutdown, exception, unstarted, late, slow,
        ];
        for (on, expected) in [
            (vec![Oom], vec![oom, killed]),
            (vec![Preempted], vec![killed, terminated, gone, shutdown]),
            (
                vec![Oom, Preempted],
                vec![oom, killed, terminated, gone, shutdown],
            ),
            (vec![Error], vec![exception]),
            (
                vec![Exit(vec![2, 143])],
                vec![terminated, shutdown, unstarted],
            ),
            (vec![Oom, Exit(vec![1])], vec![oom, killed, exception]),
        ] {
            for (exit, message) in all {
                assert_eq!(
                    retried(&on, exit, message),
                    expected.contains(&(exit, message)),
                    "{on:?}: {exit} {message}"
                );
            }
        }
    }
}
