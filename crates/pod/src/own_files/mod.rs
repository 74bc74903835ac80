//! The files that a pod has for itself, on a machine that it shares with others.
//!
//! What a template declares (paths of parameters and artifacts, the script, volumes) and `/tmp` are the pod's own; the rest
//! of the disk is as it is. A [`Room`] is the folder in which these files really are, so that inputs are put there before,
//! and outputs are read there after.
//!
//! On Linux a pod enters its room by itself: our program starts in place of the command ([`Room::start`]), takes a mount
//! namespace of its own, and of an ordinary user a user namespace as well, mounts, and becomes the command ([`enter`]).
//! So its process, its signals and its exit code are the command's, and the mounts end with it.
//!
//! ```text
//! /tmp                a folder of the room, in which the folders that are kept are mounted again
//! /srv/out            if `/srv` is there: a folder of the room over `/srv`, in which all that `/srv` has is mounted
//!                     again, less `out`. If `/srv` is not there, the same for `/`
//! a volume            mounted where the template says
//! ```
//!
//! Where the system forbids this ([`possible`]), and for paths in folders that are kept, other paths take the place of the
//! declared ones in words, variables and scripts ([`Room::rename`]). A program that knows a declared path by itself then
//! writes to the path itself, so two pods with the same path must not run at the same time ([`Room::shared`]).

mod declared;
#[cfg(target_os = "linux")]
mod enter;
mod literal;
mod needed;
mod no_program;
mod of_image;
mod plan;
mod possible;
mod rename;
mod room;
mod way;

pub use declared::{Declared, RoomError, Surroundings};
#[cfg(target_os = "linux")]
pub use enter::enter;
pub use needed::needed;
pub use no_program::why_no_program;
pub use plan::{NOT_STARTED, SUBCOMMAND};
pub use possible::possible;
pub use room::{Room, Start, remove};
pub use way::Found;
