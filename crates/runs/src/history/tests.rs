use super::*;
use crate::{Phase, Used};

fn run(name: &str, second: i64) -> RunRecord {
    RunRecord {
        name: name.to_owned(),
        uid: format!("uid-{name}"),
        pipeline: "__default__".to_owned(),
        environment: "local".to_owned(),
        created: Timestamp::from_second(second).unwrap(),
        manifest: "kind: Workflow\n".to_owned(),
        cluster: None,
        phase: Phase::Pending,
        finished: None,
    }
}

#[test]
fn what_was_put_on_record_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/history.db");
    let end = RunEvent::RunFinished {
        phase: Phase::Failed,
        message: Some("because".to_owned()),
    };
    {
        let history = History::open(&path).unwrap();
        history.create(&run("one", 1)).unwrap();
        history.create(&run("two", 2)).unwrap();
        history
            .append("one", Timestamp::from_second(3).unwrap(), &end)
            .unwrap();
    }
    let history = History::open(&path).unwrap();
    let names: Vec<_> = history.names().unwrap().into_iter().collect();
    assert_eq!(names, ["two", "one"]);
    let one = history.run("one").unwrap().unwrap();
    assert_eq!(one.phase, Phase::Failed);
    assert_eq!(one.manifest, "kind: Workflow\n");
    assert_eq!(
        history.state("one").unwrap().message.as_deref(),
        Some("because")
    );
    assert!(history.run("three").unwrap().is_none());
}

#[test]
fn an_event_that_cannot_be_written_whole_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("history.db")).unwrap();
    history.create(&run("one", 1)).unwrap();
    let forbid = "CREATE TRIGGER full BEFORE UPDATE OF phase ON run
                  BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END";
    history.connection.execute_batch(forbid).unwrap();
    let end = RunEvent::RunFinished {
        phase: Phase::Failed,
        message: None,
    };
    let at = Timestamp::from_second(3).unwrap();
    let error = history.append("one", at, &end).unwrap_err();
    assert!(error.to_string().contains("cannot use the history in"));
    assert_eq!(history.state("one").unwrap().phase, Phase::Pending);
    let allow = "DROP TRIGGER full";
    history.connection.execute_batch(allow).unwrap();
    history.append("one", at, &end).unwrap();
    assert_eq!(history.state("one").unwrap().phase, Phase::Failed);
}

#[test]
fn a_run_that_has_the_name_of_one_that_is_gone_does_not_inherit_its_events() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("history.db")).unwrap();
    let end = RunEvent::RunFinished {
        phase: Phase::Succeeded,
        message: None,
    };
    for number in 1..=3 {
        let named = RunRecord {
            uid: format!("uid-{number}"),
            ..run("nightly", number)
        };
        // A second observer of the run records it as well.
        history.adopt(&named).unwrap();
        history.adopt(&named).unwrap();
        assert_eq!(history.state("nightly").unwrap().phase, Phase::Pending);
        history.append("nightly", named.created, &end).unwrap();
    }
    let known: Vec<_> = history
        .runs()
        .unwrap()
        .runs
        .into_iter()
        .map(|run| (run.record.name, run.record.uid))
        .collect();
    let expected = [
        ("nightly", "uid-3"),
        ("nightly~2", "uid-2"),
        ("nightly~1", "uid-1"),
    ];
    assert_eq!(
        known,
        expected.map(|(name, uid)| (name.to_owned(), uid.to_owned()))
    );
    assert_eq!(history.state("nightly~1").unwrap().phase, Phase::Succeeded);
}

#[test]
fn a_file_that_is_no_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    fs_err::write(
        &path,
        "not a database, but long enough to be read as one".repeat(50),
    )
    .unwrap();
    assert!(matches!(
        History::open(&path),
        Err(HistoryError::Damaged { .. })
    ));
}

