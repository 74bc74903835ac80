//! Mutexes and semaphores of templates (`workflow/sync/sync_manager.go`).

use std::collections::{BTreeMap, BTreeSet};

use argo::spec::{Synchronization, Tree};
use argo::status::{NodeKind, NodeSynchronizationStatus, Phase};

use super::call::{CallId, Outcome, State};
use super::documents::{Documents, Kind, kind};
use super::operation::Operation;

/// Locks, and who holds them.
#[derive(Debug, Default)]
pub(super) struct Locks {
    namespace: String,
    /// Limits of semaphores: by their keys.
    limits: BTreeMap<String, usize>,
    held: BTreeMap<String, BTreeSet<CallId>>,
}

impl Locks {
    pub(super) fn new(documents: &Documents) -> Self {
        let namespace = documents.manifest.metadata.namespace.clone();
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        let maps = documents.config_maps.iter();
        let limits = maps.flat_map(|(map, keys)| {
            let keys = keys.iter();
            let namespace = &namespace;
            keys.filter_map(move |(key, text)| {
                let limit = text.trim().parse().ok()?;
                Some((format!("{namespace}/ConfigMap/{map}/{key}"), limit))
            })
        });
        Self {
            limits: limits.collect(),
            namespace: namespace.clone(),
            held: BTreeMap::new(),
        }
    }

    /// Keys of the locks that a template takes.
    ///
    /// # Errors
    ///
    /// A semaphore names no key of a `ConfigMap` that is there.
    fn keys(&self, synchronization: &Synchronization) -> Result<Vec<String>, String> {
        let text = |tree: &Tree, key: &str| {
            let value = tree.get(key).and_then(|value| value.as_str());
            value.map(str::to_owned)
        };
        let namespace =
            |tree: &Tree| text(tree, "namespace").unwrap_or_else(|| self.namespace.clone());
        let mut keys = Vec::new();
        for semaphore in &synchronization.semaphores {
            let reference = semaphore.get("configMapKeyRef");
            let part = |key: &str| {
                let value = reference.and_then(|reference| reference.get(key));
                value.and_then(|value| value.as_str()).unwrap_or_default()
            };
            let key = format!(
                "{}/ConfigMap/{}/{}",
                namespace(semaphore),
                part("name"),
                part("key")
            );
            // A limit of 0 is none.
            if self.limits.get(&key).is_none_or(|limit| *limit == 0) {
                return Err(format!("failed to initialize semaphore {key} with limit"));
            }
            keys.push(key);
        }
        for mutex in &synchronization.mutexes {
            let name = text(mutex, "name").unwrap_or_default();
            keys.push(format!("{}/Mutex/{name}", namespace(mutex)));
        }
        Ok(keys)
    }

    fn limit(&self, key: &str) -> usize {
        self.limits.get(key).copied().unwrap_or(1)
    }

    /// The first of some locks that cannot be had now.
    fn taken(&self, keys: &[String], call: CallId) -> Option<(String, usize, usize)> {
        keys.iter().find_map(|key| {
            let holders = self.held.get(key);
            if holders.is_some_and(|holders| holders.contains(&call)) {
                return None;
            }
            let (limit, held) = (self.limit(key), holders.map_or(0, BTreeSet::len));
            (held >= limit).then(|| (key.clone(), limit - held.min(limit), limit))
        })
    }
}

impl Operation {
    /// Takes the locks of a call; all of them or none. Whether it has them.
    ///
    /// # Errors
    ///
    /// A lock is not there.
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
            let message = format!("Waiting for {key} lock. Lock status: {free}/{limit}");
            if self.node(&id).is_none() {
                let of = match kind(&template) {
                    _ if self.has_tries(&template) => NodeKind::Retry,
                    Some(Kind::Dag) => NodeKind::Dag,
                    Some(Kind::Steps) => NodeKind::Steps,
                    Some(Kind::Suspend) => NodeKind::Suspend,
                    _ => NodeKind::Pod,
                };
                self.node_of_call(call, of, Phase::Pending);
            }
            self.mark(&id, Phase::Pending, Some(&message));
            if let Some(node) = self.status.nodes.get_mut(&id) {
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
        if let Some(node) = self.status.nodes.get_mut(&id) {
            node.message = None;
            node.synchronization_status = None;
        }
        Ok(true)
    }

    /// Gives back the locks of a call that is over.
    pub(super) fn release_locks(&mut self, call: CallId) {
        for key in std::mem::take(&mut self.calls[call].holds) {
            if let Some(holders) = self.locks.held.get_mut(&key) {
                holders.remove(&call);
            }
        }
    }

    /// Begins calls whose locks are free by now, in the order in which they came.
    pub(super) fn release_locked(&mut self) {
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
