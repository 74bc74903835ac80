use super::any_string::IntOrString;
use super::field::Tree;
use super::record::record;

record! {
    /// Tries of a node that fails.
    pub struct RetryStrategy {
        /// Number of tries at most, besides the first.
        pub limit: Option<IntOrString> = "limit",
        /// Phases after which it is tried again; narrowed by the expression.
        pub retry_policy: Option<String> = "retryPolicy",
        /// Expression that decides from the last try whether there is another.
        pub expression: Option<String> = "expression",
        /// Wait between tries.
        pub backoff: Option<Backoff> = "backoff",
        /// Machines on which the next try does not run.
        pub affinity: Option<Tree> = "affinity",
    }
}

record! {
    /// Wait between tries.
    pub struct Backoff {
        /// Wait before the second try, such as `10s`.
        pub duration: Option<String> = "duration",
        /// Number by which every further wait is multiplied.
        pub factor: Option<IntOrString> = "factor",
        /// Longest wait.
        pub cap: Option<String> = "cap",
        /// Time after the first start in which a try may start.
        pub max_duration: Option<String> = "maxDuration",
    }
}
