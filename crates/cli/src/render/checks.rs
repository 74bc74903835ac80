//! Checks on one screen: the state, the name, the observation; and below it the remedy.

use owo_colors::OwoColorize;

use super::words::count;
use crate::doctor::check::{Check, Mend, State};
use crate::terminal::wrapped::wrapped;

/// Columns of a screen of unknown width.
const USUAL: u16 = 80;
/// Columns before a detail: the state, and the longest name.
const STATE: usize = 9;
const NAME: usize = 18;

/// Shows checks. Commands and manifests begin their own lines, so that the user can copy them.
pub(crate) fn screen(checks: &[Check], width: Option<u16>) -> String {
    let width = usize::from(width.unwrap_or(USUAL)).clamp(60, 100);
    let mut text = String::new();
    for check in checks {
        one(check, width, &mut text);
    }
    text.push('\n');
    text.push_str(&summary(checks));
    text
}

fn one(check: &Check, width: usize, text: &mut String) {
    let before = STATE + NAME;
    let detail = wrapped(&check.detail, width - before, "");
    let (first, others) = detail.split_once('\n').unwrap_or((&detail, ""));
    let state = format!("{:<STATE$}", word(check.state));
    let name = format!("{:<NAME$}", check.name);
    text.push_str(&format!("{}{name}{first}\n", coloured(&state, check.state)));
    for line in others.lines() {
        text.push_str(&format!("{:before$}{line}\n", ""));
    }
    if let Some(mend) = &check.mend {
        to_mend(mend, width, text);
    }
}

fn to_mend(mend: &Mend, width: usize, text: &mut String) {
    let follows = mend.command.is_some() || mend.manifest.is_some();
    let end = if follows && !mend.words.ends_with(':') {
        ":"
    } else {
        ""
    };
    let words = format!("{}{end}", mend.words);
    let before = STATE;
    let words = wrapped(&words, width - before - 2, "");
    for (at, line) in words.lines().enumerate() {
        let mark = if at == 0 { "→ " } else { "  " };
        text.push_str(&format!("{:before$}{mark}{line}\n", ""));
    }
    for line in mend.command.iter().flat_map(|command| command.lines()) {
        text.push_str(&format!("{line}\n"));
    }
    if let Some(manifest) = &mend.manifest {
        text.push_str("kubectl apply -f - <<'END'\n");
        text.push_str(manifest.trim_end());
        text.push_str("\nEND\n");
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Failed => "failed",
        State::Skipped => "skipped",
    }
}

fn coloured(text: &str, state: State) -> String {
    match state {
        State::Ok => text.green().to_string(),
        State::Warning => text.yellow().to_string(),
        State::Failed => text.red().bold().to_string(),
        State::Skipped => text.dimmed().to_string(),
    }
}

/// `1 failed, 2 warnings, 14 ok`.
fn summary(checks: &[Check]) -> String {
    let number = |state| checks.iter().filter(|check| check.state == state).count();
    let mut parts = Vec::new();
    for (state, told) in [
        (State::Failed, format!("{} failed", number(State::Failed))),
        (State::Warning, count(number(State::Warning), "warning")),
        (State::Ok, format!("{} ok", number(State::Ok))),
        (
            State::Skipped,
            format!("{} skipped", number(State::Skipped)),
        ),
    ] {
        if number(state) > 0 {
            parts.push(told);
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, state: State, detail: &str, mend: Option<Mend>) -> Check {
        Check {
            name,
            state,
            detail: detail.to_owned(),
            mend,
        }
    }

    fn plain(checks: &[Check], width: Option<u16>) -> String {
        anstream::adapter::strip_str(&screen(checks, width)).to_string()
    }

    #[test]
    fn a_screen_has_80_columns_and_what_is_copied_begins_its_line() {
        let role = cluster::role("argo-kedro-pods", "flights", &cluster::OF_PODS);
        let account = Some("system:serviceaccount:flights:default");
        let name = "argo-kedro-pods-default";
        let binding = cluster::role_binding(name, "argo-kedro-pods", "flights", account);
        let mend = |words: &str, command: Option<&str>, manifest: Option<String>| {
            Some(Mend {
                words: words.to_owned(),
                command: command.map(str::to_owned),
                manifest,
            })
        };
        let checks = [
            check(
                "Python",
                State::Ok,
                "3.12.3, Kedro 1.4.0, argo-kedro 1.0.0",
                None,
            ),
            check(
                "project",
                State::Ok,
                "Flights, 8 tasks, environment `cloud` (the default for a cluster, because of conf/cloud)",
                None,
            ),
            check(
                "controller",
                State::Warning,
                "you may not look at it",
                mend(
                    "to see whether one looks after `flights`, run a small pod",
                    Some("kedro argo doctor --pod"),
                    None,
                ),
            ),
            check(
                "rights of pods",
                State::Failed,
                "the service account `default` may not create workflowtaskresults.argoproj.io, patch \
                 workflowtaskresults.argoproj.io: its pods cannot report how they ended",
                mend(
                    "apply this Role and RoleBinding, or ask the administrator of the cluster to",
                    None,
                    Some(format!("{role}---\n{binding}")),
                ),
            ),
            check("storage", State::Skipped, "the project has errors", None),
        ];
        let text = plain(&checks, Some(80));
        assert_eq!(text, plain(&checks, None));
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        insta::assert_snapshot!(text);
    }
}
