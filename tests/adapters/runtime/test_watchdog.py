"""The watchdog: the kernel ends a process at its instant, also one that is stopped."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such timers")
STOPPED = """
import os, signal, time
from adapters.runtime import watchdog
dog = watchdog()
dog.arm(time.clock_gettime_ns(time.CLOCK_BOOTTIME) + 60_000_000_000)
dog.arm(time.clock_gettime_ns(time.CLOCK_BOOTTIME) + 50_000_000)
os.kill(os.getpid(), signal.SIGSTOP)
print("it went on")
"""
DISARMED = """
import time
from adapters.runtime import watchdog
dog = watchdog()
dog.arm(time.clock_gettime_ns(time.CLOCK_BOOTTIME) + 10_000_000_000)
dog.disarm()
print("it went on")
dog.arm(1)
print("it went on again")
"""


@pytest.mark.parametrize(("program", "said"), [(STOPPED, ""), (DISARMED, "it went on\n")], ids=["stopped", "disarmed"])
def test_a_process_is_ended_at_its_instant_unless_it_is_disarmed(program: str, said: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-u", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGKILL, said, "")
