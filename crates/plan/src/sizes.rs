//! Sizes of tasks: the resources that a task should request, from its use in earlier runs.
//!
//! Memory gets a margin, because a task that exceeds its request is killed. CPU gets none, because such a task only
//! becomes slower.

use project::config::{ArgoConfig, Cpu, MachineType, Memory};
use serde::Serialize;

use crate::resources::Machine;

/// Number of attempts that is too small to rely on.
pub const FEW: usize = 3;
/// Share of the attempts that must fit.
const SHARE_THAT_FITS: f64 = 0.95;
/// Share of the attempts that must fit in the first try, if retries get more memory.
const SHARE_OF_FIRST_TRY: f64 = 0.75;
/// Least number of attempts that can show a variation.
const VARIED: usize = 5;
/// Factor by which the maximum must exceed the median.
const VARIES: f64 = 2.0;
/// Memory margin: this share of the use, and at least [`LEAST_MARGIN`].
const MARGIN: f64 = 0.2;
const LEAST_MARGIN: u64 = 64 * MIB;
/// Factor for an attempt that was killed for its memory: it needed more than it had, by an unknown amount.
const KILLED: f64 = 1.5;
/// Factor by which a request may exceed the need before a change is worthwhile.
const SPARE: f64 = 1.25;
/// Factors by which a preferred machine type may exceed the need.
const TYPE_MEMORY: f64 = 1.5;
const TYPE_CPU: f64 = 2.0;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A finished attempt of a task.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Attempt {
    /// Index of the run's kind: runs of one environment in one place (this machine, or clusters) have the same kind.
    pub kind: usize,
    /// Says whether the attempt succeeded. A failed one may have ended before its peak.
    pub succeeded: bool,
    /// Peak memory in bytes.
    pub peak: Option<u64>,
    /// Average number of busy cores.
    pub cores: Option<f64>,
    /// Memory limit in bytes of an attempt that was killed for its memory, if known.
    pub too_few: Option<u64>,
}

/// Distribution of amounts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Number of amounts.
    pub count: usize,
    /// Minimum.
    pub least: f64,
    /// Median.
    pub median: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Maximum.
    pub most: f64,
}

impl Spread {
    /// The distribution of amounts; none without amounts.
    pub fn of(amounts: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut amounts: Vec<f64> = amounts.into_iter().filter(|it| it.is_finite()).collect();
        amounts.sort_by(f64::total_cmp);
        Some(Self {
            count: amounts.len(),
            least: *amounts.first()?,
            median: percentile(&amounts, 0.5)?,
            p95: percentile(&amounts, SHARE_THAT_FITS)?,
            most: *amounts.last()?,
        })
    }
}

/// The least sorted amount that this share of the amounts does not exceed (nearest rank).
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "no history is that long")]
    let rank = (sorted.len() as f64 * share).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank in a list"
    )]
    let rank = rank as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// Resources that a task needs, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Need {
    /// Memory for nearly all attempts, with the margin.
    pub memory: Option<Memory>,
    /// Less memory for the first try, if most attempts fit and the others can be retried with more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growing: Option<Growing>,
    /// Cores.
    pub cpu: Option<Cpu>,
}

/// Memory that grows with each try.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Growing {
    /// Memory of the first try.
    pub first: Memory,
    /// Factor from one try to the next.
    pub factor: u32,
    /// Maximum.
    pub max: Memory,
    /// Number of tries after the first one.
    pub limit: u32,
}

