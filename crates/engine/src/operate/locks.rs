//! Mutexes and semaphores of templates and of the whole Workflow (`workflow/sync/sync_manager.go`).

use std::collections::{BTreeMap, BTreeSet};

use argo::spec::{Synchronization, Tree, from_json, to_json};
use argo::status::{NodeKind, NodeSynchronizationStatus, Phase};
use argo::text::tags::{Strict, substitute_json};

use super::call::{CallId, Outcome, State};
use super::documents::{TemplateNodeKind, kind};
use super::operation::Operation;

/// Number of the whole Workflow among the holders of locks.
const WORKFLOW_HOLDER: CallId = CallId::MAX;

/// Locks that other runs hold or wait for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct LocksOfOthers {
    /// Number of other runs that hold each lock.
    pub held: BTreeMap<String, usize>,
    /// Locks for which another run waits with an earlier turn.
    pub wanted_before: BTreeSet<String>,
}

/// A lock that this run holds or waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLock {
    /// Name of the lock.
    pub key: String,
    /// Id of the node; empty for the whole Workflow.
    pub node: String,
    /// Set if this run holds the lock; otherwise it waits.
    pub is_held: bool,
}

/// Locks and their holders.
#[derive(Debug, Default)]
pub(super) struct Locks {
    namespace: String,
    /// Number of calls that may hold a semaphore at a time, by its key; 0 if the text of the limit is no number.
    limits: BTreeMap<String, usize>,
    held: BTreeMap<String, BTreeSet<CallId>>,
    others: LocksOfOthers,
    /// Set if a template or the Workflow takes locks.
    pub(super) are_used: bool,
}

impl Locks {
    /// Creates locks without holders.
    ///
    /// # Arguments
    ///
    /// * `namespace`: Namespace of the Workflow, the default for locks.
    /// * `config_maps`: Texts of `ConfigMap`s, by name and key: a limit is the text of a key.
    /// * `are_used`: Whether a template or the Workflow takes locks.
    pub(super) fn new(
        namespace: &str,
        config_maps: &BTreeMap<String, BTreeMap<String, String>>,
        are_used: bool,
    ) -> Self {
        let limits = config_maps.iter().flat_map(|(map, keys)| {
            keys.iter().map(move |(key, text)| {
                (format!("{namespace}/ConfigMap/{map}/{key}"), limit_of(text))
            })
        });
        Self {
            limits: limits.collect(),
            namespace: namespace.to_owned(),
            are_used,
            ..Self::default()
        }
    }

    /// Keys of the locks that a template takes.
    ///
    /// # Errors
    ///
    /// A lock is listed twice, or a semaphore has no usable limit.
    fn keys(&self, synchronization: &Synchronization) -> Result<Vec<String>, String> {
        let (semaphores, mutexes) = (&synchronization.semaphores, &synchronization.mutexes);
        if has_duplicate(semaphores) || has_duplicate(mutexes) {
            let message =
                "requested configuration is invalid: duplicate synchronization item found";
            return Err(message.to_owned());
        }
        let semaphores = semaphores.iter().map(|semaphore| self.semaphore(semaphore));
        let mut keys = semaphores.collect::<Result<Vec<_>, _>>()?;
        for key in &keys {
            if self.limits.get(key).is_none_or(|limit| *limit == 0) {
                return Err(format!("failed to initialize semaphore {key} with limit"));
            }
        }
        keys.extend(mutexes.iter().map(|mutex| {
            let name = text(mutex, "name").unwrap_or_default();
            let is_of_database =
                mutex.get("database").and_then(serde_json::Value::as_bool) == Some(true);
            let kind = if is_of_database { "Database" } else { "Mutex" };
            format!("{}/{kind}/{name}", self.namespace_of(mutex))
        }));
        Ok(keys)
    }

