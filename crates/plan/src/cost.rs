//! Resources that tasks request over time, and their cost.

use project::config::{ArgoConfig, Memory, Price};
use serde::Serialize;

use crate::resources::Machine;

/// Resources that are reserved over time, and their cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Core hours.
    pub core_hours: f64,
    /// GiB hours of memory.
    pub gib_hours: f64,
    /// GPU hours.
    pub gpu_hours: f64,
    /// Cost; none if a price is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<f64>,
}

/// Calculates the cost of a machine for a number of hours. Uses the price of the machine type if it has one, else the
/// prices of its resources, which must all be known.
pub fn cost(machine: &Machine, hours: f64, config: &ArgoConfig) -> Cost {
    let cores = thousandths(machine.cpu.millicores());
    let gib = gib(machine.memory);
    let gpus = f64::from(machine.gpu);
    let prices = &config.prices;
    let part = |amount: f64, price: Option<Price>| match price {
        Some(price) => Some(amount * price.amount()),
        None => (amount == 0.0).then_some(0.0),
    };
    let by_parts = || {
        let cpu = part(cores, prices.cpu_hour)?;
        Some(cpu + part(gib, prices.mem_gib_hour)? + part(gpus, prices.gpu_hour)?)
    };
    let an_hour = own_price(machine, config)
        .map(Price::amount)
        .or_else(by_parts);
    Cost {
        core_hours: cores * hours,
        gib_hours: gib * hours,
        gpu_hours: gpus * hours,
        money: an_hour.map(|price| price * hours),
    }
}

/// The price of the machine type, if the task requests exactly that machine.
fn own_price(machine: &Machine, config: &ArgoConfig) -> Option<Price> {
    let named = config.machine_types.get(&machine.machine_type)?;
    let is_same = named.cpu == machine.cpu
        && named.mem == machine.memory
        && named.num_gpu == machine.gpu
        && named.emph_storage == machine.scratch;
    named.price_hour.filter(|_| is_same)
}

impl Cost {
    /// The sum of two costs; without a price if one of them has none.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            core_hours: self.core_hours + other.core_hours,
            gib_hours: self.gib_hours + other.gib_hours,
            gpu_hours: self.gpu_hours + other.gpu_hours,
            money: self.money.zip(other.money).map(|(one, other)| one + other),
        }
    }

    /// Difference to another cost; negative if this one is less.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            core_hours: self.core_hours - other.core_hours,
            gib_hours: self.gib_hours - other.gib_hours,
            gpu_hours: self.gpu_hours - other.gpu_hours,
            money: self.money.zip(other.money).map(|(one, other)| one - other),
        }
    }

    /// Zero cost, whatever the prices.
    pub fn nothing() -> Self {
        Self {
            money: Some(0.0),
            ..Self::default()
        }
    }
}

fn gib(memory: Memory) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an amount of memory")]
    let bytes = memory.bytes() as f64;
    bytes / f64::from(1_u32 << 30)
}

#[expect(clippy::cast_precision_loss, reason = "cores of a machine")]
fn thousandths(millicores: u64) -> f64 {
    millicores as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use project::config::Cpu;

    use super::*;
    use crate::ResourceRule;

    #[test]
    fn a_machine_costs_its_own_price_or_those_of_its_parts() {
        let machine = |name: &str, gib, gpu| Machine {
            machine_type: name.to_owned(),
            cpu: Cpu::cores(2),
            memory: Memory::gib(gib),
            gpu,
            scratch: None,
            rule: ResourceRule::Default,
            selector: None,
        };
        let own = r#"{"machine_types": {"large": {"cpu": 2, "mem": 8, "price_hour": 3},
            "gpu": {"cpu": 2, "mem": 8, "num_gpu": 1}}, "prices": {"cpu_hour": 0.5, "mem_gib_hour": 0.25}}"#;
        for (config, machine, money) in [
            (own, machine("large", 8, 0), Some(6.0)),
            // With another amount of memory, it is a different machine.
            (own, machine("large", 4, 0), Some(4.0)),
            (own, machine("other", 8, 0), Some(6.0)),
            // The price of a GPU is unknown.
            (own, machine("gpu", 8, 1), None),
            ("{}", machine("large", 8, 0), None),
            (
                r#"{"prices": {"cpu_hour": 1}}"#,
                machine("large", 8, 0),
                None,
            ),
            (
                r#"{"prices": {"cpu_hour": 0, "mem_gib_hour": 0}}"#,
                machine("large", 8, 0),
                Some(0.0),
            ),
        ] {
            let config: ArgoConfig = serde_json::from_str(config).unwrap();
            let found = cost(&machine, 2.0, &config);
            assert_eq!(found.money, money, "{} {config:?}", machine.machine_type);
            assert!((found.core_hours - 4.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_sum_with_something_unknown_is_unknown() {
        let known = Cost {
            core_hours: 1.0,
            money: Some(2.0),
            ..Cost::default()
        };
        let unknown = Cost {
            money: None,
            ..known
        };
        assert_eq!(Cost::nothing().plus(known).money, Some(2.0));
        assert_eq!(known.plus(unknown).money, None);
        assert_eq!(known.minus(known), Cost::nothing());
    }
}
