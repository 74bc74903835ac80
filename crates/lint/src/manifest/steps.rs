//! Steps: groups run one after another, the steps of a group at the same time.

use argo::document::Template;
use argo::document::index::Index;
use argo::document::read::entry;
use diagnostic::yaml::Content;

use super::calls;
use super::context::Context;
use super::names::{self, Naming};
use crate::finding::Findings;
use crate::rule::EMPTY_STEPS;

/// Checks the steps of a template.
pub(super) fn check(
    context: Context<'_>,
    template: &Template<'_>,
    inline: bool,
    findings: &mut Findings,
) {
    if let Some((key, steps)) = entry(template.yaml, "steps")
        && matches!(&steps.value, Content::Sequence(groups) if groups.is_empty())
    {
        findings.push(EMPTY_STEPS.at(key, "`steps` needs at least one group of steps"));
    }
    let naming = if inline {
        Naming::InlineStep
    } else {
        Naming::Field
    };
    let mut seen = Index::default();
    for group in template.groups() {
        for step in group.items() {
            names::check_name(step, "step", naming, &mut seen, findings);
            calls::check(context, step, "step", findings);
        }
    }
}