    /// Key of a semaphore (`getSemaphoreLockName` of `workflow/sync/lock_name.go`).
    fn semaphore(&self, semaphore: &Tree) -> Result<String, String> {
        let namespace = self.namespace_of(semaphore);
        let invalid = |why: &str| Err(format!("requested configuration is invalid: {why}"));
        match (semaphore.get("configMapKeyRef"), semaphore.get("database")) {
            (Some(_), Some(_)) => {
                invalid("invalid semaphore with both ConfigMapKeyRef and Database")
            }
            (Some(reference), None) => {
                let part = |key: &str| reference[key].as_str().unwrap_or_default();
                Ok(format!(
                    "{namespace}/ConfigMap/{}/{}",
                    part("name"),
                    part("key")
                ))
            }
            (None, Some(reference)) => Err(format!(
                "database session is not available for semaphore {namespace}/Database/{}",
                reference["key"].as_str().unwrap_or_default()
            )),
            (None, None) => {
                invalid("cannot get LockName for a Semaphore without a ConfigMapRef or Database")
            }
        }
    }

    fn namespace_of<'a>(&'a self, lock: &'a Tree) -> &'a str {
        text(lock, "namespace").unwrap_or(&self.namespace)
    }

    fn limit(&self, key: &str) -> usize {
        self.limits.get(key).copied().unwrap_or(1)
    }

    /// Finds the first lock that cannot be taken now.
    fn taken(&self, keys: &[String], call: CallId) -> Option<(String, usize, usize)> {
        keys.iter().find_map(|key| {
            let holders = self.held.get(key);
            if holders.is_some_and(|holders| holders.contains(&call)) {
                return None;
            }
            let limit = self.limit(key);
            let others = self.others.held.get(key).copied().unwrap_or_default();
            let held = others + holders.map_or(0, BTreeSet::len);
            let is_taken = held >= limit || self.others.wanted_before.contains(key);
            is_taken.then(|| (key.clone(), limit - held.min(limit), limit))
        })
    }

    /// Says whether other runs hold some of these locks, or wait for them with an earlier turn.
    fn are_of_others(&self, keys: &[String]) -> bool {
        keys.iter().any(|key| {
            self.others.held.contains_key(key) || self.others.wanted_before.contains(key)
        })
    }
}

/// Message about a lock that a call waits for (`checkAcquire` of `workflow/sync/semaphore.go` and
/// `database_semaphore.go`).
fn waiting(key: &str, free: usize, limit: usize) -> String {
    let mut parts = key.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(namespace), Some("Database"), Some(name)) => {
            let held = limit - free;
            format!("Waiting for {key} lock (mtx/{namespace}/{name}). Lock status: {held}/{limit}")
        }
        _ => format!("Waiting for {key} lock. Lock status: {free}/{limit}"),
    }
}

fn text<'a>(tree: &'a Tree, key: &str) -> Option<&'a str> {
    tree.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn has_duplicate(locks: &[Tree]) -> bool {
    let mut all = locks.iter().enumerate();
    all.any(|(index, lock)| locks[..index].contains(lock))
}

/// Reads the limit of a semaphore as Go's `Atoi` does, without spaces around it. Argo takes 0 for a text that is no
/// number, and logs the reason only in the controller. A limit below 0 makes Argo wait for ever, so it is 0 here, too.
fn limit_of(text: &str) -> usize {
    let limit: i64 = text.parse().unwrap_or(0);
    usize::try_from(limit).unwrap_or(0)
}

