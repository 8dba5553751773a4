"""Signals as a terminal would give them, however the run was started.

A run in the background ignores SIGINT, one under nohup SIGHUP, and every process that a test
starts would inherit that: what a signal does could then not be tested.
"""

from __future__ import annotations

import signal


def pytest_configure():
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
