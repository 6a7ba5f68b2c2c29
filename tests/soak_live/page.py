"""Pictures of a soak: one line a figure, by minute, as SVG that any browser shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, MARGIN = 720, 260, 48
COLOURS = ("#1f6feb", "#d1242f")


def plots(minutes: Sequence[dict[str, Any]], folder: Path) -> None:
    """Write the pictures of latency and of memory."""
    folder.mkdir(parents=True, exist_ok=True)
    latency = picture("Submit to answer, ms", {name: [one[name] for one in minutes] for name in ("p50_ms", "p99_ms")})
    (folder / "latency.svg").write_text(latency, encoding="utf-8")
    memory = picture("Resident memory, MB", {"rss_mb": [one["rss_mb"] for one in minutes]})
    (folder / "memory.svg").write_text(memory, encoding="utf-8")


def picture(title: str, lines: dict[str, Sequence[float]]) -> str:
    """Return one picture, its scale from zero to the highest value."""
    most = max(max(values) for values in lines.values()) or 1.0
    count = max(len(values) for values in lines.values())
    drawn = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{_points(values, most)}"/>'
        f'<text x="{WIDTH - MARGIN}" y="{20 + 16 * at}" text-anchor="end" fill="{colour}">{name}</text>'
        for at, ((name, values), colour) in enumerate(zip(lines.items(), COLOURS, strict=False))
    )
    floor = HEIGHT - MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/><text x="{MARGIN}" y="20">{title}</text>'
        f'<path d="M{MARGIN} {MARGIN}V{floor}H{WIDTH - MARGIN}" stroke="#888" fill="none"/>'
        f'<text x="{MARGIN - 4}" y="{MARGIN + 4}" text-anchor="end">{most:g}</text>'
        f'<text x="{MARGIN - 4}" y="{floor}" text-anchor="end">0</text>'
        f'<text x="{WIDTH - MARGIN}" y="{floor + 16}" text-anchor="end">minute {count}</text>{drawn}</svg>\n'
    )


def _points(values: Sequence[float], most: float) -> str:
    across, up = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1), HEIGHT - 2 * MARGIN
    return " ".join(
        f"{MARGIN + at * across:.1f},{HEIGHT - MARGIN - up * value / most:.1f}" for at, value in enumerate(values)
    )
