//! Every text of a document: expressions in tags, and tags that do not end.

use super::expression;
use super::survey::Survey;
use super::tags::{Tag, tags};
use crate::finding::Findings;
use crate::rule::UNCLOSED_TAG;

/// Checks every text of a document.
pub(super) fn check(survey: &Survey<'_>, findings: &mut Findings) {
    for &(node, text) in &survey.tagged {
        for tag in tags(text) {
            match tag {
                // An expression made of other tags is known only when it runs.
                Tag::Expression(expression) if !expression.contains("{{") => {
                    expression::check(node, expression, findings);
                }
                Tag::Open => {
                    let message = "`{{` starts a tag that does not end";
                    let help = "add `}}`; a literal `{{` can be written `{{=\"{{\"}}`";
                    findings.push(UNCLOSED_TAG.at(node, message).help(help));
                }
                _ => {}
            }
        }
    }
}