fn begin(second: i64) -> (Timestamp, RunEvent) {
    let text = r#"{"event": "run_started", "outstanding": ["fit"],
        "tasks": [{"name": "fit", "nodes": ["fit"], "upstream": []}]}"#;
    (moment(second), serde_json::from_str(text).unwrap())
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Events of a run with this many retries.
fn told(rounds: u32) -> Vec<(Timestamp, RunEvent)> {
    let mut told = Vec::new();
    for round in 0..rounds {
        let second = i64::from(round) * 10;
        let task = || "fit".to_owned();
        let attempt = Some(round + 1);
        told.push(begin(second));
        told.push((
            moment(second + 1),
            RunEvent::TaskStarted {
                task: task(),
                attempt,
            },
        ));
        told.push((
            moment(second + 2),
            RunEvent::TaskFinished {
                task: task(),
                attempt,
                phase: Phase::Failed,
                message: None,
                exit_code: Some(1),
                used: Used {
                    peak_memory: Some(5),
                    ..Used::default()
                },
                cause: None,
            },
        ));
        told.push((
            moment(second + 3),
            RunEvent::RunFinished {
                phase: Phase::Failed,
                message: None,
            },
        ));
    }
    told
}

fn events_of(history: &History, name: &str) -> Vec<String> {
    let query = "SELECT event FROM event WHERE run = ?1 ORDER BY number";
    let mut statement = history.connection.prepare(query).unwrap();
    let rows = statement.query_map([name], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn what_several_processes_tell_at_once_is_on_record_once() {
    const ROUNDS: u32 = 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let history = History::open(&path).unwrap();
    history.create(&run("one", 1)).unwrap();
    let tell = || {
        let history = History::open(&path).unwrap();
        told(ROUNDS)
            .iter()
            .filter(|(at, event)| history.append("one", *at, event).unwrap())
            .count()
    };
    let changes: usize = std::thread::scope(|scope| {
        let tellers: Vec<_> = (0..3).map(|_| scope.spawn(tell)).collect();
        tellers
            .into_iter()
            .map(|teller| teller.join().unwrap())
            .sum()
    });
    let expected: Vec<String> = told(ROUNDS)
        .iter()
        .map(|(_, event)| serde_json::to_string(event).unwrap())
        .collect();
    assert_eq!(changes, expected.len());
    assert_eq!(events_of(&history, "one"), expected);
    assert_eq!(
        history.state("one").unwrap(),
        RunState::replay(told(ROUNDS))
    );
}

#[test]
fn who_looks_at_a_run_at_once_or_late_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let open = || History::open(&path).unwrap();
    let (one, other) = (open(), open());
    one.create(&run("one", 1)).unwrap();
    let (mut of_one, mut of_other) = (None, None);
    // The observed events grow, and each observer adds those that the record lacks.
    let look = |history: &History, known: &mut Option<CachedState>, seen: usize| {
        let mut asked = false;
        let missing = |state: &RunState| {
            asked = true;
            let on_record = (0..=seen)
                .find(|count| RunState::replay(told(2).into_iter().take(*count)) == *state);
            told(2)[on_record.unwrap()..seen].to_vec()
        };
        history
            .bring_up("one", known, Some(seen as u64), missing)
            .unwrap();
        asked
    };
    for seen in 0..=4 {
        assert!(look(&one, &mut of_one, seen));
        assert!(look(&other, &mut of_other, seen));
    }
    assert!(look(&one, &mut of_one, 7));
    // The other observer sees an older status.
    assert!(!look(&other, &mut of_other, 6));
    assert!(look(&other, &mut of_other, 8));
    assert_eq!(one.state("one").unwrap(), RunState::replay(told(2)));
    assert_eq!(events_of(&one, "one").len(), told(2).len());
}

#[test]
fn the_state_in_the_tables_is_what_the_events_add_up_to() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("history.db")).unwrap();
    history.create(&run("one", 1)).unwrap();
    let mut state = RunState::default();
    for (at, event) in told(2) {
        history.append("one", at, &event).unwrap();
        state.apply(at, &event);
        assert_eq!(history.state("one").unwrap(), state);
        let listed = history.runs().unwrap().runs.remove(0);
        assert_eq!((listed.phase, listed.started), (state.phase, state.started));
        let counts = (listed.tasks as usize, listed.succeeded as usize);
        assert_eq!(counts, (state.tasks.len(), state.count(Phase::Succeeded)));
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_change_which_run_is_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("history.db")).unwrap();
    history.create(&run("first", 1_000)).unwrap();
    history.create(&run("second", 1)).unwrap();
    assert_eq!(history.names().unwrap(), ["second", "first"]);
    let listed = history.runs().unwrap().runs;
    assert_eq!(listed[0].record.name, "second");
}

