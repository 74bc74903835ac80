//! Tries: whether and when Argo retries a failed node (`processNodeRetries` in `workflow/controller/operator.go`).
//!
//! The caller passes everything: the strategy, the tries so far, and the time. Fields of the strategy are texts, as in
//! the manifest after Argo has replaced tags.

mod message;
mod transient;

use jiff::Timestamp;

use crate::status::Phase;
use crate::text::expression::{Outside, Value, Variables};
use crate::time::{Duration, Time, Zone};

pub use message::humanized;

/// A `retryStrategy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryStrategy {
    /// Greatest number of tries after the first. Without a limit, Argo retries forever.
    pub limit: Option<String>,
    /// `Always`, `OnFailure`, `OnError` or `OnTransientError`; the default depends on whether there is an expression.
    pub policy: Option<String>,
    /// Waits before every try but the first.
    pub backoff: Option<Backoff>,
    /// Expression that must be true for another try.
    pub expression: Option<String>,
}

/// A `backoff`: the waits between tries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    /// Wait before the second try.
    pub duration: Option<String>,
    /// Whole number that multiplies each wait.
    pub factor: Option<String>,
    /// The longest wait.
    pub cap: Option<String>,
    /// Time after the start of the first try at which Argo gives up.
    pub max_duration: Option<String>,
}

/// A finished try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// Phase of the finished try.
    pub phase: Phase,
    /// Message of its node.
    pub message: String,
    /// Exit code, if known.
    pub exit_code: Option<String>,
    /// Start.
    pub started: Timestamp,
    /// End.
    pub finished: Timestamp,
}

/// Reason why the workflow allows no further try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Somebody shuts the workflow down with this strategy: `Stop` or `Terminate`.
    Shutdown(&'static str),
    /// The workflow's deadline.
    Deadline(Timestamp),
}

/// Next step for a node whose last try has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The node succeeds, with the outputs of the last try.
    Succeeded,
    /// The node ends with the phase of the last try.
    GivenUp {
        /// Phase of the node.
        phase: Phase,
        /// Message of the node, in Argo's words.
        message: String,
    },
    /// The node waits; decide again at this time.
    Waits {
        /// The end of the wait.
        until: Timestamp,
        /// Message of the node, in Argo's words.
        message: String,
    },
    /// Argo retries the node now.
    Again {
        /// Deadline of the next try, if `maxDuration` sets one.
        deadline: Option<Timestamp>,
    },
}

/// Decides about a node from its tries, all of which have ended. The controller decides again about a node that waits.
///
/// `now` is the current time, also for expressions.
///
/// # Errors
///
/// Returns why the strategy is not valid; the node then ends with this error.
pub fn decide(
    strategy: &RetryStrategy,
    tries: &[Try],
    stop: Option<Stop>,
    now: Timestamp,
) -> Result<Next, String> {
    let (Some(first), Some(last)) = (tries.first(), tries.last()) else {
        return Ok(Next::Again { deadline: None });
    };
    let given_up = |message: &str| {
        Ok(Next::GivenUp {
            phase: last.phase,
            message: message.to_owned(),
        })
    };
    if !matches!(last.phase, Phase::Failed | Phase::Error) {
        return Ok(Next::Succeeded);
    }
    match stop {
        Some(Stop::Shutdown(strategy)) => {
            return given_up(&format!("Stopped with strategy '{strategy}'"));
        }
        Some(Stop::Deadline(deadline)) if now > deadline => {
            let shown =
                Time::new(deadline, Zone::Utc).map_or_else(String::new, |time| time.to_string());
            return given_up(&format!("retry exceeded workflow deadline {shown}"));
        }
        _ => {}
    }
    let mut deadline = None;
    if let Some(backoff) = &strategy.backoff {
        if let Some(longest) = non_empty(backoff.max_duration.as_ref()) {
            let end = later(first.started, duration(longest)?);
            if now > end {
                return given_up("Max duration limit exceeded");
            }
            deadline = Some(end);
        }
        let wait = backoff.wait(tries.len())?;
        let until = later(last.finished, wait);
        if deadline.is_some_and(|deadline| until > deadline) {
            return given_up("Backoff would exceed max duration limit");
        }
        // Without a limit the controller does not wait. It reads a limit that is not a number as 0 here.
        let limit = strategy.limit.as_ref();
        let limit = limit.map(|limit| limit.parse::<i64>().unwrap_or(0));
        if now < until && limit.is_some_and(|limit| !exceeds(tries.len(), limit)) {
            let message = format!("Backoff for {}", humanized(wait));
            return Ok(Next::Waits { until, message });
        }
    }
    if !strategy.covers(last)? {
        return given_up(&last.message);
    }
    if let Some(limit) = &strategy.limit {
        let limit: i64 = limit
            .parse()
            .map_err(|_| format!("value '{limit}' cannot be resolved to an int"))?;
        if exceeds(tries.len(), limit) {
            return given_up("No more retries left");
        }
    }
    if let Some(expression) = non_empty(strategy.expression.as_ref())
        && !holds(expression, tries.len(), last, now)?
    {
        return given_up("retryStrategy.expression evaluated to false");
    }
    Ok(Next::Again { deadline })
}

