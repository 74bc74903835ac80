use super::any_string::IntOrString;
use super::field::Tree;
use super::record::record;

record! {
    /// Retries of a node that fails.
    pub struct RetryStrategy {
        /// Greatest number of tries after the first one.
        pub limit: Option<IntOrString> = "limit",
        /// Phases after which Argo retries the node, unless the expression forbids it.
        pub retry_policy: Option<String> = "retryPolicy",
        /// Expression over the last try that decides whether another follows.
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
        /// Factor of every further wait.
        pub factor: Option<IntOrString> = "factor",
        /// Longest wait.
        pub cap: Option<String> = "cap",
        /// Time after the first start within which a try may start.
        pub max_duration: Option<String> = "maxDuration",
    }
}
