//! Budget of this machine for a run, and messages about it.

use std::ffi::OsString;

use clap::Args;
use engine::{Budget, Gpus, Resolved, Unit, VISIBLE_GPUS};
use indexmap::IndexMap;
use project::config::{Cpu, Memory};
use serde::de::DeserializeOwned;

use crate::render::words;

const HEADING: &str = "Limits for the tasks on this machine";

/// Arguments with which the user says what the machine has.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct MachineArguments {
    /// Cores that tasks may use together [default: all]
    #[arg(long, value_name = "NUMBER", value_parser = amount::<Cpu>, help_heading = HEADING)]
    cpus: Option<Cpu>,

    /// Memory that tasks may use together: a number of GiB, or a quantity such as `512Mi` [default: all]
    #[arg(long, value_name = "AMOUNT", value_parser = amount::<Memory>, help_heading = HEADING)]
    memory: Option<Memory>,

    /// GPUs that tasks may use together [default: those of `CUDA_VISIBLE_DEVICES`, or all]
    #[arg(long, value_name = "NUMBER", help_heading = HEADING)]
    gpus: Option<u8>,
}

impl MachineArguments {
    /// First flag that the user gave.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--cpus", self.cpus.is_some()),
            ("--memory", self.memory.is_some()),
            ("--gpus", self.gpus.is_some()),
        ];
        let mut given = flags.into_iter().filter(|(_, is_given)| *is_given);
        given.next().map(|(flag, _)| flag)
    }

    /// Gives processors and memory; GPUs are counted separately.
    pub(crate) fn budget(&self) -> Budget {
        let all = Budget::of_this_machine();
        Budget {
            millicores: self.cpus.map_or(all.millicores, Cpu::millicores),
            memory: self.memory.map_or(all.memory, Memory::bytes),
            ..all
        }
    }

    /// Variable that hides the machine's GPUs from every task, if the user sets their number to 0.
    pub(crate) fn hidden_gpus(&self) -> Option<(OsString, OsString)> {
        (self.gpus == Some(0)).then(|| (VISIBLE_GPUS.into(), OsString::new()))
    }

    /// GPUs of the run.
    pub(crate) fn gpus(&self) -> Gpus {
        let visible = std::env::var(VISIBLE_GPUS).ok();
        let all = Gpus::of_this_machine(visible.as_deref());
        match self.gpus {
            Some(number) => all.exactly(usize::from(number)),
            None => all,
        }
    }
}

/// Reads an amount as in `argo.yml`: a bare number means cores or GiB; any other text is a quantity.
fn amount<Amount: DeserializeOwned>(text: &str) -> Result<Amount, String> {
    let number = text.parse::<f64>().map(serde_json::Value::from);
    let value = number.unwrap_or_else(|_| text.into());
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// Says which tasks do not get their GPUs, a sentence each. `is_to_run` says which tasks run now.
pub(crate) fn about_gpus(
    resolved: &Resolved,
    gpus: u64,
    is_to_run: impl Fn(&Unit) -> bool,
) -> Vec<String> {
    let units = resolved.units.iter().filter(|unit| is_to_run(unit));
    let asking: Vec<&Unit> = units.filter(|unit| unit.needs.gpus > 0).collect();
    if asking.is_empty() {
        return match gpus {
            0 => Vec::new(),
            _ => vec![format!(
                "no task asks for a GPU, so no task can use the {} of this machine; a cluster does the same",
                words::count(usize::try_from(gpus).unwrap_or(usize::MAX), "GPU")
            )],
        };
    }
    if gpus == 0 {
        let names: Vec<&str> = asking.iter().map(|unit| unit.name.as_str()).collect();
        let (verb, they) = if names.len() == 1 {
            ("asks", "it runs")
        } else {
            ("ask", "they run")
        };
        return vec![format!(
            "this machine has no GPU: {} {verb} for one, but {they} without one",
            words::list(&names)
        )];
    }
    let more = asking.into_iter().filter(|unit| unit.needs.gpus > gpus);
    more.map(|unit| {
        format!(
            "{} asks for {} GPUs, but this machine has only {gpus}: it runs with {gpus}",
            unit.name, unit.needs.gpus
        )
    })
    .collect()
}

/// Says which tasks used more memory than a cluster allows: their peak and their limit, in bytes.
pub(crate) fn about_limits(over: &IndexMap<String, (u64, u64)>) -> Vec<String> {
    over.iter()
        .map(|(task, (peak, limit))| {
            format!(
                "{task} used up to {} of memory, but asks for {}: a cluster would kill it",
                pod::bytes(*peak),
                pod::bytes(*limit)
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_those_of_argo_yml() {
        let bytes = |text: &str| amount::<Memory>(text).map(Memory::bytes);
        assert_eq!(bytes("2"), Ok(2 << 30));
        assert_eq!(bytes("0.5"), Ok(512 << 20));
        assert_eq!(bytes("512Mi"), Ok(512 << 20));
        assert_eq!(amount::<Cpu>("0.5").map(Cpu::millicores), Ok(500));
        assert_eq!(amount::<Cpu>("250m").map(Cpu::millicores), Ok(250));
        for text in ["", "0", "-1", "NaN", "many", "1 GB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
