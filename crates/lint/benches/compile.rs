//! Measures the time to plan, lower, lint and write YAML. Prints one JSON line for each size; `make bench` reads it.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints and may stop"
)]

use std::time::Duration;

use argo::spec::Field;
use project::Snapshot;
use project::config::ArgoConfig;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 7;

/// Processor time of this thread, which does all the work. Other programs do not affect it.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}

/// A pipeline of `size` nodes; each reads three datasets of the layer above.
fn pipeline(size: usize) -> Snapshot {
    const WIDTH: usize = 50;
    let nodes: Vec<_> = (0..size)
        .map(|index| {
            let above = index.checked_sub(WIDTH);
            let inputs: Vec<String> = above
                .into_iter()
                .flat_map(|above| [above, above / WIDTH * WIDTH + (above + 1) % WIDTH, above / WIDTH * WIDTH + (above + 7) % WIDTH])
                .map(|above| format!("dataset_{above:05}"))
                .collect();
            json!({"name": format!("transform_the_data_{index:05}"), "inputs": inputs, "outputs": [format!("dataset_{index:05}")]})
        })
        .collect();
    let datasets: serde_json::Map<String, serde_json::Value> = (0..size)
        .map(|index| {
            let dataset = json!({"type": "x.X", "place": "remote", "path": "s3://bucket/data", "registered": true});
            (format!("dataset_{index:05}"), dataset)
        })
        .collect();
    serde_json::from_value(json!({
        "project": {"name": "bench", "package": "bench", "path": "/bench"},
        "environment": "base", "pipelines": ["__default__"], "registered": ["__default__"],
        "nodes": nodes, "datasets": datasets, "parameters": {},
        "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0"},
    }))
    .unwrap()
}

fn main() {
    let config = ArgoConfig::default();
    for size in [1_000, 3_000, 10_000] {
        let snapshot = pipeline(size);
        let mut best = [f64::MAX; 5];
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let start = processor_time();
            let elapsed = || processor_time().checked_sub(start).unwrap();
            let plan = plan::plan(&snapshot, &config).unwrap();
            let planned = elapsed();
            let manifest = compile::lower(&plan, &snapshot, &config, &compile::Options::default());
            let lowered = elapsed();
            let document = manifest.write();
            let text = argo::write::tree_to_yaml(&document).unwrap();
            let written = elapsed();
            let file = lint::manifest::ManifestFile {
                path: String::new(),
                documents: vec![document],
            };
            let findings = lint::manifest::check(&[file]);
            let own = lint::project::check(&snapshot, &config, &plan, lint::Target::Cluster);
            let linted = elapsed();
            assert!(
                findings
                    .iter()
                    .all(|finding| !finding.is_error() || finding.code == "workflow-too-large"),
                "{findings:?}"
            );
            assert!(own.iter().all(|finding| !finding.is_error()));
            bytes = text.len();
            let times = [
                planned,
                lowered.checked_sub(planned).unwrap(),
                written.checked_sub(lowered).unwrap(),
                linted.checked_sub(written).unwrap(),
                linted,
            ];
            for (best, time) in best.iter_mut().zip(times) {
                *best = best.min(time.as_secs_f64() * 1000.0);
            }
        }
        let [plan, lower, yaml, lint, all] = best;
        println!(
            "{}",
            json!({"nodes": size, "plan_ms": plan, "lower_ms": lower, "yaml_ms": yaml, "lint_ms": lint, "all_ms": all, "bytes": bytes})
        );
    }
}
