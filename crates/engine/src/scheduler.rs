//! What runs next: state and event to state and actions, no clock and no process.
//!
//! The rules are the controller's: a task whose dependency did not succeed is
//! Omitted, and other branches go on (`workflow/controller/dag.go:595` of Argo v4.1.2).

use std::collections::BTreeSet;

use crate::Budget;

/// Where a task stands for the scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Succeeded,
    Unsuccessful,
}

/// Tasks, what they wait for and what they need.
#[derive(Debug)]
pub(crate) struct Scheduler {
    states: Vec<State>,
    waiting_for: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    needs: Vec<Budget>,
    /// For each task, those that must not run beside it.
    apart: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    free: Budget,
    running: usize,
    stopped: bool,
}

impl Scheduler {
    /// Makes a scheduler for tasks given as what each waits for, what it needs, and
    /// whether it has succeeded before.
    ///
    /// A task that needs more than the machine has runs alone.
    pub(crate) fn new(tasks: &[(Vec<usize>, Budget, bool)], machine: Budget) -> Self {
        let mut dependents = vec![Vec::new(); tasks.len()];
        for (index, (upstream, _, _)) in tasks.iter().enumerate() {
            for above in upstream {
                dependents[*above].push(index);
            }
        }
        let mut scheduler = Self {
            states: vec![State::Waiting; tasks.len()],
            waiting_for: tasks
                .iter()
                .map(|(upstream, _, _)| upstream.len())
                .collect(),
            dependents,
            needs: tasks
                .iter()
                .map(|(_, needs, _)| needs.at_most(machine))
                .collect(),
            apart: vec![Vec::new(); tasks.len()],
            ready: BTreeSet::new(),
            free: machine,
            running: 0,
            stopped: false,
        };
        for (index, (upstream, _, _)) in tasks.iter().enumerate() {
            if upstream.is_empty() {
                scheduler.ready.insert(index);
            }
        }
        for (index, (_, _, done)) in tasks.iter().enumerate() {
            if *done {
                scheduler.ready.remove(&index);
                scheduler.succeed(index);
            }
        }
        for (index, (_, _, done)) in tasks.iter().enumerate() {
            if *done {
                scheduler.ready.remove(&index);
            }
        }
        scheduler
    }

    /// Never runs any of these tasks beside another one of them.
    pub(crate) fn keep_apart(&mut self, tasks: &[usize]) {
        for task in tasks {
            let others = tasks.iter().filter(|other| *other != task);
            self.apart[*task].extend(others);
        }
    }

    /// The next task to start, if one is ready and fits beside what runs.
    pub(crate) fn next(&mut self) -> Option<usize> {
        if self.stopped {
            return None;
        }
        let runs = |index: &usize| self.states[*index] == State::Running;
        let fits = |index: &&usize| {
            self.free.holds(self.needs[**index]) && !self.apart[**index].iter().any(runs)
        };
        let index = *self.ready.iter().find(fits)?;
        self.ready.remove(&index);
        self.states[index] = State::Running;
        self.free = self.free.without(self.needs[index]);
        self.running += 1;
        Some(index)
    }

    /// Takes in that a task could not start after all: it waits again.
    pub(crate) fn put_back(&mut self, index: usize) {
        if self.states[index] == State::Running {
            self.running -= 1;
            self.free = self.free.with(self.needs[index]);
            self.states[index] = State::Waiting;
            self.ready.insert(index);
        }
    }

    /// Takes in that a task ended; gives the tasks that now will not run.
    pub(crate) fn finish(&mut self, index: usize, succeeded: bool) -> Vec<usize> {
        if self.states[index] == State::Running {
            self.running -= 1;
            self.free = self.free.with(self.needs[index]);
        }
        if succeeded {
            self.succeed(index);
            return Vec::new();
        }
        self.states[index] = State::Unsuccessful;
        let mut omitted = Vec::new();
        let mut open = self.dependents[index].clone();
        while let Some(next) = open.pop() {
            if self.states[next] == State::Waiting {
                self.states[next] = State::Unsuccessful;
                self.ready.remove(&next);
                omitted.push(next);
                open.extend(&self.dependents[next]);
            }
        }
        omitted.sort_unstable();
        omitted
    }

