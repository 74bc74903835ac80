//! Texts for people and programs, made of plain data.

pub(crate) mod annotations;
pub(crate) mod checks;
pub(crate) mod comparison;
pub(crate) mod costs;
pub(crate) mod diagnostics;
pub(crate) mod going_on;
pub(crate) mod graph;
pub(crate) mod json;
pub(crate) mod numbers;
pub(crate) mod path;
pub(crate) mod plan;
pub(crate) mod results;
pub(crate) mod runs;
pub(crate) mod sarif;
pub(crate) mod schedules;
pub(crate) mod shell_word;
pub(crate) mod sizes;
pub(crate) mod table;
pub(crate) mod tree;
pub(crate) mod unified;
pub(crate) mod waves;
pub(crate) mod words;