/// Calculates the need of a task from its attempts. Groups the attempts by kind of run, and takes the largest need of a
/// group: a hundred small local runs say nothing about a large one on a cluster.
pub fn need(attempts: &[Attempt]) -> Need {
    let succeeded = |kind| {
        let all = attempts.iter();
        all.filter(move |attempt| attempt.succeeded && attempt.kind == kind)
    };
    let mut kinds: Vec<usize> = attempts.iter().map(|attempt| attempt.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut memory: Option<u64> = None;
    let mut many: Option<u64> = None;
    let mut most: Option<u64> = None;
    let mut varies = false;
    let mut cores: Option<f64> = None;
    for kind in kinds {
        let mut peaks: Vec<f64> = succeeded(kind)
            .filter_map(|attempt| attempt.peak.map(float))
            .collect();
        peaks.sort_by(f64::total_cmp);
        let at = |share| percentile(&peaks, share).map(|peak| with_margin(bytes(peak)));
        memory = memory.max(at(SHARE_THAT_FITS));
        many = many.max(at(SHARE_OF_FIRST_TRY));
        most = most.max(at(1.0));
        if let Some(spread) = Spread::of(peaks.iter().copied()) {
            varies |= spread.count >= VARIED && spread.most >= spread.median * VARIES;
        }
        let used = succeeded(kind).filter_map(|attempt| attempt.cores);
        let used = Spread::of(used).map(|spread| spread.p95);
        cores = [cores, used].into_iter().flatten().reduce(f64::max);
    }
    let too_few = attempts.iter().filter_map(|attempt| attempt.too_few).max();
    let after_kill = too_few.map(|bytes_held| bytes(float(bytes_held) * KILLED));
    let enough = memory.max(after_kill).map(rounded_memory);
    let growing = many
        .filter(|_| varies)
        .zip(most.max(after_kill).max(enough))
        .and_then(|(first, max)| growing(rounded_memory(first), rounded_memory(max), enough?));
    Need {
        memory: enough.map(Memory::of_bytes),
        growing,
        cpu: cores.map(rounded_cores),
    }
}

/// Memory that grows from `first` to `max`, if `first` is clearly less than `enough`.
fn growing(first: u64, max: u64, enough: u64) -> Option<Growing> {
    const FACTOR: u32 = 2;
    const WORTH: f64 = 0.75;
    /// Default number of retries in `retry`.
    const LEAST: u32 = 2;
    if float(first) > float(enough) * WORTH {
        return None;
    }
    let mut limit = 0;
    let mut reached = first;
    while reached < max {
        reached = reached.saturating_mul(u64::from(FACTOR));
        limit += 1;
    }
    Some(Growing {
        first: Memory::of_bytes(first),
        factor: FACTOR,
        max: Memory::of_bytes(max),
        limit: limit.max(LEAST),
    })
}

fn with_margin(peak: u64) -> u64 {
    peak.saturating_add(bytes(float(peak) * MARGIN).max(LEAST_MARGIN))
}

/// Rounds up to a step that people would write: 64 MiB up to 1 GiB, 256 MiB up to 4 GiB, half a GiB up to 16 GiB, then
/// one GiB.
fn rounded_memory(bytes: u64) -> u64 {
    let step = match bytes {
        0..=GIB => 64 * MIB,
        _ if bytes <= 4 * GIB => 256 * MIB,
        _ if bytes <= 16 * GIB => 512 * MIB,
        _ => GIB,
    };
    bytes.max(1).div_ceil(step).saturating_mul(step)
}

/// Rounds up to a step: a tenth of a core up to one core, half a core up to four, then one core. Ignores an excess of a
/// twentieth: a program with one thread uses at most one core, and measured times are not exact.
fn rounded_cores(cores: f64) -> Cpu {
    const CLOSE: f64 = 0.95;
    let steps: [(u64, u64); 3] = [(1000, 100), (4000, 500), (u64::MAX, 1000)];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cores of a machine, above zero"
    )]
    let wanted = (cores.max(0.0) * CLOSE * 1000.0).ceil() as u64;
    let rounded = steps
        .into_iter()
        .find(|(limit, _)| wanted <= *limit)
        .map_or(wanted, |(_, step)| wanted.max(1).div_ceil(step) * step);
    Cpu::of_millicores(rounded)
}

/// Size that a task should request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Size {
    /// CPU.
    pub cpu: Cpu,
    /// Memory, or the memory of the first try if it grows.
    pub memory: Memory,
    /// A machine type with this size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<String>,
    /// Growth of the memory from try to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growing: Option<Growing>,
}

/// Calculates the size that a task should request; none if its size is right, or if nothing is known.
///
/// # Arguments
///
/// * `machine`: Machine that the task requests.
/// * `few`: Whether there are too few attempts to reduce a request.
/// * `grows`: Whether the task's memory already grows with each try.
pub fn size(
    machine: &Machine,
    need: &Need,
    few: bool,
    grows: bool,
    config: &ArgoConfig,
) -> Option<Size> {
    let growing = need.growing.filter(|_| !few);
    let memory = match (growing, need.memory) {
        (Some(growing), _) => growing.first,
        (None, needed) => needed.unwrap_or(machine.memory),
    };
    let memory_is_right = is_right(
        float(machine.memory.bytes()),
        float(memory.bytes()),
        need.memory.is_none(),
        few,
    );
    let memory_is_right = memory_is_right && (growing.is_none() || grows);
    let cpu = need.cpu.unwrap_or(machine.cpu);
    let cpu_is_right = is_right(
        float(machine.cpu.millicores()),
        float(cpu.millicores()),
        need.cpu.is_none(),
        few,
    );
    if memory_is_right && cpu_is_right {
        return None;
    }
    let memory = if memory_is_right {
        machine.memory
    } else {
        memory
    };
    let cpu = if cpu_is_right { machine.cpu } else { cpu };
    let fitting = fitting(machine, memory, cpu, config);
    let (cpu, memory, machine_type) = match fitting {
        Some((name, machine_type)) => (machine_type.cpu, machine_type.mem, Some(name.to_owned())),
        None => (cpu, memory, None),
    };
    let is_same = cpu == machine.cpu && memory == machine.memory;
    if is_same && (growing.is_none() || grows) {
        return None;
    }
    Some(Size {
        cpu,
        memory,
        machine_type: machine_type.filter(|_| !is_same),
        growing: growing.filter(|_| !grows),
    })
}

