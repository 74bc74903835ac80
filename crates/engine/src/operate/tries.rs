//! A retried call (`processNodeRetries` of `workflow/controller/operator.go`).

use std::rc::Rc;

use argo::spec::{IntOrString, RetryStrategy, Template};
use argo::status::{NodeFlag, NodeKind, NodeStatus, Outputs, Phase, attempt_name, pod_name};
use argo::text::expression::Value;
use argo::tries::{self, Next, Stop, Try, decide};
use jiff::Timestamp;

use super::call::{Call, CallError, CallId, CallRequest, Caller, Outcome, State};
use super::documents::{TemplateNodeKind, kind};
use super::operation::Operation;
use super::process::fill_in;

/// State of a retried call.
#[derive(Debug)]
pub(super) struct RetryState {
    strategy: tries::RetryStrategy,
    /// Ids of the nodes of its attempts, from first to last.
    attempts: Vec<String>,
    /// The call of the last attempt.
    last: Option<CallId>,
}

impl Operation {
    fn strategy<'a>(&'a self, template: &'a Template) -> Option<&'a RetryStrategy> {
        let own = template.retry_strategy.as_ref();
        own.or(self.documents.spec.retry_strategy.as_ref())
    }

    /// Says whether a failed template is retried.
    pub(super) fn has_tries(&self, template: &Template) -> bool {
        self.strategy(template).is_some()
    }

    /// Begins the first attempt of a call, or continues with earlier attempts.
    pub(super) fn begin_tries(&mut self, call: CallId) -> Outcome {
        let template = Rc::clone(&self.calls[call].template);
        let strategy = self
            .strategy(&template)
            .map(strategy_of)
            .unwrap_or_default();
        let id = self.node_of_call(call, NodeKind::Retry, Phase::Running);
        if let Some(node) = self.node_mut(&id) {
            node.kind = NodeKind::Retry;
            if let Some(flag) = &mut node.node_flag {
                // A hook's node and its attempts share one flag (`executeTemplate`).
                flag.retried = true;
            }
        }
        let children = self.node(&id).map(|node| node.children.clone());
        let attempts = children.into_iter().flatten();
        let attempts =
            attempts.filter(|child| self.node(child).is_some_and(NodeStatus::is_attempt));
        let attempts = attempts.collect();
        self.calls[call].state = State::Retry(Box::new(RetryState {
            strategy,
            attempts,
            last: None,
        }));
        self.look_at_tries(call);
        Outcome::Begun
    }

    fn tries(&self, call: CallId) -> Option<&RetryState> {
        match &self.calls[call].state {
            State::Retry(state) => Some(state),
            _ => None,
        }
    }

    /// Decides about a call by its attempts.
    pub(super) fn look_at_tries(&mut self, call: CallId) {
        let Some(state) = self.tries(call) else {
            return;
        };
        let Some(last) = state.attempts.last().cloned() else {
            self.begin_attempt(call, None);
            return;
        };
        let has_call = state.last.is_some();
        let id = self.calls[call].id.clone();
        if self.node(&last).is_some_and(NodeStatus::is_daemoned) {
            self.mark(&id, Phase::Running, None);
            let ip = self.node(&last).map(|node| node.pod_ip.clone());
            if let Some(node) = self.node_mut(&id) {
                node.daemoned = Some(true);
                node.pod_ip = ip.unwrap_or_default();
            }
            self.notices
                .push_back(super::operation::Notice::Ended(call));
            return;
        }
        if !self.is_fulfilled(&last) {
            if !has_call {
                // An earlier run has left the attempt.
                self.begin_attempt(call, None);
            }
            return;
        }
        let tries: Vec<Try> = self.tries_of(call);
        let Some(state) = self.tries(call) else {
            return;
        };
        let stop = self.stop();
        match decide(&state.strategy, &tries, stop, self.now) {
            Ok(Next::Succeeded) => self.end_tries(call, Phase::Succeeded, None),
            Ok(Next::GivenUp { phase, message }) => self.end_tries(call, phase, Some(&message)),
            Ok(Next::Waits { until, message }) => {
                self.mark(&id, Phase::Running, Some(&message));
                self.timers.insert((until, call));
            }
            Ok(Next::Again { deadline }) => {
                if state.strategy.backoff.is_some() {
                    self.mark(&id, Phase::Running, Some(""));
                }
                self.begin_attempt(call, deadline);
            }
            Err(error) => self.end_with_error_and_notify(call, CallError::Other(error)),
        }
    }

    fn stop(&self) -> Option<Stop> {
        if let Some(how) = self.workflow.shutdown {
            return Some(Stop::Shutdown(how.word()));
        }
        self.workflow.deadline.map(Stop::Deadline)
    }

    fn tries_of(&self, call: CallId) -> Vec<Try> {
        let Some(state) = self.tries(call) else {
            return Vec::new();
        };
        let nodes = state.attempts.iter().filter_map(|id| self.node(id));
        nodes
            .map(|node| Try {
                phase: node.phase,
                message: node.message.clone().unwrap_or_default(),
                exit_code: node.exit_code().map(str::to_owned),
                started: node.started_at.unwrap_or(self.now),
                finished: node.finished_at.unwrap_or(self.now),
            })
            .collect()
    }

    /// Ends a call with the outputs of its last attempt.
    fn end_tries(&mut self, call: CallId, phase: Phase, message: Option<&str>) {
        let outputs = self.outputs_of_last(call);
        let id = self.calls[call].id.clone();
        if let Some(node) = self.node_mut(&id) {
            node.outputs = outputs;
            node.daemoned = None;
        }
        self.mark(&id, phase, message);
        self.mark_over(call);
    }

