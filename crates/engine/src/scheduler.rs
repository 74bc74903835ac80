//! Choice of the next pods to start among the ready ones: as many as fit on the machine. Uses no clock and no process.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::Budget;
use crate::operate::CallId;

/// A pod that is ready to start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ready {
    /// Position in the documents: an earlier pod starts first.
    pub(crate) order: Vec<u32>,
    /// Requested resources.
    pub(crate) needs: Budget,
    /// Paths that the pod shares with no other running pod.
    pub(crate) alone_with: Vec<String>,
}

/// Key of a ready pod.
type Key = (Vec<u32>, CallId);

/// Ready pods, their requests, and the free resources of the machine.
#[derive(Debug)]
pub(crate) struct Scheduler {
    machine: Budget,
    free: Budget,
    pods: HashMap<CallId, Ready>,
    running: BTreeSet<CallId>,
    /// Ready pods by requested resources: many pods have few kinds of requests.
    ready: BTreeMap<Budget, BTreeSet<Key>>,
    /// Paths that running pods do not share with others.
    taken: HashSet<String>,
    stopped: bool,
}

impl Scheduler {
    /// Creates a scheduler for a machine. A pod that requests more than the machine has runs alone.
    pub(crate) fn new(machine: Budget) -> Self {
        Self {
            machine,
            free: machine,
            pods: HashMap::new(),
            running: BTreeSet::new(),
            ready: BTreeMap::new(),
            taken: HashSet::new(),
            stopped: false,
        }
    }

    /// Adds a ready pod.
    pub(crate) fn add(&mut self, call: CallId, mut ready: Ready) {
        ready.needs = ready.needs.at_most(self.machine);
        let key = (ready.order.clone(), call);
        self.ready.entry(ready.needs).or_default().insert(key);
        self.pods.insert(call, ready);
    }

    /// Next pod to start, if one is ready and fits beside the running ones.
    pub(crate) fn next(&mut self) -> Option<CallId> {
        if self.stopped {
            return None;
        }
        let is_alone = |key: &&Key| {
            let pod = self.pods.get(&key.1);
            pod.is_none_or(|pod| !pod.alone_with.iter().any(|it| self.taken.contains(it)))
        };
        let fitting = self.ready.iter();
        let fitting = fitting.filter(|(needs, _)| self.free.holds(**needs));
        let first = fitting.filter_map(|(_, pods)| pods.iter().find(is_alone));
        let (_, call) = first.min()?.clone();
        self.withdraw(call);
        let pod = self.pods.get(&call)?;
        self.running.insert(call);
        self.free = self.free.without(pod.needs);
        self.taken.extend(pod.alone_with.iter().cloned());
        Some(call)
    }

    /// Returns a pod that could not start to the ready ones.
    pub(crate) fn put_back(&mut self, call: CallId) {
        if let Some(pod) = self.leave(call) {
            self.add(call, pod);
        }
    }

    /// Removes a pod that ended, or that need not start.
    pub(crate) fn finish(&mut self, call: CallId) {
        if self.leave(call).is_none() {
            self.withdraw(call);
            self.pods.remove(&call);
        }
    }

    fn leave(&mut self, call: CallId) -> Option<Ready> {
        if !self.running.remove(&call) {
            return None;
        }
        let pod = self.pods.remove(&call)?;
        self.free = self.free.with(pod.needs);
        for it in &pod.alone_with {
            self.taken.remove(it);
        }
        Some(pod)
    }

    /// Stops all further starts.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Number of running pods.
    #[cfg(test)]
    fn running(&self) -> usize {
        self.running.len()
    }

