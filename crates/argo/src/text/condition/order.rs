//! Checks the order of tokens (`checkExpressionSyntax` and `checkBalance` of govaluate).

use super::failure::Failure;
use super::kind::{TokenKind, may_follow};
use super::tokens::Token;

/// Checks that brackets match, and that each token may follow the one before it.
pub(super) fn check(tokens: &[Token]) -> Result<(), Failure> {
    let opened = tokens.iter().filter(|token| matches!(token, Token::Open));
    let closed = tokens.iter().filter(|token| matches!(token, Token::Close));
    if opened.count() != closed.count() {
        return Err(Failure::broken("brackets in it are not in pairs"));
    }
    let mut before: Option<&Token> = None;
    for token in tokens {
        if !may_follow(before.map(Token::kind), token.kind()) {
            return Err(Failure::broken(match before {
                None => format!("it cannot begin with `{}`", token.shown()),
                Some(before) => {
                    format!("`{}` cannot follow `{}`", token.shown(), before.shown())
                }
            }));
        }
        before = Some(token);
    }
    match before.map(Token::kind) {
        Some(
            TokenKind::Close
            | TokenKind::Number
            | TokenKind::Boolean
            | TokenKind::Text
            | TokenKind::Time
            | TokenKind::Pattern
            | TokenKind::Word
            | TokenKind::Field,
        ) => Ok(()),
        Some(_) => Err(Failure::broken("something is missing at its end")),
        None => Err(Failure::broken("it is empty")),
    }
}