    /// Starts nothing more.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// How many tasks run.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    fn succeed(&mut self, index: usize) {
        self.states[index] = State::Succeeded;
        for position in 0..self.dependents[index].len() {
            let next = self.dependents[index][position];
            self.waiting_for[next] -= 1;
            if self.waiting_for[next] == 0 && self.states[next] == State::Waiting {
                self.ready.insert(next);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MACHINE: Budget = Budget {
        millicores: 2000,
        memory: 100,
        gpus: 2,
    };

    fn task(upstream: &[usize], millicores: u64) -> (Vec<usize>, Budget, bool) {
        (
            upstream.to_vec(),
            Budget {
                millicores,
                memory: 1,
                gpus: 0,
            },
            false,
        )
    }

    #[test]
    fn other_branches_go_on_when_one_fails() {
        let tasks = [
            task(&[], 1000),
            task(&[0], 1000),
            task(&[], 1000),
            task(&[2], 1000),
            task(&[1, 3], 1),
        ];
        let mut scheduler = Scheduler::new(&tasks, MACHINE);
        assert_eq!(
            (scheduler.next(), scheduler.next(), scheduler.next()),
            (Some(0), Some(2), None)
        );
        assert_eq!(scheduler.finish(0, false), [1, 4]);
        assert!(scheduler.finish(2, true).is_empty());
        assert_eq!(scheduler.next(), Some(3));
        assert!(scheduler.finish(3, true).is_empty());
        assert_eq!((scheduler.next(), scheduler.running()), (None, 0));
    }

    #[test]
    fn tasks_that_are_kept_apart_run_one_after_the_other() {
        let mut scheduler = Scheduler::new(&[task(&[], 1), task(&[], 1), task(&[], 1)], MACHINE);
        scheduler.keep_apart(&[0, 1]);
        assert_eq!((scheduler.next(), scheduler.next()), (Some(0), Some(2)));
        assert_eq!(scheduler.next(), None);
        assert!(scheduler.finish(0, true).is_empty());
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn a_task_larger_than_the_machine_runs_alone() {
        let mut scheduler =
            Scheduler::new(&[task(&[], 1), task(&[], 64_000), task(&[], 1)], MACHINE);
        assert_eq!(scheduler.next(), Some(0));
        assert_eq!(scheduler.next(), Some(2));
        assert_eq!(scheduler.next(), None);
        scheduler.finish(0, true);
        scheduler.finish(2, true);
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn a_gpu_is_one_tasks_at_a_time() {
        let mut tasks = [task(&[], 1), task(&[], 1), task(&[], 1), task(&[], 1)];
        for (index, gpus) in [1, 3, 1, 0].into_iter().enumerate() {
            tasks[index].1.gpus = gpus;
        }
        let mut scheduler = Scheduler::new(&tasks, MACHINE);
        let mut next = || scheduler.next();
        assert_eq!(
            [next(), next(), next(), next()],
            [Some(0), Some(2), Some(3), None]
        );
        scheduler.finish(0, true);
        assert_eq!(scheduler.next(), None);
        scheduler.finish(2, true);
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn what_succeeded_before_is_not_run_again() {
        let mut tasks = [task(&[], 1), task(&[0], 1), task(&[1], 1)];
        tasks[0].2 = true;
        let mut scheduler = Scheduler::new(&tasks, MACHINE);
        assert_eq!(scheduler.next(), Some(1));
        assert_eq!(scheduler.next(), None);
    }

    #[test]
    fn a_task_that_could_not_start_waits_again() {
        let mut scheduler = Scheduler::new(&[task(&[], 2000), task(&[0], 1)], MACHINE);
        assert_eq!(scheduler.next(), Some(0));
        scheduler.put_back(0);
        assert_eq!(scheduler.running(), 0);
        assert_eq!(scheduler.next(), Some(0));
        scheduler.finish(0, true);
        // What has ended does not start again.
        scheduler.put_back(0);
        assert_eq!(scheduler.next(), Some(1));
        assert_eq!(scheduler.next(), None);
    }

    #[test]
    fn nothing_starts_after_a_stop() {
        let mut scheduler = Scheduler::new(&[task(&[], 1), task(&[], 1)], MACHINE);
        scheduler.next();
        scheduler.stop();
        assert_eq!(scheduler.next(), None);
        assert_eq!(scheduler.running(), 1);
    }

    fn graphs() -> impl Strategy<Value = Vec<(Vec<usize>, Budget, bool)>> {
        prop::collection::vec((any::<u16>(), 1u64..4000, 1u64..150, 0u64..4), 1..40).prop_map(
            |raw| {
                raw.iter()
                    .enumerate()
                    .map(|(index, (bits, millicores, memory, gpus))| {
                        let upstream = (0..index)
                            .filter(|above| bits >> (above % 16) & 1 == 1 && (index - above) < 8)
                            .collect();
                        (
                            upstream,
                            Budget {
                                millicores: *millicores,
                                memory: *memory,
                                gpus: *gpus,
                            },
                            false,
                        )
                    })
                    .collect()
            },
        )
    }

    proptest! {
        /// No task starts before its dependencies succeeded, the machine is never
        /// overfull, and each task ends exactly one way.
        #[test]
        fn every_task_ends_once_within_the_machine(
            tasks in graphs(),
            failures in prop::collection::vec(any::<bool>(), 40),
        ) {
            let mut scheduler = Scheduler::new(&tasks, MACHINE);
            let mut ended: Vec<Option<bool>> = vec![None; tasks.len()];
            let mut running: Vec<usize> = Vec::new();
            loop {
                while let Some(index) = scheduler.next() {
                    prop_assert!(tasks[index].0.iter().all(|above| ended[*above] == Some(true)));
                    running.push(index);
                    let used = running.iter().fold(Budget::default(), |sum, index| {
                        sum.with(tasks[*index].1.at_most(MACHINE))
                    });
                    prop_assert!(MACHINE.holds(used));
                }
                let Some(index) = running.pop() else { break };
                prop_assert!(ended[index].is_none());
                ended[index] = Some(!failures[index]);
                for omitted in scheduler.finish(index, !failures[index]) {
                    prop_assert!(ended[omitted].is_none());
                    ended[omitted] = Some(false);
                }
            }
            prop_assert!(ended.iter().all(Option::is_some));
            prop_assert_eq!(scheduler.running(), 0);
        }
    }
}
