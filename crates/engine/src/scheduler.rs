//! Which of the tasks whose turn has come start next: as many as the machine holds. No clock and no process.

use std::collections::{BTreeMap, BTreeSet};

use crate::Budget;

/// Tasks that are ready, what they need, and what of the machine is free.
#[derive(Debug)]
pub(crate) struct Scheduler {
    needs: Vec<Budget>,
    running: BTreeSet<usize>,
    /// Ready tasks by what they need: there are few kinds of needs, and many tasks.
    ready: BTreeMap<Budget, BTreeSet<usize>>,
    /// For each task, the sets of tasks that never run beside each other that it is in.
    apart: Vec<Vec<usize>>,
    /// For each such set, whether one of its tasks runs.
    is_taken: Vec<bool>,
    free: Budget,
    stopped: bool,
}

impl Scheduler {
    /// Makes a scheduler for tasks, given as what each needs.
    ///
    /// A task that needs more than the machine has runs alone.
    pub(crate) fn new(needs: impl IntoIterator<Item = Budget>, machine: Budget) -> Self {
        let needs: Vec<Budget> = needs
            .into_iter()
            .map(|needs| needs.at_most(machine))
            .collect();
        Self {
            apart: vec![Vec::new(); needs.len()],
            needs,
            running: BTreeSet::new(),
            ready: BTreeMap::new(),
            is_taken: Vec::new(),
            free: machine,
            stopped: false,
        }
    }

    /// Never runs any of these tasks beside another one of them.
    pub(crate) fn keep_apart(&mut self, tasks: &[usize]) {
        for task in tasks {
            self.apart[*task].push(self.is_taken.len());
        }
        self.is_taken.push(false);
    }

    /// Takes in that a task's turn has come.
    pub(crate) fn add(&mut self, task: usize) {
        self.ready.entry(self.needs[task]).or_default().insert(task);
    }

    /// The next task to start, if one is ready and fits beside what runs.
    pub(crate) fn next(&mut self) -> Option<usize> {
        if self.stopped {
            return None;
        }
        let is_alone = |task: &&usize| !self.apart[**task].iter().any(|set| self.is_taken[*set]);
        let fitting = self.ready.iter();
        let fitting = fitting.filter(|(needs, _)| self.free.holds(**needs));
        let first = fitting.filter_map(|(_, tasks)| tasks.iter().find(is_alone));
        let task = *first.min()?;
        self.forget(task);
        self.running.insert(task);
        self.free = self.free.without(self.needs[task]);
        for set in &self.apart[task] {
            self.is_taken[*set] = true;
        }
        Some(task)
    }

    /// Takes in that a task could not start after all: it waits again.
    pub(crate) fn put_back(&mut self, task: usize) {
        if self.finish(task) {
            self.add(task);
        }
    }

    /// Takes in that a task ended. Whether it ran.
    pub(crate) fn finish(&mut self, task: usize) -> bool {
        let ran = self.running.remove(&task);
        if ran {
            self.free = self.free.with(self.needs[task]);
            for set in &self.apart[task] {
                self.is_taken[*set] = false;
            }
        }
        ran
    }

    /// Starts nothing more.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// How many tasks run.
    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    fn forget(&mut self, task: usize) {
        let needs = self.needs[task];
        if let Some(tasks) = self.ready.get_mut(&needs) {
            tasks.remove(&task);
            if tasks.is_empty() {
                self.ready.remove(&needs);
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

    /// A scheduler of tasks that are all ready, given by the thousandths of a core that each needs.
    fn ready(millicores: &[u64]) -> Scheduler {
        with_gpus(&millicores.iter().map(|it| (*it, 0)).collect::<Vec<_>>())
    }

    fn with_gpus(needs: &[(u64, u64)]) -> Scheduler {
        let budget = |(millicores, gpus): &(u64, u64)| Budget {
            millicores: *millicores,
            memory: 1,
            gpus: *gpus,
        };
        let mut scheduler = Scheduler::new(needs.iter().map(budget), MACHINE);
        (0..needs.len()).for_each(|task| scheduler.add(task));
        scheduler
    }

    #[test]
    fn the_first_that_fits_starts() {
        let mut scheduler = ready(&[1000, 1500, 1000, 1]);
        assert_eq!(scheduler.next(), Some(0));
        assert_eq!(scheduler.next(), Some(2));
        assert_eq!((scheduler.next(), scheduler.running()), (None, 2));
        assert!(scheduler.finish(2));
        assert_eq!(scheduler.next(), Some(3));
        assert!(scheduler.finish(0));
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn tasks_that_are_kept_apart_run_one_after_the_other() {
        let mut scheduler = ready(&[1, 1, 1]);
        scheduler.keep_apart(&[0, 1]);
        assert_eq!((scheduler.next(), scheduler.next()), (Some(0), Some(2)));
        assert_eq!(scheduler.next(), None);
        assert!(scheduler.finish(0));
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn a_task_larger_than_the_machine_runs_alone() {
        let mut scheduler = ready(&[1, 64_000, 1]);
        assert_eq!(scheduler.next(), Some(0));
        assert_eq!(scheduler.next(), Some(2));
        assert_eq!(scheduler.next(), None);
        scheduler.finish(0);
        scheduler.finish(2);
        assert_eq!(scheduler.next(), Some(1));
    }

    #[test]
    fn a_gpu_is_one_tasks_at_a_time() {
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
    fn a_task_that_could_not_start_waits_again() {
        let mut scheduler = ready(&[2000, 1]);
        assert_eq!(scheduler.next(), Some(0));
        scheduler.put_back(0);
        assert_eq!(scheduler.running(), 0);
        assert_eq!(scheduler.next(), Some(0));
        scheduler.finish(0);
        // What has ended does not start again.
        scheduler.put_back(0);
        assert_eq!(scheduler.next(), Some(1));
        assert_eq!(scheduler.next(), None);
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
