//! The size of a document in the cluster's database.

use argo::document::DocumentKind;
use argo::document::read::field;

use super::context::Context;
use crate::finding::Findings;
use crate::rule::{WORKFLOW_TEMPLATE_TOO_LARGE, WORKFLOW_TOO_LARGE};

const MEBIBYTE: usize = 1 << 20;

/// Checks the size of a document.
pub(super) fn check(context: Context<'_>, findings: &mut Findings) {
    let document = context.workflow.document;
    let size = context.survey.size;
    let node = field(document.yaml, "kind").unwrap_or(document.yaml);
    if document.kind == DocumentKind::Workflow || size > MEBIBYTE {
        if size > MEBIBYTE {
            let message = format!(
                "the workflow has {}, but Argo accepts at most 1 MiB, including its status",
                shown(size)
            );
            let help = "share templates between tasks, or let one task run several nodes";
            findings.push(WORKFLOW_TOO_LARGE.at(node, message).help(help));
        }
    } else if size > MEBIBYTE / 3 {
        let message = format!(
            "the workflow has {}, but in a template it can have only about a third of 1 MiB",
            shown(size)
        );
        let help =
            "each run stores it a second time in its status; submit it as a Workflow instead";
        findings.push(WORKFLOW_TEMPLATE_TOO_LARGE.at(node, message).help(help));
    }
}

fn shown(bytes: usize) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}