    fn withdraw(&mut self, call: CallId) {
        let Some(pod) = self.pods.get(&call) else {
            return;
        };
        let key = (pod.order.clone(), call);
        if let Some(pods) = self.ready.get_mut(&pod.needs) {
            pods.remove(&key);
            if pods.is_empty() {
                self.ready.remove(&pod.needs);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: Budget = Budget {
        millicores: 2000,
        memory: 100,
        gpus: 2,
    };

    /// Creates a scheduler with one ready pod for each request in thousandths of a core.
    fn ready(millicores: &[u64]) -> Scheduler {
        with_gpus(&millicores.iter().map(|it| (*it, 0)).collect::<Vec<_>>())
    }

    fn with_gpus(needs: &[(u64, u64)]) -> Scheduler {
        let mut scheduler = Scheduler::new(MACHINE);
        for (call, (millicores, gpus)) in needs.iter().enumerate() {
            scheduler.add(call, pod(call, *millicores, *gpus));
        }
        scheduler
    }

    fn pod(call: CallId, millicores: u64, gpus: u64) -> Ready {
        Ready {
            order: vec![u32::try_from(call).unwrap()],
            needs: Budget {
                millicores,
                memory: 1,
                gpus,
            },
            alone_with: Vec::new(),
        }
    }

    #[test]
    fn the_first_that_fits_starts() {
        let mut scheduler = ready(&[1000, 1500, 1000, 1]);
        assert_eq!(scheduler.next(), Some(0));
        assert_eq!(scheduler.next(), Some(2));
        assert_eq!((scheduler.next(), scheduler.running()), (None, 2));
        scheduler.finish(2);
        assert_eq!(scheduler.next(), Some(3));
        scheduler.finish(0);
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn what_comes_first_in_the_documents_starts_first() {
        let mut scheduler = Scheduler::new(MACHINE);
        for (call, order) in [(0, vec![2]), (1, vec![1, 9]), (2, vec![1]), (3, vec![1, 2])] {
            let ready = Ready {
                order,
                ..pod(call, 1, 0)
            };
            scheduler.add(call, ready);
        }
        let mut next = || scheduler.next();
        assert_eq!(
            [next(), next(), next(), next()],
            [Some(2), Some(3), Some(1), Some(0)]
        );
    }

    #[test]
    fn pods_that_share_a_path_run_one_after_the_other() {
        let mut scheduler = ready(&[]);
        for call in 0..3 {
            let mut ready = pod(call, 1, 0);
            if call < 2 {
                ready.alone_with = vec!["/tmp/token".to_owned()];
            }
            scheduler.add(call, ready);
        }
        assert_eq!((scheduler.next(), scheduler.next()), (Some(0), Some(2)));
        assert_eq!(scheduler.next(), None);
        scheduler.finish(0);
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn a_pod_larger_than_the_machine_runs_alone() {
        let mut scheduler = ready(&[1, 64_000, 1]);
        assert_eq!(scheduler.next(), Some(0));
        assert_eq!(scheduler.next(), Some(2));
        assert_eq!(scheduler.next(), None);
        scheduler.finish(0);
        scheduler.finish(2);
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn a_gpu_is_one_pods_at_a_time() {
        let mut scheduler = with_gpus(&[(1, 1), (1, 3), (1, 1), (1, 0)]);
        let mut next = || scheduler.next();
        assert_eq!(
            [next(), next(), next(), next()],
            [Some(0), Some(2), Some(3), None]
        );
        scheduler.finish(0);
        assert_eq!(scheduler.next(), None);
        scheduler.finish(2);
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn a_pod_that_could_not_start_waits_again() {
        let mut scheduler = ready(&[2000, 1]);
        assert_eq!(scheduler.next(), Some(0));
        scheduler.put_back(0);
        assert_eq!(scheduler.running(), 0);
        assert_eq!(scheduler.next(), Some(0));
        scheduler.finish(0);
        // An ended pod does not start again.
        scheduler.put_back(0);
        assert_eq!(scheduler.next(), Some(1));
        assert_eq!(scheduler.next(), None);
    }

    #[test]
    fn what_need_not_start_leaves() {
        let mut scheduler = ready(&[1, 1]);
        scheduler.finish(0);
        assert_eq!((scheduler.next(), scheduler.next()), (Some(1), None));
    }

    #[test]
    fn nothing_starts_after_a_stop() {
        let mut scheduler = ready(&[1, 1]);
        scheduler.next();
        scheduler.stop();
        assert_eq!(scheduler.next(), None);
        assert_eq!(scheduler.running(), 1);
    }
}
