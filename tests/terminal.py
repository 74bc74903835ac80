"""The program on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios

from projects import PROGRAM, Project


def on_a_terminal(
    project: Project, words: list[str], answers: str, columns: int = 80
) -> tuple[int, str]:
    """Runs the program on its own terminal and types the answers.

    Returns:
        Its exit code, and the terminal's content.
    """
    leader, follower = pty.openpty()
    # `termios.tcsetwinsize`, which Python has from 3.11 on.
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        [str(PROGRAM), *words],
        cwd=project.root,
        env=project.environment(),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    ) as program:
        os.close(follower)
        os.write(leader, answers.encode())
        seen = b""
        try:
            while select.select([leader], [], [], 60)[0]:
                seen += os.read(leader, 4096)
        except OSError:  # the other end is closed
            pass
        code = program.wait(timeout=60)
    os.close(leader)
    return code, seen.decode()