/// Says whether a request meets the need and exceeds it only a little. With few attempts, no request counts as too
/// much.
fn is_right(asked: f64, needed: f64, unknown: bool, few: bool) -> bool {
    unknown || asked >= needed && (few || asked <= needed * SPARE)
}

/// The smallest machine type that meets the need without much excess, and otherwise equals the task's own.
fn fitting<'a>(
    machine: &Machine,
    memory: Memory,
    cpu: Cpu,
    config: &'a ArgoConfig,
) -> Option<(&'a str, &'a MachineType)> {
    let labels = |name: &str, gpu| config.node_selector(name, gpu);
    let own = labels(&machine.machine_type, machine.gpu);
    let room = |has: u64, needs: u64, most: f64| has >= needs && float(has) <= float(needs) * most;
    config
        .machine_types
        .iter()
        .filter(|(name, it)| {
            it.num_gpu == machine.gpu
                && it.emph_storage == machine.scratch
                && labels(name, it.num_gpu) == own
                && room(it.mem.bytes(), memory.bytes(), TYPE_MEMORY)
                && room(it.cpu.millicores(), cpu.millicores(), TYPE_CPU)
        })
        .min_by_key(|(_, it)| (it.mem, it.cpu))
        .map(|(name, it)| (name.as_str(), it))
}

