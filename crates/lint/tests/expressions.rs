//! Expressions in each place of a manifest that holds one: how Argo v4.1.2 treats them there.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use lint::manifest::{ManifestFile, check};

/// The codes of the findings about a manifest, after `EXPRESSION` in it is replaced.
fn codes(manifest: &str, expression: &str) -> Vec<String> {
    let quoted = serde_json::to_string(expression).expect("a text is JSON");
    let text = manifest.replace("EXPRESSION", &quoted);
    let documents = diagnostic::yaml::parse("case", &text).expect("a case is YAML");
    let file = ManifestFile {
        path: "case".to_owned(),
        documents,
    };
    check(&[file])
        .into_iter()
        .map(|found| found.code.into_owned())
        .filter(|code| !code.starts_with("unused"))
        .collect()
}

fn table(manifest: &str, good: &[&str], bad: &[(&str, &str)]) {
    for expression in good {
        assert_eq!(codes(manifest, expression), [""; 0], "{expression}");
    }
    for (code, expression) in bad {
        assert_eq!(codes(manifest, expression), [*code], "{expression}");
    }
}

const ERROR: &str = "invalid-expression";
const ABSENT: &str = "absent-variable";
const NEVER: &str = "never-equal";
const UNCAST: &str = "uncast-retry-variable";

const HEAD: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: a-}
spec:
  entrypoint: main
";

#[test]
fn retries() {
    let manifest = format!(
        "{HEAD}
  templates:
  - name: main
    retryStrategy: {{limit: 1, expression: EXPRESSION}}
    container: {{image: a}}"
    );
    table(
        &manifest,
        &[
            "asInt(lastRetry.exitCode) > 1",
            "int(retries) < 2 && lastRetry.message contains 'OOM'",
            "lastRetry.exitCode in ['1', '137']",
            "sprig.int(lastRetry.exitCode) > 1",
            "sprig.contains('OOM', lastRetry.message)",
            "asFloat(lastRetry.duration) < 60",
            "not (lastRetry.exitCode == '1')",
            "let x = lastRetry.exitCode; x == '137'",
            "lastRetry?.exitCode == '137'",
            "lastRetry.status == 'Error' ? true : false",
            "(lastRetry.phase ?? 'none') == 'none'",
            "lastRetry.message matches '(?i)evicted|oom'",
            "jsonpath(lastRetry.message, '$.retry')",
            "any(split(lastRetry.message, ' '), {# == 'OOM'})",
            "lastRetry.message | lower() | hasPrefix('oom')",
            "sprig.default('1', lastRetry.code) == '1'",
            "",
        ],
        &[
            (ERROR, "status == 'Failed'"),
            (ERROR, "asint(lastRetry.exitCode) > 1"),
            (ERROR, "sprig.nope(lastRetry.exitCode) > 1"),
            (ERROR, "sprig.env('HOME') == ''"),
            (ERROR, "sprig.trunc('2', lastRetry.message) == 'ab'"),
            (ERROR, "sprig.upper() == 'A'"),
            (ERROR, "lastRetries.exitCode != '1'"),
            (ERROR, "lastRetry.status == Failed"),
            (ERROR, "lastRetry.status = 'Failed'"),
            (ERROR, "lastRetry.status === 'Failed'"),
            (ERROR, "lastRetry..status == 'Failed'"),
            (ERROR, "lastRetry.status =="),
            (ERROR, "lastRetry.status eq 'Failed'"),
            (ERROR, "lastRetry.status & 'Failed'"),
            (ERROR, "lastRetry.exitCode"),
            (ERROR, "'lastRetry.exitCode'"),
            (ERROR, "asInt(lastRetry.exitCode)"),
            (ERROR, "lastRetry.exitCode > 1"),
            (ERROR, "lastRetry.code > 1"),
            (ERROR, "lastRetry.exitCode.value == '1'"),
            (ERROR, "lastRetry.node.name == 'a'"),
            (ERROR, "lastRetry.exitCode && true"),
            (ERROR, "!lastRetry.exitCode"),
            (ERROR, "retries > 1"),
            (ERROR, "retries == 1"),
            (ERROR, "lastRetry == 'Failed'"),
            (ERROR, "workflow.name != ''"),
            (ERROR, "asInt() > 1"),
            (ERROR, "len(retries, 2) > 1"),
            (ERROR, "asInt(lastRetry) > 1"),
            (ERROR, "asInt(lastRetry.code) > 1"),
            (ERROR, "upper(1) == 'A'"),
            (ERROR, "lastRetry.message matches '('"),
            (ERROR, "'a' ?? 'b' == 'c'"),
            (ERROR, "nil"),
            (ABSENT, "lastRetry.phase == 'Failed'"),
            (ABSENT, "lastRetry.exitcode == '137'"),
            (ABSENT, "lastRetry['code'] != '1'"),
            (ABSENT, "sprig.int(lastRetry.code) > 1"),
            (ABSENT, "lastRetry.code != nil && lastRetry.code > 1"),
            (UNCAST, "lastRetry.exitCode == 137"),
            (UNCAST, "lastRetry.exitCode in [1, 137]"),
        ],
    );
}

