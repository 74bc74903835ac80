//! Examples of what users type, by command.

/// A line to type, and what it does.
pub(super) type Example = (&'static str, &'static str);

/// Gives the examples of a command; for the program, those that a new user needs first.
pub(super) fn of(command: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, examples)| examples)
}

const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "argo-kedro",
        &[
            (
                "argo-kedro init",
                "Add argo.yml, a Dockerfile and a .dockerignore to the project",
            ),
            ("argo-kedro plan", "Show the tasks of the pipeline"),
            ("argo-kedro run", "Run the pipeline on this machine"),
            (
                "argo-kedro submit --watch",
                "Run the pipeline on Argo Workflows, and show its progress",
            ),
            ("argo-kedro status", "Show why the latest run failed"),
            ("argo-kedro retry", "Continue the latest run"),
        ],
    ),
    (
        "argo-kedro-init",
        &[(
            "argo-kedro init --yes",
            "Add the missing files without questions",
        )],
    ),
    (
        "argo-kedro-plan",
        &[
            (
                "argo-kedro plan --pipelines training",
                "Show the tasks of one pipeline",
            ),
            (
                "argo-kedro plan -o mermaid > plan.mmd",
                "Write the tasks as a flowchart",
            ),
        ],
    ),
    (
        "argo-kedro-lint",
        &[
            (
                "argo-kedro lint --target local",
                "Check the project for a run on this machine",
            ),
            (
                "argo-kedro lint manifests/",
                "Check all manifests in a folder",
            ),
            (
                "argo-kedro lint --explain missing-credentials",
                "Show the page of a rule",
            ),
        ],
    ),
    (
        "argo-kedro-compile",
        &[
            (
                "argo-kedro compile -o workflow.yaml",
                "Write the Workflow into a file",
            ),
            (
                "argo-kedro compile --check workflow.yaml",
                "In CI: exit with 1 if the file is out of date",
            ),
        ],
    ),
    (
        "argo-kedro-build",
        &[
            (
                "argo-kedro build --push",
                "Build the image and push it to its registry",
            ),
            (
                "argo-kedro build --why",
                "List the files that have changed since the last image",
            ),
        ],
    ),
    (
        "argo-kedro-run",
        &[
            (
                "argo-kedro run --from-nodes split --params depth=3",
                "Run a part of the pipeline with a parameter",
            ),
            (
                "argo-kedro run --cpus 4 --memory 8",
                "Use at most 4 cores and 8 GiB for tasks",
            ),
            (
                "argo-kedro run --dry-run",
                "Show which tasks would run side by side",
            ),
            (
                "argo-kedro run --from-nodes split --from-run @latest",
                "Begin in the middle, with data of the latest run",
            ),
            ("argo-kedro run --only-stale", "Run only what has changed"),
            (
                "argo-kedro run --watch-files",
                "Run what has changed each time that a file is saved",
            ),
            (
                "argo-kedro run -o json > events.jsonl",
                "Write each event as one line of JSON",
            ),
        ],
    ),
    (
        "argo-kedro-submit",
        &[
            (
                "argo-kedro submit --env prod --wait",
                "Run with conf/prod, and wait for the end",
            ),
            (
                "argo-kedro submit --dry-run=server",
                "Let the API server check the manifest, and start nothing",
            ),
            (
                "argo-kedro submit --from training --params depth=3",
                "Run a deployed WorkflowTemplate",
            ),
        ],
    ),
    (
        "argo-kedro-deploy",
        &[
            (
                "argo-kedro deploy --yes",
                "Create or update the WorkflowTemplate without a question",
            ),
            (
                "argo-kedro deploy --kind cronworkflow",
                "Create a CronWorkflow for each schedule of argo.yml",
            ),
        ],
    ),
    (
        "argo-kedro-schedule",
        &[
            ("argo-kedro schedule list", "List the schedules"),
            (
                "argo-kedro schedule suspend nightly",
                "Start no more runs of the schedule nightly",
            ),
        ],
    ),
    (
        "argo-kedro-list",
        &[(
            "argo-kedro list --cluster",
            "List the runs in the namespace, also those of others",
        )],
    ),
    (
        "argo-kedro-status",
        &[(
            "argo-kedro status flights-x7k2p -o json",
            "Show the state of a run as JSON",
        )],
    ),
    (
        "argo-kedro-logs",
        &[
            (
                "argo-kedro logs -f",
                "Show the output of the latest run until it ends",
            ),
            (
                "argo-kedro logs @latest train --tail 20",
                "Show the last 20 lines of one task",
            ),
        ],
    ),
    (
        "argo-kedro-watch",
        &[(
            "argo-kedro watch --logs",
            "Show the progress and the output of the latest run",
        )],
    ),
    (
        "argo-kedro-retry",
        &[
            ("argo-kedro retry flights-x7k2p", "Continue a run"),
            (
                "argo-kedro retry --restart-successful --nodes train",
                "Run a node and all after it again",
            ),
        ],
    ),
    (
        "argo-kedro-resubmit",
        &[(
            "argo-kedro resubmit --from-run --params depth=3",
            "Start a new run, and skip what depth does not change",
        )],
    ),
    (
        "argo-kedro-stop",
        &[
            ("argo-kedro stop flights-x7k2p", "Stop a run"),
            (
                "argo-kedro stop @latest --node approve --message late",
                "Let a suspended task fail",
            ),
        ],
    ),
    (
        "argo-kedro-resume",
        &[(
            "argo-kedro resume @latest --node approve --output-parameter answer=yes",
            "End a suspended task, and give it the value that it asks for",
        )],
    ),
    (
        "argo-kedro-delete",
        &[(
            "argo-kedro delete --older-than 7d --yes",
            "Delete the runs on this machine that are older than a week",
        )],
    ),
    (
        "argo-kedro-man",
        &[
            ("argo-kedro man | man -l -", "Read the page of the program"),
            (
                "argo-kedro man --to ~/.local/share/man/man1",
                "Install the pages: then man argo-kedro-run finds its page",
            ),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::arguments::Arguments;

    #[test]
    fn each_example_can_be_typed() {
        let mut seen = 0;
        let mut commands = vec!["argo-kedro".to_owned()];
        let program = Arguments::command();
        commands.extend(
            program
                .get_subcommands()
                .map(|command| format!("argo-kedro-{}", command.get_name())),
        );
        for command in commands {
            for (line, _) in of(&command) {
                let words = line
                    .split(' ')
                    .take_while(|word| !["|", ">"].contains(word));
                Arguments::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
                let is_of = command == "argo-kedro" || line.replace(' ', "-").starts_with(&command);
                assert!(is_of, "{line} is an example of {command}");
                seen += 1;
            }
        }
        assert!(seen > 20, "{seen}");
    }
}
