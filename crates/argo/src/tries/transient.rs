//! Errors that pass by themselves (`IsTransientErr` in `util/errors/errors.go`), known by what a message says.

/// Parts of the messages of such errors: of networks, of etcd, and of the controller's own brake.
const PARTS: &[&str] = &[
    "unexpected error when reading response body",
    "stream error when reading response body",
    "Connection closed by foreign host",
    "net/http: TLS handshake timeout",
    "i/o timeout",
    "connection timed out",
    "connection reset by peer",
    "http2: client connection lost",
    "http2: server sent GOAWAY and closed the connection",
    "request did not complete within requested timeout",
    "connect: connection refused",
    "invalid connection",
    "etcdserver: leader changed",
    "etcdserver: request timed out",
    "etcdserver: too many requests",
    "client rate limiter Wait returned an error",
    "upper: no more rows in",
];

/// Says whether the message of a node is that of such an error. A pattern that a cluster adds
/// (`TRANSIENT_ERROR_PATTERN`) is not known here.
pub(super) fn is_transient(message: &str) -> bool {
    PARTS.iter().any(|part| message.contains(part))
}
