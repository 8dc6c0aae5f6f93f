# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a clock certainly is from the others. Pure.

No clock can be read at a moment that is known exactly. So each is an interval here, a pair of bounds in seconds between which its advance over the clock of
the control node lies. What is said holds wherever in the intervals the advances are: a slow connection makes them wide, and less is said.
"""


def apart(left, right):
    """The least distance of two intervals; 0 where they meet."""
    return max(left[0] - right[1], right[0] - left[1], 0.0)


def middle(clocks):
    """The two intervals in which the middle ones of many clocks lie, the same one twice where their number is odd, and the number of the clocks."""
    lows, highs = sorted(low for low, _high in clocks), sorted(high for _low, high in clocks)
    below, above = (len(lows) - 1) // 2, len(lows) // 2
    return (lows[below], highs[below]), (lows[above], highs[above]), len(lows)


def departure(clock, lower, upper, number, bound):
    """How far a clock is from the median of all at least.

    Where no clock is near the median, because there are two clocks or two halves that are apart, each is measured against the other.

    :param lower: with `upper` and `number` what `middle` says of all clocks.
    :param bound: how far one may be.
    """
    if number == 2 or upper[0] - lower[1] > 2 * bound:
        return max(apart(clock, lower), apart(clock, upper))
    return apart(clock, ((lower[0] + upper[0]) / 2, (lower[1] + upper[1]) / 2))
