//! A call with a pod (`createWorkflowPod` of `workflowpod.go`, `assessNodeStatus` of `operator.go`).

use std::rc::Rc;

use argo::status::{NodeKind, Outputs, Phase, task_name};

use argo::text::expression::Value;
use argo::text::tags::{Piece, Strict, has_tag, pieces, substitute_json};

use super::call::{CallError, CallId, CallRequest, Caller, State};
use super::event::{End, Event, begins};
use super::limits::later;
use super::operation::{Notice, Operation};
use super::process::read;

impl Operation {
    /// Begins a pod; from now on it counts as active.
    pub(super) fn begin_pod(&mut self, call: CallId) -> Result<(), CallError> {
        let id = self.node_of_call(call, NodeKind::Pod, Phase::Pending);
        if let Some(how) = self.workflow.shutdown
            && !how.lets_run(self.calls[call].request.is_exit)
        {
            let message = format!("workflow shutdown with strategy: {}", how.word());
            self.mark(&id, Phase::Failed, Some(&message));
            self.mark_over(call);
            return Ok(());
        }
        self.fill_in_pod(call)?;
        self.refuse_patch(call)?;
        self.refuse_missing_volume(call)?;
        self.begin_containers(call);
        self.calls[call].state = State::Pod;
        self.pods += 1;
        self.count_pod(call, 1);
        self.changes.start.push(call);
        Ok(())
    }

    /// Replaces the tags inside of replaced values, as the controller does once more for the pod (`substitutePodParams`
    /// of `workflowpod.go`). There the template is JSON inside a variable, with its quotes escaped: an unresolved
    /// expression with a text in double quotes is an error.
    fn fill_in_pod(&mut self, call: CallId) -> Result<(), CallError> {
        let template = &self.calls[call].template;
        let known = self.calls[call].document_template.as_ref();
        let is_as_written = known.filter(|known| Rc::ptr_eq(&known.template, template));
        if is_as_written.is_some_and(|known| !known.has_tags()) {
            return Ok(());
        }
        let text = argo::spec::to_json(template.as_ref()).to_string();
        if !has_tag(&text) {
            return Ok(());
        }
        let mut tags = pieces(&text).filter_map(|piece| match piece {
            Ok(Piece::Tag { inside, .. }) => Some(inside),
            _ => None,
        });
        if tags.any(|inside| inside.starts_with('=') && inside.contains("\\\"")) {
            let error = "failed to evaluate expression: unrecognized character: U+005C '\\'";
            return Err(CallError::Other(error.to_owned()));
        }
        let mut values = self.globals.clone();
        for input in &template.inputs.parameters {
            if let Some(value) = &input.value {
                let name = format!("inputs.parameters.{}", input.name);
                values.set(name, Value::text(value.to_string()));
            }
        }
        let failed = |failure: argo::text::tags::Failure| {
            CallError::Other(failure.of_controller().to_owned())
        };
        let text = substitute_json(&text, &values, Strict::No).map_err(failed)?;
        let template = read(&text).map_err(CallError::Other)?;
        self.calls[call].template = Rc::new(template);
        Ok(())
    }

    /// Refuses a patch of the pod that is not a mapping (`workflow/controller/workflowpod.go:299`).
    fn refuse_patch(&self, call: CallId) -> Result<(), CallError> {
        let template = &self.calls[call].template;
        let patch = template.pod_spec_patch.as_deref().unwrap_or_default();
        if patch.trim().is_empty() {
            return Ok(());
        }
        let documents = diagnostic::yaml::parse("podSpecPatch", patch);
        let is_mapping = documents.is_ok_and(|documents| {
            let first = documents.first();
            first.is_some_and(|patch| matches!(patch.value, diagnostic::yaml::Content::Mapping(_)))
        });
        if is_mapping {
            Ok(())
        } else {
            let error = "Error applying PodSpecPatch".to_owned();
            Err(CallError::Other(error))
        }
    }

