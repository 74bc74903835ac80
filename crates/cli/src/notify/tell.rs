//! Chooses who gets a message about the end of a run, and as which event.

use std::collections::BTreeSet;

use argo::status::Phase;
use compile::NotifyRequest;
use futures::future::join_all;
use notification::{Ending, Event};
use project::config::{Notify, NotifyEvent};

use super::send::send;
use crate::terminal::printer::Printer;

/// Sends the message to every entry that waits for this ending, all at once, and reports failures.
///
/// # Arguments
///
/// * `ending`: Each entry gets it as the event that the entry waits for.
/// * `late`: Entries that got a message during the run because it takes too long.
pub(crate) async fn tell(
    request: &NotifyRequest,
    ending: &Ending,
    late: &BTreeSet<usize>,
    printer: Printer,
) {
    let told = request.entries.iter().filter_map(|(index, entry)| {
        let ending = Ending {
            event: event(entry, ending, late.contains(index))?,
            ..ending.clone()
        };
        Some(async move { send(*index, entry, &ending, printer).await })
    });
    join_all(told).await;
}

/// Chooses the event that an entry gets for an ending, if any: the worst that it waits for.
fn event(entry: &Notify, ending: &Ending, has_heard_late: bool) -> Option<Event> {
    let wanted = entry.wanted();
    let is_failed = ending.phase != Phase::Succeeded;
    if is_failed && wanted.contains(&NotifyEvent::Failed) {
        return Some(Event::Failed);
    }
    let limit = entry.longer_than.as_ref();
    let limit = limit.map(|limit| limit.length().as_secs_f64());
    if !has_heard_late && limit.is_some_and(|limit| ending.seconds > limit) {
        return Some(Event::LongerThan);
    }
    let is_retried = ending.tasks.iter().any(|task| task.tries > 1);
    if !is_failed && is_retried && wanted.contains(&NotifyEvent::Retried) {
        return Some(Event::Retried);
    }
    (!is_failed && wanted.contains(&NotifyEvent::Succeeded)).then_some(Event::Succeeded)
}

#[cfg(test)]
mod tests {
    use notification::FailedTask;
    use serde_json::{Value, json};

    use super::*;

    fn heard(entry: Value, phase: &str, tries: usize, seconds: f64, late: bool) -> Option<Event> {
        let ending = Ending {
            event: Event::Failed,
            project: String::new(),
            run: String::new(),
            namespace: None,
            schedule: None,
            phase: phase.parse().unwrap(),
            took: String::new(),
            seconds,
            tasks: vec![FailedTask {
                task: String::new(),
                node: None,
                why: String::new(),
                tries,
            }],
            next: None,
            link: None,
        };
        event(&serde_json::from_value(entry).unwrap(), &ending, late)
    }

    #[test]
    fn an_entry_hears_of_what_it_waits_for() {
        let all = json!({"events": ["failed", "succeeded", "retried"], "longer_than": "1h"});
        for (entry, phase, tries, seconds, wanted) in [
            (json!({}), "Failed", 1, 1.0, Some(Event::Failed)),
            (json!({}), "Error", 1, 1.0, Some(Event::Failed)),
            (json!({}), "Succeeded", 3, 9e9, None),
            (
                json!({"longer_than": "90s"}),
                "Succeeded",
                1,
                91.0,
                Some(Event::LongerThan),
            ),
            (
                json!({"longer_than": "90s"}),
                "Failed",
                1,
                91.0,
                Some(Event::LongerThan),
            ),
            (json!({"longer_than": "90s"}), "Failed", 1, 89.0, None),
            (
                json!({"events": ["succeeded"]}),
                "Succeeded",
                2,
                1.0,
                Some(Event::Succeeded),
            ),
            (
                json!({"events": ["retried"]}),
                "Succeeded",
                2,
                1.0,
                Some(Event::Retried),
            ),
            (json!({"events": ["retried"]}), "Succeeded", 1, 1.0, None),
            (json!({"events": ["retried"]}), "Failed", 2, 1.0, None),
            (all.clone(), "Failed", 2, 9e9, Some(Event::Failed)),
            (all.clone(), "Succeeded", 2, 9e9, Some(Event::LongerThan)),
            (all.clone(), "Succeeded", 2, 1.0, Some(Event::Retried)),
            (all, "Succeeded", 1, 1.0, Some(Event::Succeeded)),
        ] {
            assert_eq!(
                heard(entry.clone(), phase, tries, seconds, false),
                wanted,
                "{entry} {phase}"
            );
        }
        let limit = json!({"longer_than": "90s"});
        assert_eq!(heard(limit, "Succeeded", 1, 91.0, true), None);
        let both = json!({"longer_than": "90s", "events": ["succeeded"]});
        assert_eq!(
            heard(both, "Succeeded", 1, 91.0, true),
            Some(Event::Succeeded)
        );
    }
}