impl RetryStrategy {
    /// Says whether the policy covers the phase of a try (`RetryPolicyActual`).
    fn covers(&self, last: &Try) -> Result<bool, String> {
        let policy = match non_empty(self.policy.as_ref()) {
            Some(policy) => policy,
            None if non_empty(self.expression.as_ref()).is_none() => "OnFailure",
            None => "Always",
        };
        match policy {
            "Always" => Ok(true),
            "OnFailure" => Ok(last.phase == Phase::Failed),
            "OnError" => Ok(last.phase == Phase::Error),
            "OnTransientError" => Ok(transient::is_transient(&last.message)),
            other => Err(format!("{other} is not a valid RetryPolicy")),
        }
    }
}

impl Backoff {
    /// The wait after this number of tries.
    fn wait(&self, tries: usize) -> Result<Duration, String> {
        let base = non_empty(self.duration.as_ref())
            .ok_or_else(|| "no base duration specified for retryStrategy".to_owned())?;
        let mut wait = duration(base)?;
        if let Some(factor) = &self.factor {
            let factor: i32 = factor
                .parse()
                .map_err(|_| format!("value '{factor}' cannot be resolved to an int"))?;
            if factor > 0 {
                wait = times(wait, factor, tries.saturating_sub(1));
            }
        }
        match non_empty(self.cap.as_ref()) {
            Some(cap) => Ok(wait.min(duration(cap)?)),
            None => Ok(wait),
        }
    }
}

/// A duration times a power of a factor, limited to the longest duration.
fn times(base: Duration, factor: i32, power: usize) -> Duration {
    let mut product = i128::from(base.nanoseconds());
    for _ in 0..power {
        product = product.saturating_mul(i128::from(factor));
        if factor == 1 || product > i128::from(i64::MAX) {
            break;
        }
    }
    Duration::new(i64::try_from(product).unwrap_or(i64::MAX))
}

/// The text, unless it is absent or empty, which is the same for Argo.
fn non_empty(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// Seconds, or a duration with units (`ParseStringToDuration`).
fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(Duration::new(seconds.saturating_mul(1_000_000_000)));
    }
    Duration::parse(text).ok_or_else(|| format!("unable to parse {text} as a duration"))
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    let nanoseconds = time.as_nanosecond() + i128::from(by.nanoseconds());
    Timestamp::from_nanosecond(nanoseconds).unwrap_or(if by.nanoseconds() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

fn exceeds(tries: usize, limit: i64) -> bool {
    i64::try_from(tries).is_ok_and(|tries| tries > limit)
}

/// Says whether an expression is true for its variables (`buildRetryStrategyLocalScope`).
fn holds(expression: &str, tries: usize, last: &Try, now: Timestamp) -> Result<bool, String> {
    // The controller stores times in whole seconds.
    let seconds = last.finished.as_second() - last.started.as_second();
    let variables = [
        ("retries", tries.saturating_sub(1).to_string()),
        (
            "lastRetry.exitCode",
            last.exit_code.clone().unwrap_or_else(|| "-1".to_owned()),
        ),
        ("lastRetry.status", last.phase.as_str().to_owned()),
        ("lastRetry.duration", seconds.to_string()),
        ("lastRetry.message", last.message.clone()),
    ];
    let variables =
        Variables::of_argo(variables.map(|(name, value)| (name.to_owned(), Value::text(value))))
            .with(Outside { now, seed: 0 });
    crate::text::expression::holds(expression, &variables)
}