impl Operation {
    /// Takes the locks of a call, all or none, and says whether it has them.
    ///
    /// # Errors
    ///
    /// A lock does not exist.
    pub(super) fn take_locks(&mut self, call: CallId) -> Result<bool, String> {
        let template = self.calls[call].template.clone();
        let is_attempt = matches!(
            self.calls[call].request.caller,
            super::call::Caller::Attempt { .. }
        );
        let Some(synchronization) = template.synchronization.as_ref().filter(|_| !is_attempt)
        else {
            return Ok(true);
        };
        let keys = self.locks.keys(synchronization)?;
        let id = self.calls[call].id.clone();
        if let Some((key, free, limit)) = self.locks.taken(&keys, call) {
            let message = waiting(&key, free, limit);
            if self.node(&id).is_none() {
                let of = match kind(&template) {
                    _ if self.has_tries(&template) => NodeKind::Retry,
                    Some(TemplateNodeKind::Dag) => NodeKind::Dag,
                    Some(TemplateNodeKind::Steps) => NodeKind::Steps,
                    Some(TemplateNodeKind::Suspend) => NodeKind::Suspend,
                    _ => NodeKind::Pod,
                };
                self.node_of_call(call, of, Phase::Pending);
            }
            self.mark(&id, Phase::Pending, Some(&message));
            if let Some(node) = self.node_mut(&id) {
                node.synchronization_status = Some(NodeSynchronizationStatus { waiting: key });
            }
            self.calls[call].state = State::Locked;
            self.locked.insert(call);
            return Ok(false);
        }
        for key in &keys {
            self.locks.held.entry(key.clone()).or_default().insert(call);
        }
        self.calls[call].holds = keys;
        self.locked.remove(&call);
        if let Some(node) = self.node_mut(&id) {
            node.message = None;
            node.synchronization_status = None;
        }
        Ok(true)
    }

    /// Takes the locks of the whole Workflow, all or none. Returns a message if one of them is not free.
    ///
    /// # Errors
    ///
    /// A lock does not exist, or its name is not valid.
    pub(super) fn take_locks_of_workflow(&mut self) -> Result<Option<String>, String> {
        let Some(synchronization) = &self.documents.spec.synchronization else {
            return Ok(None);
        };
        let text = to_json(synchronization).to_string();
        let text = substitute_json(&text, &self.globals, Strict::No)
            .map_err(|failure| failure.of_controller().to_owned())?;
        let filled = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let synchronization = from_json(&filled).map_err(|error| error.to_string())?;
        let keys = self.locks.keys(&synchronization)?;
        if let Some((key, free, limit)) = self.locks.taken(&keys, WORKFLOW_HOLDER) {
            self.workflow.waits_for = keys;
            return Ok(Some(waiting(&key, free, limit)));
        }
        self.workflow.waits_for.clear();
        for key in keys {
            self.locks
                .held
                .entry(key)
                .or_default()
                .insert(WORKFLOW_HOLDER);
        }
        Ok(None)
    }

    /// Sets the locks that other runs hold or wait for.
    pub(crate) fn see_locks(&mut self, others: LocksOfOthers) {
        self.locks.others = others;
    }

    /// Says whether this Workflow takes locks.
    pub(crate) fn uses_locks(&self) -> bool {
        self.locks.are_used
    }

    /// Says whether a call waits for a lock that another run holds.
    pub(crate) fn waits_for_others(&self) -> bool {
        !self.status.is_final()
            && (self.locks.are_of_others(&self.workflow.waits_for)
                || self
                    .wanted()
                    .any(|(_, keys)| self.locks.are_of_others(&keys)))
    }

    /// Says whether a waiting call could have its locks now: a semaphore of other runs may have room.
    pub(crate) fn can_take_a_lock(&self) -> bool {
        let workflow = &self.workflow.waits_for;
        let of_workflow =
            !workflow.is_empty() && self.locks.taken(workflow, WORKFLOW_HOLDER).is_none();
        let mut wanted = self.wanted();
        of_workflow || wanted.any(|(call, keys)| self.locks.taken(&keys, call).is_none())
    }

    /// Calls that wait for locks, and the keys of the locks.
    fn wanted(&self) -> impl Iterator<Item = (CallId, Vec<String>)> {
        self.locked.iter().filter_map(|call| {
            let synchronization = self.calls[*call].template.synchronization.as_ref()?;
            Some((*call, self.locks.keys(synchronization).ok()?))
        })
    }

