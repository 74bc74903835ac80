//! Names of the files that tasks hand datasets over in; the tasks use the same names
//! (`python/argo_kedro/handoff.py`).

use sha2::{Digest, Sha256};

/// Most characters of a file's name.
const LONGEST: usize = 200;

/// Names the file of a handed-over dataset.
pub(crate) fn handoff_file(dataset: &str) -> String {
    file_name(dataset, "pickle")
}

/// Names the file that notes which version of a dataset a run reads (`python/argo_kedro/load_versions.py`).
pub(crate) fn version_file(dataset: &str) -> String {
    file_name(dataset, "version")
}

fn file_name(dataset: &str, ending: &str) -> String {
    let is_plain = |byte: &u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_')
    };
    let mut name = String::with_capacity(dataset.len());
    for byte in dataset.bytes() {
        if is_plain(&byte) {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    if name.len() > LONGEST {
        let digest = Sha256::digest(dataset.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        name = format!("{}%-{digest}", &name[..100]);
    }
    format!("{name}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_names_that_tasks_give_them() {
        // These names come from `argo_kedro.handoff.file_name`.
        assert_eq!(handoff_file("model_1.a-b"), "model_1.a-b.pickle");
        assert_eq!(handoff_file("Data/ü@x"), "%44ata%2f%c3%bc%40x.pickle");
        let long = handoff_file(&"x".repeat(201));
        assert_eq!(long.len(), 100 + 2 + 64 + ".pickle".len());
        assert!(long.starts_with(&format!("{}%-", "x".repeat(100))));
    }
}
