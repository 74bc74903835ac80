//! Files of a pod alone, on a machine that it shares with others.
//!
//! The declared paths of a template (parameters, artifacts, the script, volumes) and `/tmp` belong to the pod alone;
//! the rest of the disk is shared. A [`Room`] is the folder that really holds these files: inputs are placed there
//! before the start, and outputs are read there after the end.
//!
//! On Linux a pod enters its room by itself: this program starts in place of the command ([`Room::start`]), creates a
//! mount namespace, and for an ordinary user a user namespace as well, mounts, and execs the command ([`enter`]). So
//! the process, its signals and its exit code are the command's, and the mounts end with it.
//!
//! ```text
//! /tmp                a folder of the room, in which the folders that are kept are mounted again
//! /srv/out            if `/srv` is there: a folder of the room over `/srv`, in which all that `/srv` has is mounted
//!                     again, less `out`. If `/srv` is not there, the same for `/`
//! a volume            mounted where the template says
//! ```
//!
//! If the system forbids this ([`possible`]), and for paths in kept folders, replacement paths stand in for the
//! declared ones in commands, variables and scripts ([`Room::rename`]). A program with a hard-coded declared path then
//! writes to that path itself, so two pods with the same path must not run at the same time ([`Room::shared`]).

mod declared;
#[cfg(target_os = "linux")]
mod enter;
mod needed;
mod no_program;
mod of_image;
mod plan;
mod possible;
mod rename;
mod room;
mod shared_path;
mod way;

pub use declared::{Declared, RoomError, Surroundings};
#[cfg(target_os = "linux")]
pub use enter::enter;
pub use needed::needed;
pub use no_program::why_no_program;
pub use plan::{NOT_STARTED, SUBCOMMAND};
pub use possible::possible;
pub use room::{Room, Start, remove};
pub use way::ResolvedPath;
