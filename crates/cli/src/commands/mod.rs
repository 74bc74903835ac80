//! One file per command; [`dispatch`] chooses the one that the user typed.

pub(crate) mod build;
pub(crate) mod compile;
pub(crate) mod completion;
pub(crate) mod delete;
pub(crate) mod deploy;
pub(crate) mod dispatch;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod exec;
pub(crate) mod init;
pub(crate) mod keep;
pub(crate) mod lifecycle;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod man;
pub(crate) mod notify;
pub(crate) mod plan;
pub(crate) mod reach;
pub(crate) mod resubmit;
pub(crate) mod results;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod run_containers;
pub(crate) mod run_in_image;
pub(crate) mod schedule;
pub(crate) mod schema;
pub(crate) mod sizes;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod watch;

use crate::error::CommandError;
use crate::error::exit::Exit;

type Result = std::result::Result<Exit, CommandError>;
