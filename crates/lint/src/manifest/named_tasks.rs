//! Tasks and steps whose values an expression requires.

use argo::text::expression::{Environment, Node, Syntax, parse};

/// Names of the tasks or steps whose values an expression always needs.
///
/// Gives no name if the expression contains a condition or a `??`: it may then handle the absence of a task.
///
/// # Arguments
///
/// * `word`: `tasks` or `steps`.
pub(super) fn named_tasks(text: &str, word: &str) -> Vec<String> {
    // Another rule reports an expression that cannot be parsed.
    let Ok(tree) = parse(text, &Environment::of_argo()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut may_do_without = false;
    tree.walk(&mut |node| {
        may_do_without |= chooses(node);
        if let Syntax::Member { of, optional, .. } = &node.syntax
            && !optional
            && let Some(name) = task(of, word)
        {
            found.push(name.to_owned());
        }
    });
    if may_do_without { Vec::new() } else { found }
}

/// The name in `tasks.NAME` or `tasks['NAME']`.
fn task<'a>(node: &'a Node, word: &str) -> Option<&'a str> {
    let Syntax::Member { of, property, .. } = &node.syntax else {
        return None;
    };
    match (&of.syntax, &property.syntax) {
        (Syntax::Name(root), Syntax::Text(name)) if root == word => Some(name),
        _ => None,
    }
}

fn chooses(node: &Node) -> bool {
    use argo::text::expression::BinaryOperator as B;
    matches!(
        node.syntax,
        Syntax::Conditional { .. } | Syntax::Binary(B::And | B::Or | B::Coalesce | B::In, ..)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tasks_that_an_expression_needs_are_named() {
        for (text, expected) in [
            ("tasks.b.outputs.result", &["b"][..]),
            ("tasks['b-c'].status + 'x'", &["b-c"]),
            ("sprig.trim(tasks.b.outputs.parameters.x)", &["b"]),
            ("steps.b.outputs.result", &[]),
            ("tasks.b?.outputs.result", &[]),
            ("tasks.b.outputs.result ?? 'none'", &[]),
            ("'b' in tasks ? tasks.b.status : 'none'", &[]),
            ("tasks.name", &[]),
            ("len(tasks)", &[]),
            ("tasks.", &[]),
        ] {
            assert_eq!(named_tasks(text, "tasks"), expected, "{text}");
        }
    }
}
