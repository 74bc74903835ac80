//! Temporary errors (`IsTransientErr` in `util/errors/errors.go`), recognized by their messages.

/// Parts of the messages of temporary errors: of networks, of etcd, and of the controller's rate limit.
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

/// Says whether the message of a node is that of a temporary error. Ignores patterns that a cluster adds
/// (`TRANSIENT_ERROR_PATTERN`).
pub(super) fn is_transient(message: &str) -> bool {
    PARTS.iter().any(|part| message.contains(part))
}
