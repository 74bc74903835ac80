//! Failures on the way through an Argo Server, told apart by what the user can do.
//!
//! The client of Kubernetes hands on answers, and errors only as a status. So what goes wrong is put into a status
//! here, with a reason that no API server has, and taken out where errors become ours.

use kube::core::Status;

/// Reason why an Argo Server refused or failed, besides the reasons that an API server may give as well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgoServerError {
    /// A text is not its address.
    #[error("`{text}` is not the address of an Argo Server: {cause}")]
    Address {
        /// The text, without a password.
        text: String,
        /// Reason.
        cause: String,
    },
    /// The token cannot be used.
    #[error("cannot use the token for the Argo Server: {cause}")]
    Token {
        /// Reason, without the token.
        cause: String,
    },
    /// Error: nobody says which namespace.
    #[error("nothing says which namespace of the Argo Server at {server} to use")]
    NoNamespace {
        /// Address of the server.
        server: String,
    },
    /// Error: the server does not answer.
    #[error("cannot reach the Argo Server at {server}: {cause}")]
    Unreachable {
        /// Address of the server.
        server: String,
        /// Reason, in the words of the network.
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
    /// Something else answers there.
    #[error("what answers at {server} is not an Argo Server: {cause}")]
    Other {
        /// Address of the server.
        server: String,
        /// Answer of the server.
        cause: String,
    },
    /// Error: the server does not know a request.
    #[error(
        "the Argo Server at {server} does not know this request, so it is of another version: {cause}"
    )]
    OtherVersion {
        /// Address of the server.
        server: String,
        /// Message of the server.
        cause: String,
    },
    /// Error: the server could not do what it was asked.
    #[error("the Argo Server at {server} says: {cause}")]
    Failed {
        /// Address of the server.
        server: String,
        /// Message of the server.
        cause: String,
    },
    /// Error: the server wants to know who asks, and there is no token.
    #[error("the Argo Server at {server} needs a token, and there is none: {cause}")]
    NoToken {
        /// Address of the server.
        server: String,
        /// Message of the server.
        cause: String,
    },
    /// Error: the server does not accept the token.
    #[error("the Argo Server at {server} does not accept the token: {cause}")]
    RefusedToken {
        /// Address of the server.
        server: String,
        /// Message of the server.
        cause: String,
    },
    /// No request of its API does it.
    #[error("Argo Server cannot {cause}: this needs the Kubernetes API")]
    NotOffered {
        /// Request, as permissions name it.
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
    /// The status that carries it through the client.
    pub(super) fn status(&self) -> Status {
        // Codes that the client does not try again, and that a look at what cannot be seen passes over.
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

    /// The error that a status carries, if it carries one.
    ///
    /// # Arguments
    ///
    /// * `server`: The address of the Argo Server.
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

    /// Says whether a status says that no request of Argo Server's does it.
    pub(crate) fn is_not_offered(status: &Status) -> bool {
        status.reason == NOT_OFFERED
    }

    /// Says whether the next try may go otherwise without anybody doing something.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Other { .. } | Self::Failed { .. }
        )
    }
}
