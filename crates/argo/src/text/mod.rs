//! The languages that a manifest's texts are written in.

pub mod expression;