#[expect(clippy::cast_precision_loss, reason = "amounts are rounded later on")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "amounts above zero; a cast saturates"
)]
fn bytes(amount: f64) -> u64 {
    amount.ceil() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ResourceRule;

    fn held(mib: u64) -> Attempt {
        Attempt {
            succeeded: true,
            peak: Some(mib * MIB),
            cores: Some(1.0),
            ..Attempt::default()
        }
    }

    fn memory(attempts: &[Attempt]) -> Option<String> {
        Some(need(attempts).memory?.to_string())
    }

    #[test]
    fn amounts_are_those_of_the_nearest_rank() {
        let amounts: Vec<f64> = (1..=20).map(f64::from).collect();
        for (share, expected) in [
            (0.5, 10.0),
            (0.75, 15.0),
            (0.95, 19.0),
            (1.0, 20.0),
            (0.0, 1.0),
        ] {
            assert_eq!(percentile(&amounts, share), Some(expected), "{share}");
        }
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[7.0], 0.95), Some(7.0));
        assert_eq!(Spread::of([f64::NAN]), None);
    }

    #[test]
    fn memory_has_a_margin_and_goes_up_to_a_step() {
        for (mib, expected) in [
            (1, "128Mi"),
            (100, "192Mi"),
            (320, "384Mi"),
            (800, "960Mi"),
            (900, "1280Mi"),
            (2000, "2560Mi"),
            (8000, "9728Mi"),
            (30_000, "36Gi"),
        ] {
            let found = memory(&[held(mib), held(mib), held(mib)]);
            assert_eq!(found.as_deref(), Some(expected), "{mib}");
        }
        assert_eq!(memory(&[]), None);
        // A failed attempt may have ended before its peak.
        let failed = Attempt {
            succeeded: false,
            ..held(4000)
        };
        assert_eq!(memory(&[failed]), None);
    }

    #[test]
    fn who_was_killed_needed_more_than_it_had() {
        let killed = |mib: u64| Attempt {
            too_few: Some(mib * MIB),
            ..Attempt::default()
        };
        assert_eq!(memory(&[killed(1024)]).as_deref(), Some("1536Mi"));
        assert_eq!(
            memory(&[held(100), killed(1024)]).as_deref(),
            Some("1536Mi")
        );
        assert_eq!(
            memory(&[held(2000), killed(1024)]).as_deref(),
            Some("2560Mi")
        );
    }

    #[test]
    fn cores_go_up_to_a_step() {
        for (cores, expected) in [
            (0.0, "100m"),
            (0.004, "100m"),
            (0.1, "100m"),
            (0.11, "200m"),
            (0.45, "500m"),
            (1.04, "1"),
            (1.2, "1500m"),
            (3.7, "4"),
            (5.5, "6"),
        ] {
            assert_eq!(rounded_cores(cores).to_string(), expected, "{cores}");
        }
        assert_eq!(need(&[held(1)]).cpu, Some(Cpu::cores(1)));
    }

    #[test]
    fn runs_that_are_not_alike_are_looked_at_by_themselves() {
        let there = Attempt {
            kind: 1,
            ..held(2000)
        };
        let mut attempts = vec![held(50); 200];
        attempts.push(there);
        assert_eq!(memory(&attempts).as_deref(), Some("2560Mi"));
        assert_eq!(need(&attempts).growing, None);
    }

    #[test]
    fn memory_that_varies_grows_with_every_try() {
        let mut attempts = vec![held(200); 9];
        attempts.extend([held(3000)]);
        let growing = need(&attempts).growing.unwrap();
        assert_eq!(growing.first.to_string(), "320Mi");
        assert_eq!(
            (growing.max.to_string(), growing.limit),
            ("3840Mi".to_owned(), 4)
        );
        // Half of the attempts need the maximum: growth would save nothing.
        let mut attempts = vec![held(200); 5];
        attempts.extend([held(3000); 5]);
        assert_eq!(need(&attempts).growing, None);
        assert_eq!(need(&[held(200), held(3000)]).growing, None);
    }

    fn machine(cpu: u32, gib: u32) -> Machine {
        Machine {
            machine_type: "default".to_owned(),
            cpu: Cpu::cores(cpu),
            memory: Memory::gib(gib),
            gpu: 0,
            scratch: None,
            rule: ResourceRule::Default,
            selector: None,
        }
    }

    fn sized(machine: &Machine, attempts: &[Attempt], few: bool, config: &str) -> String {
        let config: ArgoConfig = serde_json::from_str(config).unwrap();
        match size(machine, &need(attempts), few, false, &config) {
            None => "right".to_owned(),
            Some(size) => {
                let name = size.machine_type.map(|name| format!(" {name}"));
                format!("{} {}{}", size.cpu, size.memory, name.unwrap_or_default())
            }
        }
    }

    #[test]
    fn a_size_is_a_machine_type_that_fits_or_amounts() {
        let types = r#"{"machine_types": {
            "small": {"mem": 0.5, "cpu": 1}, "tiny": {"mem": 0.5, "cpu": 0.1}, "large": {"mem": 64, "cpu": 1},
            "gpu": {"mem": 0.5, "cpu": 1, "num_gpu": 1},
            "labelled": {"mem": 0.4, "cpu": 1, "node_selector": {"a": "b"}},
            "scratch": {"mem": 0.4, "cpu": 1, "emph_storage": 1}}}"#;
        let used = [held(300); 3];
        for (machine, attempts, few, config, expected) in [
            (machine(1, 2), &used[..], false, "{}", "1 384Mi"),
            (machine(4, 2), &used, false, "{}", "1 384Mi"),
            (machine(1, 2), &used, false, types, "1 512Mi small"),
            // With few attempts, a request can only grow.
            (machine(1, 2), &used, true, "{}", "right"),
            (machine(1, 2), &[held(4000)], true, "{}", "1 5Gi"),
            (machine(1, 2), &[held(1500); 3], false, "{}", "right"),
            (machine(1, 2), &[], false, "{}", "right"),
        ] {
            assert_eq!(sized(&machine, attempts, few, config), expected);
        }
        let killed = Attempt {
            too_few: Some(2 * GIB),
            ..Attempt::default()
        };
        assert_eq!(sized(&machine(1, 2), &[killed], true, "{}"), "1 3Gi");
        // The task has got more memory since.
        assert_eq!(sized(&machine(1, 3), &[killed], true, "{}"), "right");
    }

    proptest! {
        #[test]
        fn a_size_is_enough_and_is_right_from_then_on(
            peaks in prop::collection::vec(1_u64..200_000, 1..60),
            cores in 0.0_f64..100.0,
            gib in 1_u32..300,
        ) {
            let attempts: Vec<Attempt> = peaks
                .iter()
                .map(|mib| Attempt { cores: Some(cores), ..held(*mib) })
                .collect();
            let need = need(&attempts);
            let mut amounts: Vec<f64> = peaks.iter().map(|mib| float(mib * MIB)).collect();
            amounts.sort_by(f64::total_cmp);
            let p95 = percentile(&amounts, SHARE_THAT_FITS).unwrap();
            let memory = float(need.memory.unwrap().bytes());
            prop_assert!(memory >= p95 * 1.19 && memory >= p95 + float(LEAST_MARGIN) * 0.99);
            let config = ArgoConfig::default();
            let mut machine = machine(1, gib);
            if let Some(size) = size(&machine, &need, false, false, &config) {
                machine.memory = size.memory;
                machine.cpu = size.cpu;
                if let Some(growing) = size.growing {
                    let last = float(growing.first.bytes()) * 2_f64.powi(i32::try_from(growing.limit).unwrap());
                    prop_assert!(growing.first.bytes() == size.memory.bytes() && last >= float(growing.max.bytes()));
                    prop_assert!(growing.max.bytes() >= need.memory.unwrap().bytes());
                }
            }
            prop_assert_eq!(super::size(&machine, &need, false, true, &config), None);
        }
    }
}
