//! The languages in a manifest's texts.

pub mod cases;
pub mod condition;
pub mod depends;
pub mod expression;
mod jsonpath;
pub(crate) mod number;
mod numeral;
mod quote;
mod regular_expression;
pub mod selector;
pub mod tags;
