"""Runs the program: `python -m argo_kedro` is `argo-kedro`."""

import os
import sys

from argo_kedro._program import find_program

environment = {**os.environ, "ARGO_KEDRO_PYTHON": sys.executable}
os.execve(find_program(), ["argo-kedro", *sys.argv[1:]], environment)
