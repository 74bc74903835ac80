//! Argo Server as the way to a cluster, for users without a kubeconfig.
//!
//! This crate uses the Kubernetes API. Here a service takes its place that translates requests to Argo Server's REST
//! API and answers like the API server, so that the rest of the crate works with both. What differs in kind has a file
//! of its own: [`action`], [`logs`].

pub(crate) mod action;
mod address;
mod choice;
mod connection;
mod failure;
mod greeting;
mod logs;
mod reply;
mod request;
mod service;
mod token;
mod way;

pub use address::{Address, AddressDefaults};
pub use choice::ArgoServerChoice;
pub(crate) use connection::ArgoServer;
pub use failure::ArgoServerError;
pub use greeting::{ArgoServerGreeting, User};
pub(crate) use logs::Reading;
pub use token::Token;