#[test]
fn hooks_of_the_workflow() {
    let manifest = format!(
        "{HEAD}
  arguments: {{parameters: [{{name: size, value: big}}]}}
  hooks:
    running: {{template: main, expression: EXPRESSION}}
  templates:
  - name: main
    container: {{image: a}}"
    );
    table(
        &manifest,
        &[
            "workflow.status == 'Running'",
            "workflow.parameters.size == 'big' && float(workflow.duration) > 60",
            "workflow.labels['team'] == 'a'",
            "(workflow.parameters.other ?? 'x') in ['x']",
            "workflow.creationTimestamp.Y == '2026'",
        ],
        &[
            (ERROR, "workflow.status = 'Failed'"),
            (ERROR, "steps.a.status == 'Failed'"),
            (ERROR, "workflow.status"),
            (ERROR, "workflow.status.phase == 'Failed'"),
            (ERROR, "status == 'Failed'"),
            (ABSENT, "workflow.stat == 'Failed'"),
            (ABSENT, "workflow.parameters.siz == 'big'"),
            (NEVER, "workflow.parameters.size == 3"),
            (NEVER, "workflow.parameters.size == true"),
        ],
    );
}

#[test]
fn hooks_of_steps_and_tasks() {
    let steps = format!(
        "{HEAD}
  templates:
  - name: main
    inputs: {{parameters: [{{name: size, value: big}}]}}
    steps:
    - - name: a
        template: say
    - - name: b-c
        template: say
        hooks:
          failed: {{template: say, expression: EXPRESSION}}
  - name: say
    container: {{image: a}}"
    );
    table(
        &steps,
        &[
            "steps.a.status == 'Failed'",
            "steps['b-c'].status == 'Running' && inputs.parameters.size == 'big'",
            "int(steps.a.exitCode ?? '0') > 1",
            "workflow.status == 'Running'",
        ],
        &[
            (ERROR, "steps.a.status == .."),
            (ERROR, "tasks.a.status == 'Failed'"),
            (ERROR, "steps.z.status == 'Failed'"),
            (ERROR, "steps.a.exitCode > 1"),
            (ERROR, "item == 'x'"),
            (ABSENT, "steps.a.phase == 'Failed'"),
            (ABSENT, "inputs.parameters.color == 'red'"),
            (NEVER, "steps.a.exitCode == 1"),
        ],
    );
    assert_eq!(
        codes(&steps, "steps.b-c.status == 'Failed'"),
        ["hyphen-in-expression"]
    );
    let tasks = steps
        .replace(
            "    steps:\n    - - name: a",
            "    dag:\n     tasks:\n      - name: a",
        )
        .replace("    - - name: b-c", "      - name: b-c\n        depends: a");
    table(
        &tasks,
        &[
            "tasks.a.status == 'Failed'",
            "tasks['b-c'].status == 'Running'",
        ],
        &[
            (ERROR, "steps.a.status == 'Failed'"),
            (ABSENT, "tasks.a.stat == 'Failed'"),
        ],
    );
}

