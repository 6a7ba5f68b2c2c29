"""`livexec parity`: the same parents over the same ticks under three runtimes, compared child by child."""

from app.parity.comparison import run_parity

__all__ = ["run_parity"]
