# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module does when a signal is to end it: it undoes what must not stay, and says so."""

import contextlib
import os
import signal
import threading

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal came. Like `KeyboardInterrupt` this is no `Exception`, so that nobody takes it for a failure that may be passed over."""


def ignore_signals():
    """From now on no signal ends the process: something is being undone, or a result is handed over."""
    _handle(signal.SIG_IGN)


@contextlib.contextmanager
def interruptible():
    """The first signal raises Interrupted here, and the others are ignored from then on; afterwards all is as it was."""
    before = _handle(_interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def undoing(undo):
    """Call `undo(error)` where the block fails for whatever reason. A signal cannot come between.

    Where the block has succeeded, no signal ends the process either until `interruptible` is left: the result has to be reported.
    """
    try:
        try:
            yield
            ignore_signals()
        except BaseException:
            ignore_signals()
            raise
    except BaseException as error:
        undo(error)
        raise


@contextlib.contextmanager
def signals_held():
    """A signal that comes in this block acts at its end, so that nothing is begun without anybody who knows of it. Signals reach the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = []
    before = _handle(lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came[:1]:
            os.kill(os.getpid(), number)


def _interrupt(number, _frame):
    ignore_signals()
    raise Interrupted("interrupted by signal %s" % number)


def _handle(handler):
    return {number: signal.signal(number, handler) for number in SIGNALS}
