//! Commands that are argo-kedro's own: they run Kedro nodes.

use argo::spec::Container;

/// First words of a command that is argo-kedro's own.
pub(crate) const OWN: [&str; 2] = marks::EXEC;

/// Tells whether the command of a container is argo-kedro's own, which runs Kedro nodes.
pub(crate) fn runs_worker(container: &Container) -> bool {
    let words = container.command.iter().chain(&container.args);
    words.take(OWN.len()).eq(OWN.iter())
}
