//! The grammar of expr-lang, as far as telling a broken expression from a sound one needs it.
//!
//! A value, then an operator, then a value, with brackets on a stack: nothing that expr-lang takes
//! is refused.

use diagnostic::yaml::Yaml;

use super::tags;
use super::tokens::{Token, tokens};
use crate::finding::Findings;
use crate::rule::{HYPHEN_IN_EXPRESSION, INVALID_EXPRESSION};

/// Checks the expression a node holds as a whole.
pub(super) fn check_node(node: &Yaml, findings: &mut Findings) {
    // With tags it is known only when it runs.
    if let Some(text) = node.as_str().filter(|text| !tags::has(text)) {
        check(node, text, findings);
    }
}

/// Checks an expression that stands somewhere in a node.
pub(super) fn check(node: &Yaml, expression: &str, findings: &mut Findings) {
    match tokens(expression).and_then(|tokens| grammar(&tokens).map(|()| tokens)) {
        Err(problem) => {
            let message = format!(
                "the expression `{}` is broken: {problem}",
                shortened(expression)
            );
            findings.push(INVALID_EXPRESSION.at(node, message));
        }
        Ok(tokens) => hyphens(node, &tokens, findings),
    }
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

/// Whether an expression compares a variable with a number as it is.
pub(super) fn compares_with_number(expression: &str, variable: &str) -> bool {
    let (Ok(all), Ok(name)) = (tokens(expression), tokens(variable)) else {
        return false;
    };
    let comparison = |token: Option<&Token<'_>>| {
        matches!(
            token,
            Some(Token::Operator("==" | "!=" | "<" | ">" | "<=" | ">="))
        )
    };
    let number = |token: Option<&Token<'_>>| matches!(token, Some(Token::Number(_)));
    all.windows(name.len()).enumerate().any(|(start, window)| {
        let same = window.iter().zip(&name).all(|(left, right)| left == right);
        let before = |distance: usize| start.checked_sub(distance).and_then(|index| all.get(index));
        let after = |distance: usize| all.get(start + name.len() + distance);
        let whole = !matches!(before(1), Some(Token::Operator("." | "?.")));
        same && whole
            && (comparison(after(0)) && number(after(1))
                || comparison(before(1)) && number(before(2)))
    })
}

const WORD_OPERATORS: &[&str] = &[
    "and",
    "or",
    "in",
    "matches",
    "contains",
    "startsWith",
    "endsWith",
];

/// What a bracket was opened for.
#[derive(Clone, Copy, PartialEq)]
enum Bracket {
    Round,
    Square,
    Curly,
}

struct Grammar {
    open: Vec<Bracket>,
    wants_value: bool,
    /// Whether an end, a closing bracket or a colon may come where a value is wanted.
    may_close: bool,
}

fn grammar(tokens: &[Token<'_>]) -> Result<(), String> {
    let loose = tokens.contains(&Token::Word("if"));
    let mut state = Grammar {
        open: Vec::new(),
        wants_value: true,
        may_close: false,
    };
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let next = tokens.get(index + 1);
        index += 1;
        if loose {
            state.brackets_only(token)?;
        } else if state.wants_value {
            index += state.value(token, next)?;
        } else {
            index += state.operator(token, next)?;
        }
    }
    if !state.open.is_empty() {
        return Err("a bracket is not closed".to_owned());
    }
    if !loose && state.wants_value && !state.may_close {
        return Err(if tokens.is_empty() {
            "it is empty"
        } else {
            "it ends too early"
        }
        .to_owned());
    }
    Ok(())
}

