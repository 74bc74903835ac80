"""Pipelines that fail and pipelines that wait, for tests of runs."""

from __future__ import annotations

#: Ways to start the tasks of a run here.
ISOLATIONS = ["fork", "spawn"]
#: A pipeline with a node that fails until a file `mended` exists, and with another branch.
FAILING = """
def make():
    trace("make")
    return 1
def fail(value):
    trace("fail")
    print("last words")
    if not Path("mended").exists():
        raise ValueError("the number is wrong")
    return value
def other(value):
    trace("other")
    return value
def after(value):
    trace("after")
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "a", name="make"),
        Node(fail, "a", "b", name="failing_node"),
        Node(after, "b", "c", name="after"),
        Node(other, "a", "d", name="other"),
        Node(after, "d", "e", name="after_other"),
    ])}
"""
#: Pipelines with a node that waits for a signal, and with one that ignores signals.
BLOCKING = """
def block():
    trace(os.getpid())
    subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    tell("ready")
    signal.pause()
def stubborn():
    # A signal that comes just before `pause` would not end it; one that comes before `read` does.
    heard, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells)
    signal.signal(signal.SIGTERM, lambda *_: None)
    tell("ready")
    while os.read(heard, 1):
        tell("told")
def after(value):
    trace("after")
def register_pipelines():
    return {"__default__": Pipeline([
        node(block, None, "a", name="block"), node(after, "a", "b", name="after")]),
        "stubborn": Pipeline([node(stubborn, None, "c", name="stubborn")])}
"""
