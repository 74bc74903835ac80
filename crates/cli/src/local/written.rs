//! Places to which a run on this machine has written its datasets, with the files that stand in for
//! objects of buckets.

use runs::Written;

use super::like_a_pod::Way;
use crate::error::CommandError;
use crate::record::results;
use crate::record::store::Store;
use crate::terminal::printer::Printer;

/// Reads the notes of a run: the last write of each dataset, if its data still exists, in the order of writing.
pub(crate) fn here(
    store: &Store,
    run: &str,
    printer: Printer,
) -> Result<Vec<Written>, CommandError> {
    let mut written = all_here(store, run, printer)?;
    written.retain(Written::is_there);
    Ok(written)
}

/// Reads the notes of a run as [`here`] does, with data that no longer exists.
pub(crate) fn all_here(
    store: &Store,
    run: &str,
    printer: Printer,
) -> Result<Vec<Written>, CommandError> {
    let mut written = results::all_here(&store.results(run), printer)?;
    if let Some(way) = Way::recorded(store, run)? {
        let buckets = way.buckets(store, run);
        for written in &mut written {
            written.stand_in = way.stand_in(&buckets, &written.path);
        }
    }
    Ok(written)
}
