//! Dialogue with the user at the terminal: questions, progress, output, Ctrl-C.

pub(crate) mod ask;
pub(crate) mod end_of_run;
pub(crate) mod interrupt;
pub(crate) mod printer;
pub(crate) mod reporter;
pub(crate) mod steps;
pub(crate) mod wrapped;
