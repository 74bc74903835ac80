"""Kedro's log lines as plain lines, if they go to a file and not to a terminal.

Kedro's own handler draws a table 80 columns wide: right for a terminal, but in a log it breaks
every message into pieces. Other settings of the user stay.
"""

from __future__ import annotations

import logging
import sys

FORMAT = "%(asctime)s %(levelname)-8s %(message)s"


def plain_lines() -> None:
    """Replaces Kedro's handler for terminals by one that writes one line per message."""
    from kedro.logging import RichHandler

    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    for logger in loggers:
        for handler in list(logger.handlers):
            if type(handler) is RichHandler:
                plain = logging.StreamHandler(sys.stdout)
                plain.setLevel(handler.level)
                plain.setFormatter(logging.Formatter(FORMAT))
                logger.removeHandler(handler)
                logger.addHandler(plain)
