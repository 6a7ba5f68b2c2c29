"""What the service costs, beside a reference measured in the same run; names and limits as in the design's budgets."""

from app.bench.core_alone import bench_core
from app.bench.journal import bench_journal
from app.bench.mixed import bench_mixed
from app.bench.recover import bench_recover
from app.bench.routing import bench_routing
from app.bench.submit import bench_submit
from app.bench.venue import bench_venue

__all__ = [
    "bench_core",
    "bench_journal",
    "bench_mixed",
    "bench_recover",
    "bench_routing",
    "bench_submit",
    "bench_venue",
]