    fn outputs_of_last(&self, call: CallId) -> Option<Outputs> {
        let last = self.tries(call)?.attempts.last()?;
        self.node(last)?.outputs.clone()
    }

    /// Begins the next attempt of a call.
    ///
    /// # Arguments
    ///
    /// * `deadline`: Time by which the attempt has to end.
    fn begin_attempt(&mut self, call: CallId, deadline: Option<Timestamp>) {
        let Some(state) = self.tries(call) else {
            return;
        };
        let open = state
            .attempts
            .last()
            .filter(|last| !self.is_fulfilled(last));
        let is_known = open.is_some();
        let number = state.attempts.len() - usize::from(is_known);
        let name = attempt_name(
            self.calls[call].name(),
            u32::try_from(number).unwrap_or(u32::MAX),
        );
        let id = self.id_of(&name);
        if !is_known {
            let of = self.calls[call].id.clone();
            self.link(&of, &id);
        }
        let filled = self.template_of_attempt(call, &name, number);
        let of = &self.calls[call];
        let mut order = of.request.order.clone();
        order.push(u32::try_from(number).unwrap_or(u32::MAX));
        let request = CallRequest {
            name,
            caller: Caller::Attempt { retry: call },
            flag: Some(NodeFlag {
                retried: true,
                hooked: of.request.flag.is_some_and(|flag| flag.hooked),
            }),
            order,
            ..of.request.clone()
        };
        let attempt = self.calls.len();
        let (document_template, scope) = (of.document_template.clone(), of.scope.clone());
        self.by_node.insert(id.clone(), attempt);
        let (template, error) = match filled {
            Ok(template) => (Rc::new(template), None),
            Err(error) => (Rc::clone(&of.template), Some(error)),
        };
        self.calls.push(Call {
            request,
            id: id.clone(),
            scope,
            document_template,
            template,
            state: State::Over,
            deadline,
            holds: Vec::new(),
        });
        if let State::Retry(state) = &mut self.calls[call].state {
            state.last = Some(attempt);
            if !is_known {
                state.attempts.push(id);
            }
        }
        let outcome = match error {
            Some(error) => self.failed_attempt(attempt, error),
            None => self.execute(attempt),
        };
        self.attempt_began(call, attempt, outcome);
    }

    fn failed_attempt(&mut self, attempt: CallId, error: String) -> Outcome {
        let request = self.calls[attempt].request.clone();
        self.make_node(
            &request,
            NodeKind::Skipped,
            Phase::Error,
            Some(error.clone()),
        );
        self.mark_over(attempt);
        Outcome::Failed(CallError::Other(error))
    }

    /// Fills the values of earlier attempts into the template of an attempt.
    fn template_of_attempt(
        &self,
        call: CallId,
        name: &str,
        number: usize,
    ) -> Result<Template, String> {
        let template = &self.calls[call].template;
        let mut values = self.values_of_node(call, template, name, true);
        let mut set = |name: &str, text: &str| values.set(name, Value::text(text));
        if kind(template) == Some(TemplateNodeKind::Pod) {
            set(
                "pod.name",
                &pod_name(&self.documents.name, name, &template.name),
            );
        }
        set("retries", &number.to_string());
        let last = self.tries(call).and_then(|state| state.attempts.last());
        let last = last
            .and_then(|id| self.node(id))
            .filter(|node| node.phase.is_final());
        set(
            "lastRetry.exitCode",
            last.and_then(|node| node.exit_code()).unwrap_or("0"),
        );
        set(
            "lastRetry.status",
            last.map_or("", |node| node.phase.as_str()),
        );
        let took = last.and_then(|node| {
            let took = node.finished_at?.as_second() - node.started_at?.as_second();
            Some(took.max(0).to_string())
        });
        set("lastRetry.duration", took.as_deref().unwrap_or("0"));
        set(
            "lastRetry.message",
            last.and_then(|node| node.message.as_deref()).unwrap_or(""),
        );
        fill_in(template, values)
    }

    /// Handles the outcome of beginning an attempt: if errors are not retried, the whole call has failed.
    pub(super) fn attempt_began(&mut self, call: CallId, _: CallId, outcome: Outcome) {
        let Outcome::Failed(error) = outcome else {
            return;
        };
        let policy = self.tries(call).map(|state| {
            let strategy = &state.strategy;
            let given = strategy.policy.clone().filter(|policy| !policy.is_empty());
            given.unwrap_or_else(|| match &strategy.expression {
                Some(expression) if !expression.is_empty() => "Always".to_owned(),
                _ => "OnFailure".to_owned(),
            })
        });
        let covers = matches!(
            policy.as_deref(),
            Some("Always" | "OnError" | "OnTransientError")
        );
        if covers || policy.is_none() {
            return;
        }
        let id = self.calls[call].id.clone();
        self.mark_error(&id, &error.message());
        self.mark_over(call);
        self.take_in_outcome(call, Outcome::Failed(error));
    }

    /// Handles the end of an attempt.
    pub(super) fn attempt_ended(&mut self, call: CallId) {
        self.look_at_tries(call);
    }
}

fn strategy_of(strategy: &RetryStrategy) -> tries::RetryStrategy {
    let text = |value: &Option<IntOrString>| value.as_ref().map(ToString::to_string);
    tries::RetryStrategy {
        limit: text(&strategy.limit),
        policy: strategy.retry_policy.clone(),
        expression: strategy.expression.clone(),
        backoff: strategy.backoff.as_ref().map(|backoff| tries::Backoff {
            duration: backoff.duration.clone(),
            factor: text(&backoff.factor),
            cap: backoff.cap.clone(),
            max_duration: backoff.max_duration.clone(),
        }),
    }
}
