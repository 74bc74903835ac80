//! Order of tokens: the ones that may follow each kind (`lexerState.go` of govaluate).

use super::Failure;
use super::tokens::Token;

/// Kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Prefix,
    Number,
    Boolean,
    Text,
    Pattern,
    Time,
    Word,
    Field,
    Comma,
    Comparator,
    Logical,
    Modifier,
    Ternary,
    Open,
    Close,
}

/// Says whether a token may follow another one, or stand at the start.
pub(super) fn may_follow(before: Option<Kind>, kind: Kind) -> bool {
    use Kind as K;

    let is_operator = matches!(
        kind,
        K::Modifier | K::Comparator | K::Logical | K::Ternary | K::Comma
    );
    let is_value = matches!(
        kind,
        K::Number | K::Boolean | K::Word | K::Pattern | K::Field | K::Text | K::Time | K::Open
    );
    match before {
        None => is_value || kind == K::Prefix,
        Some(K::Open) => is_value || matches!(kind, K::Prefix | K::Close),
        Some(K::Close) => is_operator || kind == K::Close || is_value && kind != K::Field,
        Some(K::Number | K::Boolean | K::Text | K::Word) => is_operator || kind == K::Close,
        Some(K::Time | K::Pattern) => (is_operator && kind != K::Ternary) || kind == K::Close,
        Some(K::Field) => is_operator || matches!(kind, K::Close | K::Open),
        Some(K::Modifier) => {
            is_value && !matches!(kind, K::Pattern | K::Time)
                || matches!(kind, K::Prefix | K::Close)
        }
        Some(K::Comparator) => is_value || matches!(kind, K::Prefix | K::Close),
        Some(K::Logical) => is_value && kind != K::Pattern || matches!(kind, K::Prefix | K::Close),
        Some(K::Prefix) => {
            is_value && !matches!(kind, K::Pattern | K::Text | K::Time) || kind == K::Close
        }
        Some(K::Ternary) => is_value && kind != K::Pattern || matches!(kind, K::Prefix | K::Comma),
        Some(K::Comma) => is_value && kind != K::Pattern || kind == K::Prefix,
    }
}

/// Checks that brackets are in pairs, and that each token may stand where it does.
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
            Kind::Close
            | Kind::Number
            | Kind::Boolean
            | Kind::Text
            | Kind::Time
            | Kind::Pattern
            | Kind::Word
            | Kind::Field,
        ) => Ok(()),
        Some(_) => Err(Failure::broken("something is missing at its end")),
        None => Err(Failure::broken("it is empty")),
    }
}
