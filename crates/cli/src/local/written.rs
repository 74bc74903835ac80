//! Where a run on this machine has written what it makes, with the files that stand in for objects of buckets.

use runs::Written;

use super::like_a_pod::Way;
use crate::error::CommandError;
use crate::record::results;
use crate::record::store::Store;

/// Reads what a run has noted: of each dataset what was written last, and is there. It is in the order in which the
/// datasets were written.
pub(crate) fn here(store: &Store, run: &str) -> Result<Vec<Written>, CommandError> {
    let mut written = all_here(store, run)?;
    written.retain(Written::is_there);
    Ok(written)
}

/// The same, and what is there no more.
pub(crate) fn all_here(store: &Store, run: &str) -> Result<Vec<Written>, CommandError> {
    let mut written = results::all_here(&store.results(run))?;
    if let Some(way) = Way::recorded(store, run)? {
        let buckets = way.buckets(store, run);
        for written in &mut written {
            written.stand_in = Way::stand_in(&buckets, &written.path);
        }
    }
    Ok(written)
}
