//! `when`: a condition in the language of govaluate, with Argo's turn that words are texts.
//!
//! Argo evaluates it after tags are substituted (`shouldExecute` in `workflow/controller/steps.go`): `a == b` compares two
//! texts. What fails is an error and never a panic, also where govaluate panics.

mod order;
mod syntax;
mod tokens;
mod value;

use tokens::{Token, tokens};
use value::Value;

/// Reason why a condition is neither true nor false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Message for people.
    pub message: String,
    /// Is the condition broken whatever its values are? Then it cannot even be read.
    pub is_broken: bool,
}

impl Failure {
    fn broken(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_broken: true,
        }
    }

    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_broken: false,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Says whether a task or step with this condition runs: always where the condition is empty.
///
/// # Errors
///
/// Returns why the condition cannot be read, or why it is neither true nor false.
pub fn holds(condition: &str) -> Result<bool, Failure> {
    if condition.is_empty() {
        return Ok(true);
    }
    let read = tokens(condition)?;
    order::check(&read)?;
    let read = compiled(&read)?;
    syntax::parse(read.clone())?;
    // Argo makes words texts, and has the tokens read again: what has become a pattern stays one.
    let texts: Vec<Token> = read
        .into_iter()
        .map(|token| match token {
            Token::Word(word) => Token::Text(word),
            other => other,
        })
        .collect();
    order::check(&texts)?;
    let tree = syntax::parse(compiled(&texts)?)?;
    match value::evaluate(&tree)? {
        Value::Boolean(holds) => Ok(holds),
        other => Err(Failure::new(format!(
            "it is {}, which is neither true nor false",
            other.shown()
        ))),
    }
}

/// Makes patterns of the texts behind `=~` and `!~`.
fn compiled(tokens: &[Token]) -> Result<Vec<Token>, Failure> {
    let mut compiled = tokens.to_vec();
    for index in 1..compiled.len() {
        let matches = matches!(
            compiled.get(index - 1),
            Some(Token::Comparator("=~" | "!~"))
        );
        if let (true, Some(Token::Text(text))) = (matches, tokens.get(index)) {
            let pattern = value::pattern(text)?;
            if let Some(token) = compiled.get_mut(index) {
                *token = Token::Pattern(pattern);
            }
        }
    }
    Ok(compiled)
}
