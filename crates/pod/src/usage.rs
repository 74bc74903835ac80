//! Time and memory that a task used, as the outputs of its template.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use marks::outputs;
use nix::sys::resource::{UsageWho, getrusage};
use runs::private;

/// Variable that names another folder for the files.
const VARIABLE: &str = "ARGO_KEDRO_USAGE";

/// Writes what a task used, and returns its maximum of memory in bytes.
///
/// # Arguments
///
/// * `started`: Time of its start.
/// * `held`: Maximum that its processes held together, in bytes.
/// * `written`: Paths of its results.
pub(crate) fn record(started: Instant, held: u64, written: String) -> Option<u64> {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    // `max_rss` is the maximum of a single process.
    let peak = held.max(u64::try_from(used.max_rss()).ok()? * unit);
    let seconds = |time: nix::sys::time::TimeVal| {
        #[expect(clippy::cast_precision_loss, reason = "hundredths are shown")]
        let seconds = time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        seconds
    };
    let cpu = seconds(used.user_time()) + seconds(used.system_time());
    let folder =
        std::env::var_os(VARIABLE).map_or_else(|| PathBuf::from(outputs::FOLDER), PathBuf::from);
    let files = [
        (outputs::PEAK_MEMORY, peak.to_string()),
        (outputs::CPU, format!("{cpu:.2}")),
        (
            outputs::DURATION,
            format!("{:.2}", started.elapsed().as_secs_f64()),
        ),
        (outputs::WRITTEN, written),
    ];
    // The container may have a read-only disk, which does not fail the task.
    if let Err(error) = write(&folder, &files) {
        let _ = writeln!(
            std::io::stderr(),
            "cannot note what this task used and where its results are: {error}"
        );
    }
    Some(peak)
}

fn write(folder: &Path, files: &[(&str, String)]) -> io::Result<()> {
    private::make_folder(folder)?;
    for (name, text) in files {
        let file = folder.join(name);
        // Do not write to a file or a link of the task.
        match fs_err::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if !private::make(&file, text)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_anew_or_it_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("usage");
        for text in ["1", "2"] {
            write(&there, &[("cpu", text.to_owned())]).unwrap();
            assert_eq!(fs_err::read_to_string(there.join("cpu")).unwrap(), text);
        }
        fs_err::create_dir(there.join("memory")).unwrap();
        write(&there, &[("memory", String::new())]).unwrap_err();
        write(&there.join("cpu"), &[]).unwrap_err();
    }
}
