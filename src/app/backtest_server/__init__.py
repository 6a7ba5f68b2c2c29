"""`livexec backtest-server`: replays as jobs that survive a restart, so many at once, each a process of its own."""

from app.backtest_server.server import serve_backtests

__all__ = ["serve_backtests"]
