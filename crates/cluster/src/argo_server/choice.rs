//! Choice of an Argo Server.

use super::address::Address;
use super::token::Token;

/// An Argo Server, and the user who asks it.
#[derive(Debug, Clone)]
pub struct ArgoServerChoice {
    /// Address of the server.
    pub address: Address,
    /// Token of the user.
    pub token: Token,
    /// Says whether any certificate will do.
    pub insecure_skip_verify: bool,
}