impl Grammar {
    fn brackets_only(&mut self, token: &Token<'_>) -> Result<(), String> {
        match token {
            Token::Operator("(") => self.open.push(Bracket::Round),
            Token::Operator("[") => self.open.push(Bracket::Square),
            Token::Operator("{") => self.open.push(Bracket::Curly),
            Token::Operator(close @ (")" | "]" | "}")) => self.close(close)?,
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, bracket: Bracket) {
        self.open.push(bracket);
        self.wants_value = true;
        self.may_close = true;
    }

    fn close(&mut self, text: &str) -> Result<(), String> {
        let bracket = match text {
            ")" => Bracket::Round,
            "]" => Bracket::Square,
            _ => Bracket::Curly,
        };
        if self.open.pop() != Some(bracket) {
            return Err(format!("`{text}` closes nothing"));
        }
        self.wants_value = false;
        self.may_close = false;
        Ok(())
    }

    /// Takes a token where a value is wanted; says how many more it took.
    fn value(&mut self, token: &Token<'_>, next: Option<&Token<'_>>) -> Result<usize, String> {
        match token {
            Token::Word("not") | Token::Operator("!" | "-" | "+") => self.may_close = false,
            Token::Word("let") => {
                return match next {
                    Some(Token::Word(_)) => {
                        // The name; its `=` comes where an operator is wanted.
                        self.wants_value = false;
                        Ok(1)
                    }
                    _ => Err("`let` has no name".to_owned()),
                };
            }
            Token::Word(word) if WORD_OPERATORS.contains(word) => {
                return Err(format!("`{word}` stands where a value belongs"));
            }
            Token::Number(_) | Token::Text | Token::Word(_) | Token::Operator("#") => {
                self.wants_value = false;
            }
            // Inside a predicate: a field of the current element.
            Token::Operator(".") if matches!(next, Some(Token::Word(_))) => {
                self.wants_value = false;
                return Ok(1);
            }
            Token::Operator("(") => self.open(Bracket::Round),
            Token::Operator("[") => self.open(Bracket::Square),
            Token::Operator("{") => self.open(Bracket::Curly),
            Token::Operator(close @ (")" | "]" | "}")) if self.may_close => self.close(close)?,
            Token::Operator(":")
                if self.may_close && self.open.last() == Some(&Bracket::Square) => {}
            Token::Operator(text) => return Err(format!("`{text}` stands where a value belongs")),
        }
        Ok(0)
    }

    /// Takes a token where an operator is wanted; says how many more it took.
    fn operator(&mut self, token: &Token<'_>, next: Option<&Token<'_>>) -> Result<usize, String> {
        match token {
            Token::Operator("." | "?.") => {
                return match next {
                    Some(Token::Word(_)) => Ok(1),
                    Some(Token::Operator("[")) if *token == Token::Operator("?.") => Ok(0),
                    _ => Err("a name has to follow `.`".to_owned()),
                };
            }
            Token::Operator("(") => self.open(Bracket::Round),
            Token::Operator("[") => self.open(Bracket::Square),
            Token::Operator(close @ (")" | "]" | "}")) => self.close(close)?,
            Token::Word("not") => {}
            Token::Word(word) if WORD_OPERATORS.contains(word) => self.after_operator(false),
            Token::Operator("{" | "!" | "#") | Token::Number(_) | Token::Text | Token::Word(_) => {
                return Err(format!("an operator is missing before {}", token.shown()));
            }
            Token::Operator(":") => {
                let slice = self.open.last() == Some(&Bracket::Square);
                self.after_operator(slice);
            }
            // A list may end with a comma, a program with a semicolon.
            Token::Operator("," | ";") => self.after_operator(true),
            Token::Operator(_) => self.after_operator(false),
        }
        Ok(0)
    }

    fn after_operator(&mut self, may_close: bool) {
        self.wants_value = true;
        self.may_close = may_close;
    }
}

/// `inputs.parameters.my-name` is a subtraction.
fn hyphens(node: &Yaml, tokens: &[Token<'_>], findings: &mut Findings) {
    for (start, token) in tokens.iter().enumerate() {
        let Token::Word(root @ ("inputs" | "steps" | "tasks" | "workflow" | "outputs")) = token
        else {
            continue;
        };
        let mut end = start + 1;
        while matches!(tokens.get(end), Some(Token::Operator(".")))
            && matches!(tokens.get(end + 1), Some(Token::Word(_)))
        {
            end += 2;
        }
        let path = end > start + 1;
        if let (true, Some(Token::Operator("-")), Some(Token::Word(second))) =
            (path, tokens.get(end), tokens.get(end + 1))
        {
            let Some(Token::Word(first)) = tokens.get(end - 1) else {
                continue;
            };
            let message = format!("in an expression `{root}...{first}-{second}` is a subtraction");
            let help = format!("write `['{first}-{second}']` for a name with a hyphen");
            findings.push(HYPHEN_IN_EXPRESSION.at(node, message).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> Result<(), String> {
        tokens(text).and_then(|tokens| grammar(&tokens))
    }

    #[test]
    fn sound_expressions() {
        for good in [
            "1 + 1",
            "asInt(lastRetry.exitCode) == 137 || lastRetry.message matches 'OOM|evicted'",
            "inputs.parameters['a-b'] ?? 'none'",
            "not (a in [1, 2,]) && !b",
            "a not in [1..3]",
            "filter(list, {.size > 1 and # != nil})",
            "map(list, # + 1)[1:]",
            "list[:2] | len()",
            "let x = 3; x * 2",
            "{'a': 1, b: [2], }",
            "a?.b?.[0] ? b : c",
            "sprig.trim(`raw \\`) + \"q\\\"q\"",
            "2 ** -1 % 3",
            "if a { 1 } else { 2 }",
            "1_000 + 0xFF + 1e3 + .5",
            "steps['x'].outputs.result /* why */ // end",
            "toJson({})",
            "now()",
        ] {
            assert_eq!(verdict(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn broken_expressions() {
        for bad in [
            "",
            "1 +",
            "a b",
            "(a",
            "a)",
            "a == 'x",
            "== 1",
            "a..",
            "a.",
            "f(a b)",
            "[1, , 2]",
            "a && || b",
            "{'a': }",
            "let = 3",
        ] {
            assert!(verdict(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn text_compared_with_a_number() {
        let bad = |text| compares_with_number(text, "lastRetry.exitCode");
        assert!(bad("lastRetry.exitCode == 1") && bad("x && 2 < lastRetry.exitCode"));
        assert!(!bad("asInt(lastRetry.exitCode) == 1") && !bad("lastRetry.exitCode == \"1\""));
    }
}