    /// Refuses a mount of a volume that neither the template nor the Workflow declares (`addVolumeReferences`).
    fn refuse_missing_volume(&self, call: CallId) -> Result<(), CallError> {
        let template = &self.calls[call].template;
        let script = template.script.iter().map(|script| &script.container);
        let containers = template.container.iter().chain(script);
        let containers = containers
            .chain(&template.init_containers)
            .chain(&template.sidecars);
        let spec = &self.documents.spec;
        let known = |name: &str| {
            let mut volumes = template.volumes.iter().chain(&spec.volumes);
            let claims = &spec.volume_claim_templates;
            volumes.any(|volume| volume.name == name)
                || claims.iter().any(|claim| {
                    let metadata = claim.get("metadata");
                    let claimed = metadata.and_then(|metadata| metadata.get("name"));
                    claimed.and_then(|name| name.as_str()) == Some(name)
                })
        };
        let mut mounts = containers.flat_map(|container| &container.volume_mounts);
        match mounts.find(|mount| !known(&mount.name)) {
            None => Ok(()),
            Some(mount) => Err(CallError::Other(format!(
                "volume '{}' not found in workflow spec",
                mount.name
            ))),
        }
    }

    /// Makes the nodes of the containers of a set (`executeContainerSet`).
    fn begin_containers(&mut self, call: CallId) {
        let template = Rc::clone(&self.calls[call].template);
        let Some(set) = &template.container_set else {
            return;
        };
        let of = &self.calls[call];
        let (pod, pod_name) = (of.id.clone(), of.name().to_owned());
        let request = CallRequest {
            boundary: Some(call),
            ..of.request.clone()
        };
        for container in &set.containers {
            let request = CallRequest {
                name: task_name(&pod_name, &container.name),
                ..request.clone()
            };
            if self.node_named(&request.name).is_none() {
                self.make_node(&request, NodeKind::Container, Phase::Pending, None);
            }
        }
        for container in &set.containers {
            let id = self.id_of(&task_name(&pod_name, &container.name));
            if container.dependencies.is_empty() {
                self.link(&pod, &id);
            }
            for above in &container.dependencies {
                let above = self.id_of(&task_name(&pod_name, above));
                self.link(&above, &id);
            }
        }
    }

    /// Handles an event of a pod.
    pub(super) fn pod_event(&mut self, call: CallId, event: Event) {
        if !matches!(self.calls[call].state, State::Pod) {
            return;
        }
        let id = self.calls[call].id.clone();
        match event {
            Event::Waits(message) => self.mark(&id, Phase::Pending, Some(&message)),
            Event::Runs => self.pod_runs(call, &id),
            Event::Ready => {
                if let Some(node) = self.node_mut(&id) {
                    node.daemoned = Some(true);
                    "127.0.0.1".clone_into(&mut node.pod_ip);
                }
                self.changes.changed.insert(id);
                self.daemons.insert(call);
                self.notices.push_back(Notice::Ended(call));
            }
            Event::Ends(end) => self.pod_ended(call, &id, &end),
        }
    }

    fn pod_runs(&mut self, call: CallId, id: &str) {
        let now = self.now;
        if let Some(node) = self.node_mut(id) {
            begins(node, now);
        }
        for container in self.containers(call) {
            self.mark(&container, Phase::Running, None);
        }
        self.changes.changed.insert(id.to_owned());
        let seconds = self.calls[call].template.active_deadline_seconds.as_ref();
        let seconds = seconds.and_then(|seconds| seconds.to_string().parse::<i64>().ok());
        if let Some(seconds) = seconds {
            let at = later(
                now,
                argo::time::Duration::new(seconds.saturating_mul(1_000_000_000)),
            );
            let known = self.calls[call].deadline;
            let at = known.map_or(at, |known| known.min(at));
            self.calls[call].deadline = Some(at);
            self.timers.insert((at, call));
        }
        self.notices.push_back(Notice::Changed(call));
        if let Caller::Attempt { retry } = self.calls[call].request.caller {
            self.notices.push_back(Notice::Changed(retry));
        }
    }

