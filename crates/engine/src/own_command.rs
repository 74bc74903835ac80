//! Commands of argo-kedro itself, which run Kedro nodes.

use argo::spec::Container;

/// First words of argo-kedro's own command.
pub(crate) const OWN: [&str; 2] = marks::EXEC;

/// Tells whether a container runs argo-kedro's own command, and so Kedro nodes.
pub(crate) fn runs_worker(container: &Container) -> bool {
    let words = container.command.iter().chain(&container.args);
    words.take(OWN.len()).eq(OWN.iter())
}
