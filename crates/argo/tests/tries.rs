//! Tries: the next step for a node, and Argo's messages about it.

use argo::status::Phase;
use argo::tries::{Backoff, Next, RetryStrategy, Stop, Try, decide};
use jiff::Timestamp;

/// The time `seconds` after the start of the first try.
fn at(seconds: i64) -> Timestamp {
    Timestamp::constant(1_700_000_000, 0) + jiff::SignedDuration::from_secs(seconds)
}

/// Tries of ten seconds each, without pauses.
fn tries(phases: &[Phase], message: &str) -> Vec<Try> {
    let mut tries = Vec::new();
    let mut start = 0;
    for phase in phases {
        tries.push(Try {
            phase: *phase,
            message: message.to_owned(),
            exit_code: Some("3".to_owned()),
            started: at(start),
            finished: at(start + 10),
        });
        start += 10;
    }
    tries
}

/// A field; none for an empty text.
fn given(word: &str) -> Option<String> {
    (!word.is_empty()).then(|| word.to_owned())
}

fn strategy(limit: &str, policy: &str, expression: &str) -> RetryStrategy {
    RetryStrategy {
        limit: given(limit),
        policy: given(policy),
        expression: given(expression),
        backoff: None,
    }
}

fn backoff(duration: &str, factor: &str, cap: &str, most: &str) -> RetryStrategy {
    RetryStrategy {
        backoff: Some(Backoff {
            duration: given(duration),
            factor: given(factor),
            cap: given(cap),
            max_duration: given(most),
        }),
        ..strategy("9", "", "")
    }
}

fn ended(phase: Phase, message: &str) -> Next {
    Next::GivenUp {
        phase,
        message: message.to_owned(),
    }
}

const AGAIN: Result<Next, String> = Ok(Next::Again { deadline: None });

#[test]
fn policies_limits_and_expressions_decide() {
    let (failed, error) = (Phase::Failed, Phase::Error);
    for (strategy, phases, message, expected) in [
        (strategy("1", "", ""), &[failed][..], "m", AGAIN),
        (
            strategy("1", "", ""),
            &[failed, failed],
            "m",
            Ok(ended(failed, "No more retries left")),
        ),
        (
            strategy("0", "", ""),
            &[failed],
            "m",
            Ok(ended(failed, "No more retries left")),
        ),
        (strategy("", "", ""), &[failed; 50], "m", AGAIN),
        (
            strategy("5", "", ""),
            &[failed, Phase::Succeeded],
            "m",
            Ok(Next::Succeeded),
        ),
        (
            strategy("5", "", ""),
            &[Phase::Skipped],
            "m",
            Ok(Next::Succeeded),
        ),
        // The default policy is `OnFailure`, or `Always` with an expression.
        (
            strategy("5", "", ""),
            &[error],
            "lost",
            Ok(ended(error, "lost")),
        ),
        (strategy("5", "", "true"), &[error], "lost", AGAIN),
        (strategy("5", "Always", ""), &[error], "m", AGAIN),
        (strategy("5", "OnError", ""), &[error], "m", AGAIN),
        (
            strategy("5", "OnError", ""),
            &[failed],
            "m",
            Ok(ended(failed, "m")),
        ),
        (
            strategy("5", "OnFailure", ""),
            &[error],
            "m",
            Ok(ended(error, "m")),
        ),
        (
            strategy("5", "OnTransientError", ""),
            &[failed],
            "dial: i/o timeout",
            AGAIN,
        ),
        (
            strategy("5", "OnTransientError", ""),
            &[error],
            "m",
            Ok(ended(error, "m")),
        ),
        (
            strategy("5", "Sometimes", ""),
            &[failed],
            "m",
            Err("Sometimes is not a valid RetryPolicy".to_owned()),
        ),
    ] {
        let found = decide(&strategy, &tries(phases, message), None, at(1000));
        assert_eq!(found, expected, "{strategy:?} {phases:?}");
    }
}

