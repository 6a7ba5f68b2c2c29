"""A timer of the kernel that kills this process, also where it is stopped or its loop stands still.

POSIX timers (`timer_create`, `timer_settime`) of Linux, with SIGKILL: a check in our own code can only be made before
a write, and a process may be stopped between the two.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import time

from ports.lease import NO_WATCHDOG, Watchdog

_ABSOLUTE = 1  # TIMER_ABSTIME
_BY_SIGNAL = 0  # SIGEV_SIGNAL
_NS = 1_000_000_000


class _Event(ctypes.Structure):
    """What `sigevent` begins with; it is 64 bytes long."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_byte * 48),
    )


class _Times(ctypes.Structure):
    """`itimerspec`: how often again, and when; seconds and nanoseconds each."""

    _fields_ = (
        ("again_s", ctypes.c_long),
        ("again_ns", ctypes.c_long),
        ("at_s", ctypes.c_long),
        ("at_ns", ctypes.c_long),
    )


class KernelWatchdog:
    """Kills this process with SIGKILL. Child processes do not inherit it.

    Raises:
        OSError: this kernel has no such timer.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._timer = ctypes.c_void_p()
        event = _Event(None, signal.SIGKILL, _BY_SIGNAL)
        self._checked(self._libc.timer_create(_CLOCK, ctypes.byref(event), ctypes.byref(self._timer)))

    def arm(self, at_ns: int) -> None:
        """See `ports.lease.Watchdog`."""
        self._set(max(at_ns, 1))  # 0 would disarm it

    def disarm(self) -> None:
        """See `ports.lease.Watchdog`."""
        self._set(0)

    def _set(self, at_ns: int) -> None:
        times = _Times(0, 0, *divmod(at_ns, _NS))
        self._checked(self._libc.timer_settime(self._timer, _ABSOLUTE, ctypes.byref(times), None))

    @staticmethod
    def _checked(result: int) -> None:
        if result != 0:
            raise OSError(ctypes.get_errno(), "the watchdog's timer cannot be had")


if sys.platform == "linux":
    _CLOCK = time.CLOCK_BOOTTIME

    def watchdog() -> Watchdog:
        """Return the kernel's watchdog; one that ends nothing where this machine has none."""
        try:
            return KernelWatchdog()
        except (AttributeError, OSError):  # another C library, or a kernel that was built without such timers
            return NO_WATCHDOG

else:
    _CLOCK = time.CLOCK_MONOTONIC

    def watchdog() -> Watchdog:
        """Return one that ends nothing: only Linux has what is needed."""
        return NO_WATCHDOG
