//! Basic authentication.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::credentials::Secret;

/// Value of the `Authorization` header for a name and a password.
pub(super) fn basic(user: &str, password: &Secret) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{user}:{}", password.0))
    )
}
