# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One limit of wall time for whatever is done until then."""

import threading
import time


class TimeIsUp(Exception):
    """What was to be done was not done before the deadline."""


class Deadline:
    """A moment in the future.

    :param seconds: how far away it is.
    """

    def __init__(self, seconds):
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self):
        """Seconds until then; 0 where it has passed."""
        return max(0, self._end - time.monotonic())

    def is_over(self):
        """Whether it has passed."""
        return self.remaining() <= 0

    def said(self):
        """The seconds that there were, for a message."""
        return "%g s" % round(self.seconds, 1)


def within(deadline, function):
    """What a function returns or raises, unless that takes too long.

    A thread can be waited for whatever it waits for itself: a name server, a handshake, a header that comes byte by byte, a file of a dead
    server. It is left behind where the time is up, and ends with the process at the latest.

    :raises TimeIsUp: the function had not returned by then.
    """
    outcome, done = [], threading.Event()

    def work():
        try:
            outcome.append((function(), None))
        # Handed over to the thread that waits, whatever it is.
        except BaseException as error:
            outcome.append((None, error))
        done.set()

    threading.Thread(target=work, daemon=True).start()
    try:
        done.wait(deadline.remaining())
    except BaseException:
        # A signal. What is under way is waited for all the same: whoever undoes it has to find its effect.
        done.wait(deadline.remaining())
        raise
    if not outcome:
        raise TimeIsUp()
    result, error = outcome[0]
    if error is not None:
        raise error
    return result
