//! Errors of the way through an Argo Server, distinguished by what the user can do.
//!
//! The client of Kubernetes passes answers on, and errors only as a status. So this module puts an error into a status
//! with a reason that no API server uses, and reads it back when errors are converted.

use kube::core::Status;

/// Error of an Argo Server, in addition to those that an API server may give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgoServerError {
    /// The text is not a valid address.
    #[error("`{text}` is not the address of an Argo Server: {cause}")]
    Address {
        /// The text, without a password.
        text: String,
        /// Reason.
        cause: String,
    },
    /// The token is not valid.
    #[error("cannot use the token for the Argo Server: {cause}")]
    Token {
        /// Reason, without the token.
        cause: String,
    },
    /// The namespace is defined nowhere.
    #[error("nothing says which namespace of the Argo Server at {server} to use")]
    NoNamespace {
        /// Address of the server.
        server: String,
    },
    /// The server does not answer.
    #[error("cannot reach the Argo Server at {server}: {cause}")]
    Unreachable {
        /// Address of the server.
        server: String,
        /// Reason, from the network.
        cause: String,
    },
    /// The server's certificate is not trusted, or it does not use TLS.
    #[error("no trusted connection to the Argo Server at {server}: {cause}")]
    Tls {
        /// Address of the server.
        server: String,
        /// Reason.
        cause: String,
    },
    /// Another kind of server answers at the address.
    #[error("what answers at {server} is not an Argo Server: {cause}")]
    Other {
        /// Address of the server.
        server: String,
        /// Answer of the server.
        cause: String,
    },
    /// The server does not know the request.
    #[error(
        "the Argo Server at {server} does not know this request, so it is of another version: {cause}"
    )]
    OtherVersion {
        /// Address of the server.
        server: String,
        /// Message of the server.
        cause: String,
    },
    /// The server failed to do what was requested.
    #[error("the Argo Server at {server} says: {cause}")]
    Failed {
        /// Address of the server.
        server: String,
        /// Message of the server.
        cause: String,
    },
    /// The server requires a token, and there is none.
    #[error("the Argo Server at {server} needs a token, and there is none: {cause}")]
    NoToken {
        /// Address of the server.
        server: String,
        /// Message of the server.
        cause: String,
    },
    /// The server rejects the token.
    #[error("the Argo Server at {server} does not accept the token: {cause}")]
    RefusedToken {
        /// Address of the server.
        server: String,
        /// Message of the server.
        cause: String,
    },
    /// The API of Argo Server has no such request.
    #[error("Argo Server cannot {cause}: this needs the Kubernetes API")]
    NotOffered {
        /// Name of the request, as in permissions.
        cause: String,
    },
}

const UNREACHABLE: &str = "ArgoServerUnreachable";
const TLS: &str = "ArgoServerTls";
const OTHER: &str = "NoArgoServer";
const OTHER_VERSION: &str = "ArgoServerVersion";
const FAILED: &str = "ArgoServerFailed";
const TOKEN: &str = "ArgoServerToken";
const NO_TOKEN: &str = "NoArgoServerToken";
const REFUSED_TOKEN: &str = "ArgoServerTokenRefused";
const NOT_OFFERED: &str = "NotOfArgoServer";

impl ArgoServerError {
    /// Puts the error into a status, which passes through the client.
    pub(super) fn status(&self) -> Status {
        // The client does not retry these codes, and checks that may not see an object ignore them.
        let (reason, code, cause) = match self {
            Self::Unreachable { cause, .. } => (UNREACHABLE, 500, cause),
            Self::Tls { cause, .. } => (TLS, 500, cause),
            Self::Other { cause, .. } | Self::Address { cause, .. } => (OTHER, 500, cause),
            Self::OtherVersion { cause, .. } => (OTHER_VERSION, 500, cause),
            Self::Failed { cause, .. } => (FAILED, 500, cause),
            Self::Token { cause } => (TOKEN, 401, cause),
            Self::NoToken { cause, .. } => (NO_TOKEN, 401, cause),
            Self::RefusedToken { cause, .. } => (REFUSED_TOKEN, 401, cause),
            Self::NotOffered { cause } => (NOT_OFFERED, 403, cause),
            Self::NoNamespace { server } => (OTHER, 500, server),
        };
        Status::failure(cause, reason).with_code(code)
    }

    /// Reads the error from a status; none if the status carries none.
    ///
    /// # Arguments
    ///
    /// * `server`: Address of the Argo Server.
    pub(crate) fn carried(status: &Status, server: &str) -> Option<Self> {
        let (server, cause) = (server.to_owned(), status.message.clone());
        Some(match status.reason.as_str() {
            UNREACHABLE => Self::Unreachable { server, cause },
            TLS => Self::Tls { server, cause },
            OTHER => Self::Other { server, cause },
            OTHER_VERSION => Self::OtherVersion { server, cause },
            FAILED => Self::Failed { server, cause },
            TOKEN => Self::Token { cause },
            NO_TOKEN => Self::NoToken { server, cause },
            REFUSED_TOKEN => Self::RefusedToken { server, cause },
            NOT_OFFERED => Self::NotOffered { cause },
            _ => return None,
        })
    }

    /// Says whether a status means that Argo Server has no such request.
    pub(crate) fn is_not_offered(status: &Status) -> bool {
        status.reason == NOT_OFFERED
    }

    /// Says whether the error may pass by itself.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Other { .. } | Self::Failed { .. }
        )
    }
}