    fn containers(&self, call: CallId) -> Vec<String> {
        let set = self.calls[call].template.container_set.as_ref();
        let containers = set.into_iter().flat_map(|set| &set.containers);
        let name = self.calls[call].name();
        containers
            .map(|container| self.id_of(&task_name(name, &container.name)))
            .collect()
    }

    fn pod_ended(&mut self, call: CallId, id: &str, end: &End) {
        let is_daemon = self.calls[call].template.daemon == Some(true);
        let phase = match end.phase {
            // A daemon that ends by itself has failed.
            Phase::Succeeded if is_daemon => Phase::Failed,
            phase => phase,
        };
        let outputs = end.outputs();
        if let Some(outputs) = &outputs {
            self.add_global_outputs(outputs);
        }
        let name = self.calls[call].name().to_owned();
        for (container, phase, message) in &end.containers {
            let id = self.id_of(&task_name(&name, container));
            self.mark(&id, *phase, Some(message.as_deref().unwrap_or("")));
        }
        if let Some(node) = self.node_mut(id) {
            node.outputs = outputs;
            node.daemoned = None;
        }
        self.mark(id, phase, Some(end.message.as_deref().unwrap_or("")));
        if phase == Phase::Succeeded {
            self.remember(call);
        }
        self.mark_over(call);
    }

    /// Ends the pod of a call; its node has failed from now on.
    pub(super) fn end_pod(&mut self, call: CallId, message: &str) {
        let id = self.calls[call].id.clone();
        self.changes.end.push(call);
        self.mark(&id, Phase::Failed, Some(message));
        if let Some(node) = self.node_mut(&id) {
            node.daemoned = None;
            node.outputs = Some(Outputs {
                exit_code: Some("143".to_owned()),
                ..Outputs::default()
            });
        }
        for container in self.containers(call) {
            if !self.is_fulfilled(&container) {
                self.mark(&container, Phase::Failed, Some(message));
            }
        }
        self.mark_over(call);
    }

    /// Ends the daemons of an ended boundary (`killDaemonedChildren`).
    pub(super) fn end_daemons(&mut self, boundary: CallId) {
        let daemons = self.daemons.iter().copied();
        let daemons: Vec<CallId> = daemons
            .filter(|call| self.calls[*call].request.boundary == Some(boundary))
            .collect();
        for call in daemons {
            let id = self.calls[call].id.clone();
            if let Some(node) = self.node_mut(&id) {
                node.daemoned = None;
            }
            self.mark(&id, Phase::Succeeded, None);
            if matches!(self.calls[call].state, State::Pod) {
                self.changes.end.push(call);
            }
            self.mark_over(call);
        }
    }

    /// Says whether something refers to the printed text of a pod (`includeScriptOutput`).
    pub(crate) fn wants_result(&self, call: CallId) -> bool {
        let Some(boundary) = self.calls[call].request.boundary else {
            return false;
        };
        let Some(known) = &self.calls[boundary].document_template else {
            return false;
        };
        known.wants_result_of(task_of(self.calls[call].name()))
    }

    /// Removes a pod or a group from the counts.
    pub(super) fn forget_pod(&mut self, call: CallId) {
        self.count_end(call);
        self.daemons.remove(&call);
        if matches!(self.calls[call].state, State::Pod) {
            self.pods = self.pods.saturating_sub(1);
        }
    }
}

/// Name of the task or step that a node belongs to: `fanout` of `wf.fanout(0:1)(0)` (`getStepOrDAGTaskName`).
fn task_of(name: &str) -> &str {
    let mut rest = name;
    loop {
        let open = match rest.chars().next_back() {
            Some(')') => '(',
            Some(']') => '[',
            _ => break,
        };
        match rest.rfind(open) {
            Some(at) => rest = &rest[..at],
            None => break,
        }
    }
    rest.rsplit('.').next().unwrap_or(rest)
}
