//! Expressions of expr-lang: those that Argo cannot evaluate, and conditions that are never true.

use argo::text::expression::{
    self, Environment, Fault, Node, Token, TokenKind, Trouble, Type, check as check_types, parse,
};
use diagnostic::yaml::Yaml;

use super::tags;
use crate::finding::Findings;
use crate::rule::{
    ABSENT_VARIABLE, HYPHEN_IN_EXPRESSION, INVALID_EXPRESSION, MISSPELT_VARIABLE, NEVER_EQUAL,
    UNCAST_RETRY_VARIABLE, UNKNOWN_TAG,
};

/// Type that an expression must give.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wants {
    Boolean,
    Text,
    Artifact,
    Anything,
}

/// Checks the expression in a node; gives the type of its value as far as it is known.
pub(super) fn check(
    node: &Yaml,
    environment: &Environment,
    wants: Wants,
    findings: &mut Findings,
) -> Type {
    // An expression with tags is known only at run time.
    let Some(text) = node.as_str().filter(|text| !tags::has(text)) else {
        return Type::Any;
    };
    let tree = match parse(text, environment) {
        Ok(tree) => tree,
        Err(fault) => {
            push(node, text, &fault, false, findings);
            return Type::Any;
        }
    };
    let checked = check_types(&tree, text, environment);
    let has_error = checked.faults.iter().any(|fault| fault.trouble.is_error());
    if hyphens(node, text, has_error, findings) {
        return checked.result;
    }
    push_all(node, text, &checked.faults, environment, findings);
    if !has_error && let Some(wanted) = required_type(wants, &checked.result) {
        let message = format!(
            "the expression `{}` must give {wanted}, but gives {}",
            shortened(text),
            checked.result.shown()
        );
        findings.push(INVALID_EXPRESSION.at(node, message));
    }
    checked.result
}

/// The required type in words; none if the value's type matches.
fn required_type(wants: Wants, result: &Type) -> Option<&'static str> {
    let result = result.inside();
    let (fits, wanted) = match wants {
        Wants::Boolean => (*result == Type::Boolean, "a boolean"),
        Wants::Text => (*result == Type::Text, "a text"),
        Wants::Artifact => (false, "an artifact"),
        Wants::Anything => return None,
    };
    (!fits && *result != Type::Any).then_some(wanted)
}

/// Checks an expression in a tag, `{{=...}}`. Argo leaves a tag unchanged if it cannot evaluate the expression.
pub(super) fn check_tag(
    node: &Yaml,
    text: &str,
    environment: &Environment,
    findings: &mut Findings,
) {
    let tree = match parse(text, environment) {
        Ok(tree) => tree,
        Err(mut fault) => {
            // The first `}}` ends the tag, even if it closes two maps.
            if fault.help.is_none() && text.matches('{').count() > text.matches('}').count() {
                fault.help = Some(
                    "a tag ends at the first `}}`: put a space between two closing braces"
                        .to_owned(),
                );
            }
            return push(node, text, &fault, false, findings);
        }
    };
    if hyphens(node, text, false, findings) {
        return;
    }
    let faults = check_types(&tree, text, environment).faults;
    let unknown: Vec<_> = faults
        .iter()
        .filter(|fault| fault.trouble == Trouble::Name)
        .collect();
    // A tag without any name of Argo's may belong to another program.
    if let Some(first) = unknown.first()
        && !uses_known_names(&tree, environment)
    {
        let message = format!(
            "Argo does not replace `{{{{={}}}}}`: {}",
            shortened(text),
            first.message
        );
        // A short name is similar to many others, so the suggestion means little.
        let is_long = first.place.of(text).len() > 2;
        let finding = match first.help.clone().filter(|_| is_long) {
            Some(help) => MISSPELT_VARIABLE.at(node, message).help(help),
            None => UNKNOWN_TAG.at(node, message),
        };
        findings.push(finding);
        return;
    }
    push_all(node, text, &faults, environment, findings);
}

