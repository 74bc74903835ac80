//! Choice of an Argo Server.

use super::address::Address;
use super::token::Token;

/// An Argo Server, and its user.
#[derive(Debug, Clone)]
pub struct ArgoServerChoice {
    /// Address of the server.
    pub address: Address,
    /// Token of the user.
    pub token: Token,
    /// Set to accept any certificate.
    pub insecure_skip_verify: bool,
}
