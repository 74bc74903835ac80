//! `when`: a condition in govaluate's language, in which Argo reads words as texts.
//!
//! Argo evaluates the condition after it substitutes tags (`shouldExecute` in `workflow/controller/steps.go`): `a == b`
//! compares two texts. A failure is an error and never a panic, even where govaluate panics.

mod evaluate;
mod failure;
mod kind;
mod operand;
mod order;
mod syntax;
mod tokens;

pub use failure::Failure;
use operand::Operand;
use tokens::{Token, tokens};

/// Greatest number of `=~` and `!~` in a condition: a regular expression takes long to compile.
const MOST_MATCHES: usize = 100;

/// Says whether a task or step with this condition runs. An empty condition is true.
///
/// # Errors
///
/// Returns why the condition cannot be read, or why it is neither true nor false.
pub fn holds(condition: &str) -> Result<bool, Failure> {
    if condition.is_empty() {
        return Ok(true);
    }
    let read = tokens(condition)?;
    if read.iter().filter(|token| is_match(token)).count() > MOST_MATCHES {
        return Err(Failure::new("it has too many regular expressions"));
    }
    order::check(&read)?;
    let read = compiled(&read)?;
    syntax::parse(read.clone())?;
    // Argo turns words into texts and parses the tokens again; patterns of the first pass stay patterns.
    let texts: Vec<Token> = read
        .into_iter()
        .map(|token| match token {
            Token::Word(word) => Token::Text(word),
            other => other,
        })
        .collect();
    order::check(&texts)?;
    let tree = syntax::parse(compiled(&texts)?)?;
    match evaluate::evaluate(&tree)? {
        Operand::Boolean(holds) => Ok(holds),
        other => Err(Failure::new(format!(
            "{}{}{}",
            failure::IT_IS,
            other.shown(),
            failure::NEITHER
        ))),
    }
}

/// Says whether a token is `=~` or `!~`.
fn is_match(token: &Token) -> bool {
    matches!(token, Token::Comparator("=~" | "!~"))
}

/// Turns the texts after `=~` and `!~` into patterns.
fn compiled(tokens: &[Token]) -> Result<Vec<Token>, Failure> {
    let mut compiled = tokens.to_vec();
    for index in 1..compiled.len() {
        let is_pattern = compiled.get(index - 1).is_some_and(is_match);
        if let (true, Some(Token::Text(text))) = (is_pattern, tokens.get(index)) {
            let pattern = evaluate::pattern(text)?;
            if let Some(token) = compiled.get_mut(index) {
                *token = Token::Pattern(pattern);
            }
        }
    }
    Ok(compiled)
}