    /// Lists the locks that this run holds or waits for.
    pub(crate) fn own_locks(&self) -> Vec<OwnLock> {
        if self.status.is_final() {
            return Vec::new();
        }
        let own = |key: &str, node: &str, is_held: bool| OwnLock {
            key: key.to_owned(),
            node: node.to_owned(),
            is_held,
        };
        let node = |call: CallId| self.calls.get(call).map_or("", |call| call.id.as_str());
        let held = self.locks.held.iter();
        let held = held
            .flat_map(|(key, holders)| holders.iter().map(move |call| own(key, node(*call), true)));
        let waiting = self.locked.iter().flat_map(|call| {
            let synchronization = self.calls[*call].template.synchronization.as_ref();
            let keys = synchronization.and_then(|it| self.locks.keys(it).ok());
            let keys = keys.unwrap_or_default().into_iter();
            keys.map(|key| own(&key, node(*call), false))
        });
        let of_workflow = self
            .workflow
            .waits_for
            .iter()
            .map(|key| own(key, "", false));
        held.chain(waiting).chain(of_workflow).collect()
    }

    /// Releases the locks of an ended call.
    pub(super) fn release_locks(&mut self, call: CallId) {
        for key in std::mem::take(&mut self.calls[call].holds) {
            if let Some(holders) = self.locks.held.get_mut(&key) {
                holders.remove(&call);
            }
        }
    }

    /// Begins calls whose locks are free now, in order of arrival.
    pub(super) fn release_locked(&mut self) {
        if !self.workflow.waits_for.is_empty() {
            self.begin_entry();
        }
        let waiting: Vec<CallId> = self.locked.iter().copied().collect();
        for call in waiting {
            let synchronization = self.calls[call].template.synchronization.clone();
            let keys = synchronization.map(|it| self.locks.keys(&it));
            let Some(Ok(keys)) = keys else {
                continue;
            };
            if self.locks.taken(&keys, call).is_none() && self.locked.remove(&call) {
                let outcome = self.execute(call);
                if outcome == Outcome::Held {
                    continue;
                }
                self.take_in_outcome(call, outcome);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn keys(synchronization: &Value, limit: &str) -> Result<Vec<String>, String> {
        let keys = BTreeMap::from([("limit".to_owned(), limit.to_owned())]);
        let locks = Locks::new(
            "argo",
            &BTreeMap::from([("at-once".to_owned(), keys)]),
            true,
        );
        locks.keys(&argo::spec::from_json(synchronization).unwrap())
    }

    #[test]
    fn a_limit_is_a_number_as_go_reads_it_or_lets_nobody_in() {
        let key = "argo/ConfigMap/at-once/limit";
        for (limit, is_number) in [
            ("1", true),
            ("+2", true),
            ("007", true),
            ("0", false),
            ("-1", false),
            ("", false),
            ("three", false),
            ("1.0", false),
            ("1_0", false),
            (" 1", false),
            ("1\n", false),
            ("9223372036854775808", false),
        ] {
            let reference = json!({"name": "at-once", "key": "limit"});
            let semaphores = json!({"semaphores": [{"configMapKeyRef": reference}]});
            let error = format!("failed to initialize semaphore {key} with limit");
            let expected = is_number.then(|| vec![key.to_owned()]).ok_or(error);
            assert_eq!(keys(&semaphores, limit), expected, "{limit:?}");
        }
    }

    #[test]
    fn what_names_no_lock_is_an_error_as_with_the_controller() {
        let reference = json!({"name": "at-once", "key": "limit"});
        let database = json!({"key": "k"});
        for (locks, error) in [
            (
                json!({"mutexes": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}),
                "requested configuration is invalid: duplicate synchronization item found",
            ),
            (
                json!({"semaphores": [{"database": database}]}),
                "database session is not available for semaphore argo/Database/k",
            ),
            (
                json!({"semaphores": [{"database": database, "configMapKeyRef": reference}]}),
                "requested configuration is invalid: invalid semaphore with both ConfigMapKeyRef and Database",
            ),
            (
                json!({"semaphores": [{"namespace": "other"}]}),
                "requested configuration is invalid: cannot get LockName for a Semaphore without a ConfigMapRef or Database",
            ),
        ] {
            assert_eq!(keys(&locks, "1"), Err(error.to_owned()));
        }
    }
}
