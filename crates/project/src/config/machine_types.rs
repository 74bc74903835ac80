//! Machine types by name: those of `argo.yml`, and the built-in ones.

use diagnostic::did_you_mean;
use indexmap::IndexMap;

use super::argo_config::ArgoConfig;
use super::machine_type::{
    DEFAULT_MACHINE_TYPE, G2_GPU, MachineType, known_machine_type, known_machine_types,
};

impl ArgoConfig {
    /// Finds a machine type by name: in the configuration, among the known machines, or the default one.
    pub fn machine_type(&self, name: &str) -> Option<MachineType> {
        self.machine_types
            .get(name)
            .cloned()
            .or_else(|| known_machine_type(name))
            .or_else(|| (name == DEFAULT_MACHINE_TYPE).then(MachineType::default))
    }

    /// Labels that a node of the cluster must have to run this machine type.
    ///
    /// A combination of machine types (`a+b`) has no labels of its own, but its GPUs still need a suitable node.
    pub fn node_selector(&self, name: &str, gpu: u32) -> IndexMap<String, String> {
        if let Some(configured) = self.machine_types.get(name) {
            // The configured machine type is complete, even if it has the name of a known machine.
            return configured.node_selector.clone().unwrap_or_default();
        }
        if gpu > 0 && known_machine_type(name).is_some() {
            let (label, value) = G2_GPU;
            return IndexMap::from([(label.to_owned(), value.to_owned())]);
        }
        IndexMap::new()
    }

    /// Help for an unknown machine type. Only Google's g2 family is built in, so only a name of that family counts as a
    /// misspelling of one of its machines.
    pub fn machine_type_help(&self, name: &str) -> String {
        const FAMILY: &str = "g2-";
        let known = known_machine_types().iter().map(|(known, ..)| *known);
        let known = known.filter(|_| name.to_lowercase().starts_with(FAMILY));
        let own = self.machine_types.keys().map(String::as_str);
        let own = own.filter(|own| may_be_one_family(name, own));
        let suggestion = did_you_mean(name, own.chain([DEFAULT_MACHINE_TYPE]).chain(known));
        suggestion.unwrap_or_else(|| {
            let configured: Vec<&str> = self.machine_types.keys().map(String::as_str).collect();
            let suffix = match configured.as_slice() {
                [] => String::new(),
                names => format!("; configured: {}", names.join(", ")),
            };
            format!(
                "add it to `machine_types` in argo.yml: {{{name}: {{mem: GIB, cpu: CORES}}}}{suffix}"
            )
        })
    }

    /// All names that a node can request.
    pub fn machine_type_names(&self) -> impl Iterator<Item = &str> {
        self.machine_types
            .keys()
            .map(String::as_str)
            .chain(known_machine_types().iter().map(|(name, ..)| *name))
            .chain([DEFAULT_MACHINE_TYPE])
    }
}

/// Says whether two names may be machines of one family of a cloud: `n1-standard-4` has no GPU, and `g2-standard-4` has
/// one. True for names of another format.
fn may_be_one_family(name: &str, other: &str) -> bool {
    let family = |name: &str| {
        let (family, _) = name.split_once(['-', '.', '_'])?;
        Some(family.to_ascii_lowercase())
    };
    match (family(name), family(other)) {
        (Some(one), Some(other)) => {
            let has_number = |family: &str| family.contains(|letter: char| letter.is_ascii_digit());
            one == other || !has_number(&one) && !has_number(&other)
        }
        _ => true,
    }
}