#[test]
fn the_policy_comes_before_the_limit_and_that_before_the_expression() {
    let failed = Phase::Failed;
    for (strategy, phases, message, expected) in [
        (
            strategy("0", "OnError", ""),
            &[failed][..],
            "m",
            Ok(ended(failed, "m")),
        ),
        (
            strategy("0", "", "broken("),
            &[failed],
            "m",
            Ok(ended(failed, "No more retries left")),
        ),
        (
            strategy(
                "5",
                "",
                "asInt(lastRetry.exitCode) == 3 && lastRetry.status == 'Failed'",
            ),
            &[failed],
            "m",
            AGAIN,
        ),
        (
            strategy(
                "5",
                "",
                "retries == '1' && lastRetry.duration == '10' && lastRetry.message == 'm'",
            ),
            &[failed, failed],
            "m",
            AGAIN,
        ),
        (
            strategy("5", "", "asInt(lastRetry.exitCode) > 3"),
            &[failed],
            "m",
            Ok(ended(failed, "retryStrategy.expression evaluated to false")),
        ),
        (
            strategy("x", "", ""),
            &[failed],
            "m",
            Err("value 'x' cannot be resolved to an int".to_owned()),
        ),
    ] {
        let found = decide(&strategy, &tries(phases, message), None, at(1000));
        assert_eq!(found, expected, "{strategy:?} {phases:?}");
    }
    for wrong in [
        "broken(",
        "lastRetry.exitCode",
        "lastRetry.exitCode > 3",
        "nothing",
    ] {
        let strategy = strategy("5", "", wrong);
        assert!(
            decide(&strategy, &tries(&[failed], "m"), None, at(0)).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn waits_grow_up_to_a_cap_and_an_end() {
    let failed = Phase::Failed;
    let waits = |until: i64, words: &str| {
        Ok(Next::Waits {
            until: at(until),
            message: format!("Backoff for {words}"),
        })
    };
    let until = |end: i64| {
        Ok(Next::Again {
            deadline: Some(at(end)),
        })
    };
    for (strategy, count, now, expected) in [
        (backoff("5", "", "", ""), 1, 10, waits(15, "5 seconds")),
        (backoff("5", "", "", ""), 1, 15, AGAIN),
        (backoff("5", "2", "", ""), 1, 10, waits(15, "5 seconds")),
        (backoff("5", "2", "", ""), 3, 30, waits(50, "20 seconds")),
        (
            backoff("1m", "2", "90s", ""),
            2,
            20,
            waits(110, "1 minute 30 seconds"),
        ),
        (backoff("10s", "", "", "1m"), 1, 20, until(60)),
        (
            backoff("10s", "", "", "1m"),
            1,
            61,
            Ok(ended(failed, "Max duration limit exceeded")),
        ),
        (
            backoff("10s", "9", "", "1m"),
            2,
            20,
            Ok(ended(failed, "Backoff would exceed max duration limit")),
        ),
        (
            backoff("", "", "", ""),
            1,
            0,
            Err("no base duration specified for retryStrategy".to_owned()),
        ),
        (
            backoff("1d", "", "", ""),
            1,
            0,
            Err("unable to parse 1d as a duration".to_owned()),
        ),
        // Argo does not wait for the last try that the limit allows, nor without a limit.
        (
            RetryStrategy {
                limit: given("1"),
                ..backoff("1h", "", "", "")
            },
            2,
            20,
            Ok(ended(failed, "No more retries left")),
        ),
        (
            RetryStrategy {
                limit: None,
                ..backoff("1h", "", "", "")
            },
            1,
            10,
            AGAIN,
        ),
    ] {
        let tries = tries(&vec![failed; count], "m");
        assert_eq!(
            decide(&strategy, &tries, None, at(now)),
            expected,
            "{strategy:?} {count} {now}"
        );
    }
    // Go cannot represent sixty doublings of an hour; the wait is the longest duration.
    let long = decide(
        &RetryStrategy {
            limit: given("99"),
            ..backoff("1h", "2", "", "")
        },
        &tries(&[failed; 60], "m"),
        None,
        at(600),
    );
    assert!(matches!(long, Ok(Next::Waits { .. })), "{long:?}");
}

#[test]
fn a_workflow_that_ends_has_no_other_try() {
    let tries = tries(&[Phase::Failed], "m");
    let strategy = strategy("5", "", "");
    let stop = Some(Stop::Shutdown("Stop"));
    assert_eq!(
        decide(&strategy, &tries, stop, at(20)),
        Ok(ended(Phase::Failed, "Stopped with strategy 'Stop'"))
    );
    let deadline = Some(Stop::Deadline(at(15)));
    assert_eq!(
        decide(&strategy, &tries, deadline, at(20)),
        Ok(ended(
            Phase::Failed,
            "retry exceeded workflow deadline 2023-11-14 22:13:35 +0000 UTC"
        ))
    );
    assert_eq!(decide(&strategy, &tries, deadline, at(15)), AGAIN);
}
