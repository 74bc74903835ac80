//! Tags in a text, `{{name}}` and `{{=expression}}`, and how Argo replaces them.
//!
//! Argo searches for tags in the JSON of a manifest, with quotes and line ends escaped (`Replace` in
//! `util/template/replace.go`, with `fasttemplate`): a tag goes from `{{` to the next `}}`, whatever is between.

mod expression;
mod failure;
mod scan;
mod substitute;
mod values;

pub use failure::Failure;
pub use scan::{Piece, Pieces, Unclosed, has_tag, pieces};
pub use substitute::{substitute, substitute_json};
pub use values::{Strict, Values};
