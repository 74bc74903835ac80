//! Reports what Argo does with a variable.

use argo::scope::{ROOTS, Verdict};
use diagnostic::nearest;
use diagnostic::yaml::Yaml;

use crate::finding::Findings;
use crate::rule::{MISPLACED_VARIABLE, MISSPELT_VARIABLE, UNKNOWN_TAG, UNRESOLVED_VARIABLE};

/// Reports what Argo does with a variable.
pub(super) fn report(node: &Yaml, tag: &str, verdict: Verdict, findings: &mut Findings) {
    match verdict {
        Verdict::Known => {}
        Verdict::Unresolved(help) => {
            let message = format!("`{{{{{tag}}}}}` has no value here");
            findings.push(UNRESOLVED_VARIABLE.at(node, message).maybe_help(help));
        }
        Verdict::Misplaced(why) => {
            let message = format!("Argo does not replace `{{{{{tag}}}}}`: {why}");
            findings.push(MISPLACED_VARIABLE.at(node, message));
        }
        Verdict::Foreign => foreign(node, tag, findings),
    }
}

fn foreign(node: &Yaml, tag: &str, findings: &mut Findings) {
    let (root, rest) = tag.split_once('.').unwrap_or((tag, ""));
    let word = root.bytes().all(|byte| byte.is_ascii_alphanumeric()) && root.len() > 2;
    let meant = nearest(root, ROOTS.iter().copied()).filter(|_| word && !rest.is_empty());
    if let Some(expression) = tag.strip_prefix('=') {
        let message = format!("Argo does not replace `{{{{ {tag} }}}}`: a space stands before `=`");
        let help = format!("write `{{{{={}}}}}`", expression.trim());
        findings.push(MISSPELT_VARIABLE.at(node, message).help(help));
        return;
    }
    let message = format!("Argo does not replace `{{{{{tag}}}}}`: it has no such variable");
    match meant {
        Some(meant) => {
            let help = format!("did you mean `{{{{{meant}.{rest}}}}}`?");
            findings.push(MISSPELT_VARIABLE.at(node, message).help(help));
        }
        None => findings.push(UNKNOWN_TAG.at(node, message)),
    }
}