#[test]
fn schedules() {
    let manifest = "
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: a}
spec:
  schedules: ['* * * * *']
  stopStrategy: {expression: EXPRESSION}
  workflowSpec:
    entrypoint: main
    templates:
    - name: main
      container: {image: a}";
    table(
        manifest,
        &[
            "cronworkflow.failed >= 3",
            "cronworkflow.succeeded > 0 and cronworkflow.labels.team == 'a'",
            "cronworkflow['labels.json'] != nil",
            "cronworkflow.lastScheduledTime == nil",
            "cronworkflow.lastScheduledTime.Year() > 2026",
        ],
        &[
            (ERROR, "failed >= 3"),
            (ERROR, "cronworkflow.fail >= 3"),
            (ERROR, "cronworkflow.failed"),
            (ERROR, "cronworkflow.failed >= '3'"),
            (ERROR, "asInt(cronworkflow.name) >= 3"),
            (ERROR, "sprig.int(cronworkflow.name) >= 3"),
            (ERROR, "workflow.status == 'Failed'"),
            (ERROR, ""),
            (NEVER, "cronworkflow.failed == '3'"),
        ],
    );
}

#[test]
fn conditions_of_http() {
    let manifest = format!(
        "{HEAD}
  templates:
  - name: main
    http: {{url: 'http://a', successCondition: EXPRESSION}}"
    );
    table(
        &manifest,
        &[
            "response.statusCode == 200",
            "response.statusCode in [200, 202..204]",
            "response.body contains 'ok' && request.method == 'GET'",
            "response.headers['Content-Type'][0] startsWith 'text'",
            "response.headers.Get('Content-Type') == 'text/plain'",
            "fromJSON(response.body).ready",
            "",
        ],
        &[
            (ERROR, "response.statusCode = 200"),
            (ERROR, "statusCode == 200"),
            (ERROR, "response.statusCode"),
            (ERROR, "response.statusCode > '200'"),
            (ERROR, "asInt(response.body) == 1"),
            (ERROR, "jsonpath(response.body, '$.ready')"),
            (ERROR, "inputs.parameters.x == 'a'"),
            (ABSENT, "response.status == 200"),
            (NEVER, "response.statusCode == '200'"),
        ],
    );
}

#[test]
fn outputs_of_steps_and_dags() {
    let dag = format!(
        "{HEAD}
  templates:
  - name: main
    inputs: {{parameters: [{{name: size, value: big}}]}}
    dag: {{tasks: [{{name: a, template: say}}]}}
    outputs: {{parameters: [{{name: o, valueFrom: {{expression: EXPRESSION}}}}]}}
  - name: say
    container: {{image: a}}
    outputs: {{parameters: [{{name: x, valueFrom: {{path: /x}}}}]}}"
    );
    table(
        &dag,
        &[
            "tasks.a.outputs.parameters.x ?? 'none'",
            "inputs.parameters.size == 'big' ? tasks.a.outputs.result : 1",
            "sprig.trim(tasks['a'].outputs.parameters.x)",
        ],
        &[
            (ERROR, "workflow.name"),
            (ERROR, "steps.a.outputs.result"),
            (ERROR, "tasks.b.outputs.result"),
            (ERROR, "input.parameters.size"),
            (ABSENT, "tasks.a.outputs.parameters.y"),
            (ABSENT, "inputs.parameters.color"),
        ],
    );
    let artifact = dag
        .replace(
            "parameters: [{name: o, valueFrom: {expression: EXPRESSION}}]",
            "artifacts: [{name: o, fromExpression: EXPRESSION}]",
        )
        .replace(
            "outputs: {parameters: [{name: x, valueFrom: {path: /x}}]}",
            "outputs: {artifacts: [{name: x, path: /x}]}",
        );
    table(
        &artifact,
        &[
            "inputs.parameters.size == 'big' ? tasks.a.outputs.artifacts.x : tasks.a.outputs.artifacts.x",
        ],
        &[
            (ERROR, "tasks.a.status"),
            (ERROR, "'x'"),
            (ERROR, "tasks.a.outputs.artifacts.x ? 1"),
        ],
    );
}

#[test]
fn transformations_of_data() {
    let manifest = format!(
        "{HEAD}
  templates:
  - name: main
    data:
      source: {{artifactPaths: {{name: a, s3: {{bucket: b, key: k}}}}}}
      transformation:
      - expression: EXPRESSION
      - expression: 'len(data) > 0 ? data : []'
    outputs: {{artifacts: [{{name: f, path: /f}}]}}"
    );
    table(
        &manifest,
        &[
            "filter(data, {# endsWith 'main.log'})",
            "map(data, {upper(#)})",
            "data[:2]",
        ],
        &[
            (ERROR, "filter(paths, {# endsWith 'main.log'})"),
            (ERROR, "filter(data, {# + 1})"),
            (ERROR, "filter(data, {#.key == 'a'})"),
            (ERROR, "map(data, {sprig.upper(#)})"),
            (ERROR, "filter(data {# endsWith 'main.log'})"),
        ],
    );
}