#[test]
fn what_cannot_be_read_of_one_run_costs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("history.db")).unwrap();
    for (name, second) in [("whole", 1), ("task", 2), ("run", 3), ("bytes", 4)] {
        history.create(&run(name, second)).unwrap();
        for (at, event) in told(1) {
            history.append(name, at, &event).unwrap();
        }
    }
    let damage = "UPDATE task SET before = '{' WHERE run = 'task';
                  UPDATE task SET message = CAST(x'ff' AS TEXT) WHERE run = 'bytes';
                  UPDATE run SET phase = 'Faild' WHERE name = 'run'";
    history.connection.execute_batch(damage).unwrap();
    let list = history.runs().unwrap();
    let names: Vec<&str> = list.runs.iter().map(|run| &*run.record.name).collect();
    assert_eq!(
        (names, list.unreadable),
        (vec!["bytes", "task", "whole"], vec!["run".to_owned()])
    );
    assert!(history.state("whole").is_ok());
    for name in ["task", "run", "bytes"] {
        let error = history.state(name).unwrap_err();
        assert!(matches!(error, HistoryError::Record { run, .. } if run == name));
    }
}

#[test]
fn who_follows_a_run_reads_each_event_once() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("history.db")).unwrap();
    for name in ["one", "two"] {
        history.create(&run(name, 1)).unwrap();
    }
    assert_eq!(history.last_event("one").unwrap(), 0);
    let (mut seen, mut read) = (0, Vec::new());
    for (at, event) in told(1) {
        for name in ["one", "two"] {
            history.append(name, at, &event).unwrap();
        }
        for (number, at, event) in history.events_after("one", seen).unwrap() {
            assert_eq!(number, seen + 1);
            seen = number;
            read.push((at, event));
        }
    }
    assert_eq!(history.last_event("one").unwrap(), seen);
    assert_eq!(RunState::replay(read), history.state("one").unwrap());
    let damage = "UPDATE event SET event = '{' WHERE run = 'one' AND number = 1";
    history.connection.execute_batch(damage).unwrap();
    let error = history.events_after("one", 0).unwrap_err();
    assert!(matches!(error, HistoryError::Record { run, .. } if run == "one"));
    assert!(history.events_after("one", 1).is_ok());
}

#[test]
fn a_run_that_is_forgotten_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("history.db")).unwrap();
    for name in ["one", "two"] {
        history.create(&run(name, 1)).unwrap();
        for (at, event) in told(1) {
            history.append(name, at, &event).unwrap();
        }
    }
    history.forget("one").unwrap();
    assert_eq!(history.names().unwrap(), ["two"]);
    for table in ["event", "task", "manifest"] {
        let query = format!("SELECT count(*) FROM {table} WHERE run = 'one'");
        let left: i64 = history
            .connection
            .query_row(&query, [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
    assert_eq!(history.state("two").unwrap().phase, Phase::Failed);
}

#[test]
fn files_beside_the_history_are_closed_to_others_as_well() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let history = History::open(&path).unwrap();
    history.create(&run("one", 1)).unwrap();
    let wal = folder.path().join("history.db-wal");
    fs_err::set_permissions(&wal, std::fs::Permissions::from_mode(0o644)).unwrap();
    let _other = History::open(&path).unwrap();
    assert_eq!(
        fs_err::metadata(&wal).unwrap().permissions().mode() & 0o777,
        0o600
    );
}