/// Adds the first error, because Argo reports only that one, and every warning.
fn push_all(
    node: &Yaml,
    text: &str,
    faults: &[Fault],
    environment: &Environment,
    findings: &mut Findings,
) {
    let first = faults.iter().find(|fault| fault.trouble.is_error());
    let others = faults.iter().filter(|fault| !fault.trouble.is_error());
    // `lastRetry` is also known in tags, but tags know `steps` as well.
    let in_retry = environment.knows("lastRetry") && !environment.knows("steps");
    for fault in first.into_iter().chain(others) {
        push(node, text, fault, in_retry, findings);
    }
}

fn uses_known_names(node: &Node, environment: &Environment) -> bool {
    let mut known = false;
    node.walk(&mut |node| {
        known |= match &node.syntax {
            expression::Syntax::Name(name) => environment.knows(name),
            expression::Syntax::Builtin(..) => true,
            _ => false,
        };
    });
    known
}

fn push(node: &Yaml, text: &str, fault: &Fault, in_retry: bool, findings: &mut Findings) {
    let shown = shortened(text);
    let problem = &fault.message;
    let finding = match fault.trouble {
        Trouble::Syntax | Trouble::Size => INVALID_EXPRESSION.at(
            node,
            format!("the expression `{shown}` is not valid: {problem}"),
        ),
        Trouble::Name | Trouble::Type | Trouble::Fails => INVALID_EXPRESSION.at(
            node,
            format!("Argo cannot evaluate the expression `{shown}`: {problem}"),
        ),
        Trouble::Absent => {
            ABSENT_VARIABLE.at(node, format!("in the expression `{shown}` {problem}"))
        }
        Trouble::NeverEqual => {
            let rule = if in_retry {
                UNCAST_RETRY_VARIABLE
            } else {
                NEVER_EQUAL
            };
            rule.at(node, problem.clone())
        }
    };
    findings.push(finding.maybe_help(fault.help.clone()));
}

/// An expression for a message.
pub(super) fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 60 {
        return line;
    }
    let start: String = line.chars().take(57).collect();
    format!("{start}...")
}

/// Reports hyphens, because `inputs.parameters.my-name` is a subtraction. Says whether it found one.
fn hyphens(node: &Yaml, text: &str, is_refused: bool, findings: &mut Findings) -> bool {
    if !text.contains('-') {
        return false;
    }
    let (tokens, _) = expression::tokens(text);
    let mut found = false;
    for (start, token) in tokens.iter().enumerate() {
        let Some(root @ ("inputs" | "steps" | "tasks" | "workflow" | "outputs")) = word(token)
        else {
            continue;
        };
        let mut end = start + 1;
        while tokens.get(end).is_some_and(|token| is_operator(token, "."))
            && tokens
                .get(end + 1)
                .is_some_and(|token| word(token).is_some())
        {
            end += 2;
        }
        let second = tokens.get(end + 1).and_then(word);
        let first = tokens.get(end - 1).and_then(word);
        if let (true, true, Some(first), Some(second)) = (
            end > start + 1,
            tokens.get(end).is_some_and(|token| is_operator(token, "-")),
            first,
            second,
        ) {
            let message = format!("in an expression `{root}...{first}-{second}` is a subtraction");
            let help = format!("write `['{first}-{second}']` for a name with a hyphen");
            let finding = HYPHEN_IN_EXPRESSION.at(node, message).help(help);
            findings.push(if is_refused { finding.error() } else { finding });
            found = true;
        }
    }
    found
}

fn word(token: &Token) -> Option<&str> {
    match &token.kind {
        TokenKind::Name(name) => Some(name),
        _ => None,
    }
}

fn is_operator(token: &Token, text: &str) -> bool {
    matches!(&token.kind, TokenKind::Operator(operator) if operator == text)
}
