"""Records what the real controller does with the workflows of `tests/conformance`.

`KUBECONFIG` names a cluster with a workflow controller of the version that we follow, and its
context names a namespace that this controller watches. Each case is a file `AREA/NAME.yaml`: a
Workflow, and what else it needs. The record is beside it: `NAME.expect.yaml`. A case with a file
`NAME.actions.yaml` is acted on while it runs.

Each case runs twice, and a record is written only if both runs agree. What a record says of a
node, and what it leaves out, is told in `reading.py`.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from artifact_store import artifact_store
from cases import CASES, Case, find
from controller import Controller
from reading import written


def differences(before: str, after: str, names: tuple[str, str]) -> str:
    """Shows how two records differ."""
    return "".join(
        difflib.unified_diff(before.splitlines(True), after.splitlines(True), *names, n=2)
    )


def take(controller: Controller, case: Case, check: bool, once: bool) -> tuple[bool, str]:
    """Records a case, or compares it with its record.

    Returns:
        Whether all is well, and what there is to say.
    """
    name = case.file.relative_to(case.file.parent.parent).with_suffix("").as_posix()
    on_record = case.record.read_text("utf-8") if case.record.exists() else ""
    try:
        first = written(controller.run(case))
        if first == on_record:
            return True, f"{name}: as on record"
        if check:
            shown = differences(on_record, first, ("on record", "now"))
            return False, f"{name}: differs from its record\n{shown}"
        second = first if once else written(controller.run(case))
    except (TimeoutError, RuntimeError, OSError) as error:
        return False, f"{name}: {type(error).__name__}: {error}"
    if first != second:
        shown = differences(first, second, ("first run", "second run"))
        return False, f"{name}: two runs differ, nothing is written\n{shown}"
    case.record.write_text(first, "utf-8")
    if not on_record:
        return True, f"{name}: recorded"
    return True, f"{name}: recorded anew\n{differences(on_record, first, ('before', 'now'))}"


def main() -> int:
    """Records the cases that the words name, or all."""
    cli = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    cli.add_argument("words", nargs="*", help="an area, AREA/NAME or a part of it; default: all")
    cli.add_argument("--check", action="store_true", help="only compare with what is on record")
    cli.add_argument("--new", action="store_true", help="only cases without a record")
    cli.add_argument(
        "--once", action="store_true", help="run each once, though chance may be in it"
    )
    cli.add_argument("--at-once", type=int, default=6, help="how many workflows run at a time")
    cli.add_argument("--folder", type=Path, default=CASES, help="where the cases are")
    cli.add_argument("--argo", default=os.environ.get("ARGO", "argo"), help="Argo's own program")
    options = cli.parse_args()
    kubeconfig = os.environ.get("KUBECONFIG")
    if not kubeconfig:
        sys.exit("KUBECONFIG names no cluster. Set it to the kubeconfig of a cluster with Argo.")
    cases = find(options.folder.resolve(), options.words)
    if options.new:
        cases = [case for case in cases if not case.record.exists()]
    if not cases:
        sys.exit("No case has such a name.")
    controller = Controller.of(Path(kubeconfig), options.argo)
    well = True
    with artifact_store(controller), ThreadPoolExecutor(options.at_once) as pool:
        check, once = options.check, options.once
        for good, words in pool.map(lambda case: take(controller, case, check, once), cases):
            well &= good
            print(words, flush=True)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