#[test]
fn labels_from_expressions() {
    let manifest = format!(
        "{HEAD}
  arguments: {{parameters: [{{name: size, value: big}}]}}
  workflowMetadata: {{labelsFrom: {{size: {{expression: EXPRESSION}}}}}}
  templates:
  - name: main
    container: {{image: a}}"
    );
    table(
        &manifest,
        &["workflow.parameters.size", "string(1 + 1)"],
        &[
            (ERROR, "1 + 1"),
            (ERROR, "parameters.size"),
            (ERROR, "workflow.parameters.size =="),
        ],
    );
}

#[test]
fn tags() {
    let manifest = format!(
        "{HEAD}
  arguments: {{parameters: [{{name: size, value: big}}]}}
  templates:
  - name: main
    inputs: {{parameters: [{{name: count, value: '1'}}]}}
    container: {{image: a, args: [EXPRESSION]}}"
    );
    table(
        &manifest,
        &[
            "{{=asInt(inputs.parameters.count) * 10}} {{=sprig.upper(workflow.parameters.size)}}",
            "{{=item.x + 1}} {{=workflow.parameters.none ?? 'none'}}",
            "{{=jsonpath(workflow.parameters.json, '$[0].value') == 'big'}}",
            "{{=toJson(filter([1, 3], {# > 1}))}} {{={'a': {} } }}",
            "{{=float(duration) > 5 && status == 'Failed'}} {{=duration('1h').Hours()}}",
            "{{=tasks.name}} {{=toJson(inputs.parameters)}} {{=outputs.parameters.x}}",
        ],
        &[
            (ERROR, "{{=inputs.parameters.count +}}"),
            (ERROR, "{{=asint(inputs.parameters.count)}}"),
            (ERROR, "{{=sprig.nope(inputs.parameters.count)}}"),
            (ERROR, "{{=workflow.name + 1}}"),
            (ERROR, "{{=upper(1)}}"),
            ("misspelt-variable", "{{=input.parameters.count}}"),
            // The first `}}` ends the tag.
            (ERROR, "{{={'a': {}}}}"),
            // The tag may belong to another program.
            ("unknown-tag", "{{=it.title}}"),
            ("misspelt-variable", "{{ =workflow.name}}"),
            (ABSENT, "{{=workflow.parameters.siz}}"),
            (ABSENT, "{{=inputs.parameters.coun}}"),
            (NEVER, "{{=inputs.parameters.count == 1}}"),
            (ERROR, "{{=inputs.parameters.count + 1}}"),
            (ERROR, "{{=inputs.parameters.count > 1}}"),
            (ERROR, "{{=tasks.a.outputs.result}}"),
            (ABSENT, "{{=lastRetry.exitcode}}"),
        ],
    );
}

#[test]
fn tags_of_tasks() {
    let manifest = format!(
        "{HEAD}
  templates:
  - name: main
    dag:
      tasks:
      - {{name: a, template: say}}
      - name: b
        template: say
        depends: a
        arguments: {{parameters: [{{name: x, value: EXPRESSION}}]}}
  - name: say
    inputs: {{parameters: [{{name: x, value: '1'}}]}}
    container: {{image: a, args: [\"{{{{inputs.parameters.x}}}}\"]}}
    outputs: {{parameters: [{{name: o, valueFrom: {{path: /o}}}}]}}"
    );
    table(
        &manifest,
        &[
            "{{=tasks.a.outputs.parameters.o ?? 'none'}}",
            "{{=int(tasks.a.outputs.result) + 1}}",
            "{{=item.x}}",
        ],
        &[
            (ERROR, "{{=steps.a.outputs.result}}"),
            (ERROR, "{{=tasks.c.outputs.result}}"),
            (ERROR, "{{=tasks.a.outputs.result + 1}}"),
            (ABSENT, "{{=tasks.a.outputs.parameters.p}}"),
            (ABSENT, "{{=inputs.parameters.x}}"),
        ],
    );
}
