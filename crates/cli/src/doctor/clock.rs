//! The clock of this machine, beside that of the API server.

use jiff::{SignedDuration, Timestamp};

use super::check::Check;

pub(super) const NAME: &str = "clock";

/// Difference that clocks may have, in seconds. `watch`, `status` and `logs` set times of the cluster beside this
/// machine's, and shorter differences are not seen there. Two other limits are further away: clusters refuse tokens
/// whose time has not come (a minute, as a rule), and S3 refuses requests that are signed a quarter of an hour off.
const APART: i64 = 5;

/// Compares the time in an answer of the API server, which has whole seconds, with this machine's before and after.
pub(super) fn verdict(before: Timestamp, server: Timestamp, after: Timestamp) -> Check {
    let ahead = server.duration_since(after);
    let behind = before.duration_since(server) - SignedDuration::from_secs(1);
    let apart = SignedDuration::from_secs(APART);
    let told = |by: SignedDuration, word: &str| {
        Check::warning(
            NAME,
            format!(
                "this machine's clock is {} s {word} the API server's",
                by.as_secs()
            ),
        )
        .mend(
            "set the clock: times of runs are shown wrong; from a minute on, logins may be refused, and from 15 \
             minutes on, storage",
        )
        .command("sudo timedatectl set-ntp true")
    };
    if ahead > apart {
        told(ahead, "behind")
    } else if behind > apart {
        told(behind, "ahead of")
    } else {
        Check::ok(NAME, "agrees with the API server's")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    #[test]
    fn more_than_five_seconds_are_told_and_the_way_there_does_not_count() {
        let at = |text: &str| -> Timestamp { format!("2026-11-27T10:{text}Z").parse().unwrap() };
        for (before, server, after, expected) in [
            ("00:00", "00:00", "00:01", ""),
            // The server's second had begun before.
            ("00:00.9", "00:00", "00:01", ""),
            ("00:00", "00:06", "00:00.5", "5 s behind"),
            ("00:00", "00:05", "00:00.5", ""),
            ("00:10", "00:02", "00:11", "7 s ahead of"),
            ("00:10", "00:05", "00:11", ""),
            // A slow answer.
            ("00:00", "00:08", "00:09", ""),
        ] {
            let check = verdict(at(before), at(server), at(after));
            let is_told = check.state == State::Warning;
            assert_eq!(is_told, !expected.is_empty(), "{check:?}");
            assert!(check.detail.contains(expected), "{check:?}");
        }
    }
}
