# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module does when a signal is to end it: it undoes what must not stay, and says so."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import contextlib
import signal

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal came. Like C(KeyboardInterrupt) this is no C(Exception), so that nobody takes it for a failure that may be passed over."""


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

    Where the block has succeeded, no signal ends the process either until :func:`interruptible` is left: the result has to be told.
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


def _interrupt(number, _frame):
    ignore_signals()
    raise Interrupted("interrupted by signal {0}".format(number))


def _handle(handler):
    return {number: signal.signal(number, handler) for number in SIGNALS}
