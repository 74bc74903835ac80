//! The GPUs of this machine, and their assignment to tasks.

use std::path::Path;

/// Variable that tells CUDA, and AMD's HIP, which devices a process may use.
pub const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";
/// Folder of the devices on Linux.
const DEVICES: &str = "/dev";

/// GPUs, by their ids in the variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gpus(Vec<String>);

impl Gpus {
    /// Finds the GPUs of this machine. `visible` is the value of the variable, which limits them to its list.
    pub fn of_this_machine(visible: Option<&str>) -> Self {
        match visible {
            Some(list) => Self::listed(list),
            None => Self::in_folder(Path::new(DEVICES)),
        }
    }

    /// Replaces the GPUs by a given number of them, whatever the machine has.
    #[must_use]
    pub fn exactly(mut self, number: usize) -> Self {
        let numbers = (0..number).map(|number| number.to_string());
        let more: Vec<String> = numbers.filter(|id| !self.0.contains(id)).collect();
        self.0.extend(more);
        self.0.truncate(number);
        self
    }

    /// Counts the GPUs.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Takes the wanted number of GPUs, or as many as are free.
    pub(crate) fn take(&mut self, wanted: u64) -> Self {
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        Self(self.0.drain(..wanted.min(self.0.len())).collect())
    }

    /// Returns GPUs to the free ones.
    pub(crate) fn give_back(&mut self, taken: Self) {
        self.0.extend(taken.0);
    }

    /// Value of the variable for a task that has these GPUs. If its container sets the variable itself (`own`), that
    /// value counts the container's devices from zero.
    pub(crate) fn variable(&self, own: Option<&str>) -> String {
        let Some(own) = own else {
            return self.0.join(",");
        };
        let own = Self::listed(own).0.into_iter().map_while(|id| {
            let by_number = id.parse().ok().and_then(|number: usize| self.0.get(number));
            by_number
                .cloned()
                .or_else(|| self.0.contains(&id).then_some(id))
        });
        own.collect::<Vec<_>>().join(",")
    }

    /// Parses a list of devices. CUDA ignores everything after an invalid device ("CUDA environment variables" in
    /// NVIDIA's programming guide).
    fn listed(list: &str) -> Self {
        let is_one = |id: &&str| !id.is_empty() && !id.starts_with('-') && *id != "NoDevFiles";
        let mut ids: Vec<String> = Vec::new();
        for id in list.split(',').map(str::trim).take_while(is_one) {
            if !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
            }
        }
        Self(ids)
    }

    /// Numbers the devices in a folder from zero, as CUDA does, whatever their files are called.
    fn in_folder(folder: &Path) -> Self {
        let Ok(entries) = fs_err::read_dir(folder) else {
            return Self::default();
        };
        let is_one = |name: &str| {
            let number = name.strip_prefix("nvidia");
            number.is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let found = entries
            .flatten()
            .filter(|entry| entry.file_name().to_str().is_some_and(is_one))
            .count();
        Self::default().exactly(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpus(ids: &[&str]) -> Gpus {
        Gpus(ids.iter().map(|id| (*id).to_owned()).collect())
    }

    #[test]
    fn what_the_variable_lists_is_all_there_is() {
        for (list, ids) in [
            ("0,1", vec!["0", "1"]),
            (
                " 3 , GPU-8932f937,MIG-1",
                vec!["3", "GPU-8932f937", "MIG-1"],
            ),
            ("1,-1,0", vec!["1"]),
            ("2,2", vec!["2"]),
            ("", vec![]),
            ("-1", vec![]),
            ("NoDevFiles", vec![]),
        ] {
            assert_eq!(Gpus::of_this_machine(Some(list)), gpus(&ids), "{list}");
        }
    }

    #[test]
    fn devices_are_found_by_their_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "nvidia3",
            "nvidia12",
            "nvidiactl",
            "nvidia-uvm",
            "null",
            "nvidia",
        ] {
            fs_err::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(Gpus::in_folder(folder.path()), gpus(&["0", "1"]));
        assert_eq!(Gpus::in_folder(&folder.path().join("no")), gpus(&[]));
    }

    #[test]
    fn the_user_says_how_many_there_are() {
        assert_eq!(gpus(&["4", "5"]).exactly(1), gpus(&["4"]));
        assert_eq!(gpus(&["1"]).exactly(2), gpus(&["1", "0"]));
        assert_eq!(gpus(&["1"]).exactly(0), gpus(&[]));
        assert_eq!(gpus(&[]).exactly(2), gpus(&["0", "1"]));
    }

    #[test]
    fn each_task_has_its_own() {
        let mut all = gpus(&["0", "1", "2"]);
        let (one, two, none) = (all.take(1), all.take(5), all.take(1));
        assert_eq!(
            (one.variable(None), two.variable(None)),
            ("0".to_owned(), "1,2".to_owned())
        );
        assert_eq!(none.variable(None), "");
        all.give_back(one);
        assert_eq!(all.take(1), gpus(&["0"]));
    }

    #[test]
    fn a_container_counts_its_own_from_zero() {
        let two = gpus(&["4", "GPU-x"]);
        for (own, variable) in [
            ("0", "4"),
            ("1,0", "GPU-x,4"),
            ("", ""),
            ("-1", ""),
            ("GPU-x", "GPU-x"),
            ("7,0", ""),
        ] {
            assert_eq!(two.variable(Some(own)), variable, "{own}");
        }
    }
}
