//! Steps: groups one after another, steps of a group side by side.

use super::calls;
use super::index::Index;
use super::model::{Context, Template};
use super::names::{self, Naming};
use crate::finding::Findings;

/// Checks the steps of a template.
pub(super) fn check(context: Context<'_>, template: &Template<'_>, findings: &mut Findings) {
    let mut seen = Index::default();
    for group in template.groups() {
        for step in group.items() {
            names::one(step, "step", Naming::Step, &mut seen, findings);
            calls::check(context, step, "step", findings);
        }
    }
}
