//! Tags: `{{name}}` and `{{=expression}}` in a text, and what Argo makes of them.
//!
//! Argo looks for tags in the JSON of a manifest, with quotes and line ends escaped (`Replace` in
//! `util/template/replace.go`, with `fasttemplate`): a tag goes from `{{` to the next `}}`, whatever stands between them.

mod expression;
mod scan;
mod substitute;

pub use scan::{Piece, Pieces, Unclosed, has_tag, pieces};
pub use substitute::{Failure, Strict, Values, substitute};
