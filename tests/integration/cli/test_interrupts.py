"""Ctrl-C in the shell ends the statement, not the shell; on a terminal of its own."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time

import pytest

ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
DEADLINE_S = 30


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(self, *words):
        self.shown = b""
        self.process, self.file = pty.fork()
        if self.process == 0:
            os.execv(sys.executable, [sys.executable, "-m", "neuralgraph", *words])

    def type(self, text):
        os.write(self.file, text.encode())

    def until(self, text):
        """Read until the text is shown, and forget what was shown before its end."""
        until_s = time.monotonic() + DEADLINE_S
        while text.encode() not in self.shown:
            assert time.monotonic() < until_s, self.shown
            if select.select([self.file], [], [], 0.1)[0]:
                data = os.read(self.file, 65_536)
                # prompt_toolkit asks where the cursor is, and waits for an answer.
                if b"\x1b[6n" in data:
                    os.write(self.file, b"\x1b[1;1R")
                self.shown += ESCAPES.sub(b"", data)
        _, _, self.shown = self.shown.partition(text.encode())

    def end(self):
        self.type(":quit\r")
        _, status = os.waitpid(self.process, 0)
        os.close(self.file)
        return status


@pytest.fixture
def terminal(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_ctrl_c_ends_the_statement_and_not_the_shell(terminal):
    terminal.until("neuralgraph>")
    terminal.type("BEGIN;\r")
    terminal.until("(transaction)>")
    terminal.type("CREATE (:N {v: 1});\r")
    terminal.until("node created")
    terminal.until("(transaction)>")
    terminal.type("UNWIND range(1, 100000000) AS i CREATE (:X {i: i});\r")
    time.sleep(1)
    terminal.type("\x03")
    terminal.until("interrupted")
    terminal.until("(transaction)>")
    terminal.type("MATCH (n) RETURN 'count ' + count(n) AS found;\r")
    terminal.until("count 1")
    terminal.type("COMMIT;\r")
    terminal.until("neuralgraph>")
    terminal.type("RETURN reduce(a = 0, x IN range(1, 90000000) | a + x) AS r;\r")
    time.sleep(1)
    terminal.type("\x03")
    terminal.until("interrupted")
    terminal.until("neuralgraph>")
    terminal.type("RETURN 6 * 7 AS answer;\r")
    terminal.until("42")
    assert terminal.end() == 0
