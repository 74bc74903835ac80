//! The languages in a manifest's texts.

pub mod cases;
pub mod condition;
pub mod expression;
mod number;
mod pattern;
mod quote;
pub mod tags;
