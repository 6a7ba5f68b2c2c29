"""The analysis made again by other means: pandas and floats, from nothing but the files of a session."""

from io import BytesIO
from random import Random
from typing import Any, Final

import pandas as pd  # type: ignore[import-untyped]  # it ships no types
import pytest

from adapters.storage.tca_files import QUOTES_FILE, TCA_FILE, VOLUMES_FILE, build_tca_files
from app.tca.session import analyse
from core.tca.tape import Tape
from ports.facts import OrderFilled
from ports.journal import Entry
from ports.values import Liquidity, OperationId, OrderStatus, Side

from fakes.tca_market import BEGIN_NS, PERP, SPOT, USD_PER, Session, at, quotes, volume

SILENT: Final = pd.Timedelta(seconds=60)
LENGTH_S: Final = 900
MARKOUTS: Final = (1, 10, 60)


def a_session(seed: int) -> tuple[list[Entry], dict[str, bytes]]:
    """A quarter of an hour of orders and parents in two wandering markets, one of which falls silent on the way."""
    draw, session = Random(seed), Session()
    seen, volumes = [], []
    for key in (PERP, SPOT):
        mid = 50_000.0
        for tenth in range(10 * LENGTH_S):
            mid += draw.gauss(0, 1)
            if draw.random() < 0.4 and not (key == SPOT and 300 < tenth / 10 < 420):
                half = draw.choice((0.5, 1, 1.5))
                seen += quotes((tenth / 10, f"{mid - half:.1f}", f"{mid + half:.1f}"), key=key)
        for second in range(LENGTH_S):
            if draw.random() < 0.7:
                quantity = draw.randint(1, 5_000)
                volumes.append(volume(second, f"{quantity / 1000:.3f}", f"{quantity * 50.0:.1f}", key=key))
    for number in range(60):
        _order(session, draw, number)
    session.entries.sort(key=lambda entry: entry.ts_ns)
    tapes = {
        key: Tape(
            BEGIN_NS,
            at(LENGTH_S),
            [quote for quote in seen if quote.instrument == key],
            [row for row in volumes if row.instrument == key],
        )
        for key in (PERP, SPOT)
    }
    tca = analyse(session.entries, tapes, USD_PER, at(LENGTH_S), MARKOUTS)
    return session.entries, dict(build_tca_files(tca))


def _order(session: Session, draw: Random, number: int) -> None:
    name, key, side = f"op-{number}", draw.choice((PERP, SPOT)), draw.choice(list(Side))
    begin = draw.uniform(1, LENGTH_S - 120)
    length = draw.choice((0.0, 5.0, 60.0))
    children = draw.choice((0, 0, 3))
    session.order(name, begin, side, "3", key, exec_algorithm="TWAP" if children else "NORMAL")
    working = [name]
    if children:
        session.start_parent(name, begin)
        working = [f"{name}.{n}" for n in range(children)]
    for place, each in enumerate(working):
        when = begin + draw.uniform(0, 0.5) + length * place / len(working)
        if each != name:
            session.order(each, when, side, "1", key, parent_operation_id=OperationId(name))
        session.release(each, when, key)
        for _ in range(draw.randint(0, 2)):
            session.fill(
                each,
                when + draw.uniform(0, 0.2),
                draw.choice(("0.25", "0.5")),
                f"{draw.uniform(49_900, 50_100):.1f}",
                side=side,
                key=key,
                fee=f"{draw.uniform(-1, 3):.4f}",
                liquidity=draw.choice([*Liquidity, None]),
            )
        session.cancel(each, when + 0.3)
    if children:
        session.end_parent(name, begin + length + 1, OrderStatus.CANCELED)


class ByHand:
    """Measures one row of `tca.parquet` from quotes, volumes and fills, in floats."""

    def __init__(self, files: dict[str, bytes], entries: list[Entry]) -> None:
        self.rows = pd.read_parquet(BytesIO(files[TCA_FILE]))
        self.quotes = pd.read_parquet(BytesIO(files[QUOTES_FILE])).astype({"bid": float, "ask": float})
        self.quotes["mid"] = (self.quotes["bid"] + self.quotes["ask"]) / 2
        self.markets = {
            str(key): those.sort_values("timestamp").reset_index(drop=True)
            for key, those in self.quotes.groupby("instrument_key")
        }
        self.volumes = pd.read_parquet(BytesIO(files[VOLUMES_FILE])).astype({"quantity": float, "value": float})
        fills = [entry.fact for entry in entries if isinstance(entry.fact, OrderFilled)]
        self.fills = pd.DataFrame(
            {
                "operation_id": [str(fill.operation_id) for fill in fills],
                "time": pd.to_datetime([fill.learnt_ns for fill in fills], utc=True),
                "quantity": [float(fill.quantity) for fill in fills],
                "price": [float(fill.price) for fill in fills],
                "fee": [float(fill.fee.amount) for fill in fills],
                "maker": [fill.liquidity is Liquidity.MAKER for fill in fills],
            }
        )
        self.end = pd.Timestamp(at(LENGTH_S), tz="UTC")

    def as_of(self, key: str, times: "pd.Series[Any]", column: str) -> "pd.Series[Any]":
        """The quote that stood at each time; NaN where none did, or none was seen for a minute."""
        market = self.markets[key]
        wanted = times.astype("datetime64[ns, UTC]").array
        place = market["timestamp"].searchsorted(wanted, side="right") - 1
        found = market.iloc[place.clip(min=0)].reset_index(drop=True)
        unseen = (place < 0) | (wanted - found["timestamp"].array > SILENT) | (wanted > self.end)
        values: pd.Series[Any] = found[column].mask(unseen)
        return values

    def mid_at(self, key: str, time: Any) -> float:
        return float(self.as_of(key, pd.Series([time]), "mid").iloc[0])

    def parts(self, row: Any) -> dict[str, float]:
        mine = self.fills["operation_id"] == row.operation_id
        if row.is_parent:
            mine = self.fills["operation_id"].str.startswith(f"{row.operation_id}.")
        fills = self.fills[mine].sort_values("time").reset_index(drop=True)
        key, sign = row.instrument_key, 1 if row.side == "BUY" else -1
        quantity = fills["quantity"]
        arrival, release, end = (self.mid_at(key, time) for time in (row.timestamp, row.released, row.ended))
        mids = self.as_of(key, fills["time"], "mid")
        own = self.as_of(key, fills["time"], "bid" if sign > 0 else "ask")
        other = self.as_of(key, fills["time"], "ask" if sign > 0 else "bid")
        touch = own.where(fills["maker"], other)
        left = float(row.quantity) - quantity.sum()
        traded = quantity.sum()
        found = {
            "delay": sign * traded * (release - arrival) if traded else 0.0,
            "timing": sign * (quantity * (mids - release)).sum(skipna=False),
            "spread": sign * (quantity * (touch - mids)).sum(skipna=False),
            "impact": sign * (quantity * (fills["price"] - touch)).sum(skipna=False),
            "fees": fills["fee"].sum(),
            "opportunity": sign * left * (end - arrival) if left else 0.0,
            "shortfall": sign * (quantity * (fills["price"] - arrival)).sum(skipna=False)
            + fills["fee"].sum()
            + (sign * left * (end - arrival) if left else 0.0),
        }
        for seconds in MARKOUTS:
            later = self.as_of(key, fills["time"] + pd.Timedelta(seconds=seconds), "mid")
            found[f"markout_{seconds}s"] = (sign * quantity * (later - fills["price"])).sum(min_count=1)
            found[f"markout_{seconds}s_quantity"] = quantity[later.notna()].sum()
        return {**found, **self.interval(row)}

    def interval(self, row: Any) -> dict[str, float]:
        """The averages between arrival and end; NaN where more than a minute of it was not seen."""
        market = self.markets[row.instrument_key]
        standing = market[market["timestamp"] <= row.timestamp].tail(1)
        within = market[(market["timestamp"] > row.timestamp) & (market["timestamp"] <= row.ended)]
        stood = pd.concat([standing, within])
        steps = pd.concat([stood["timestamp"], pd.Series([row.ended])]).reset_index(drop=True)
        unknown = standing.empty or (steps.diff().dropna() > SILENT).any()
        begins = steps.iloc[:-1].clip(lower=row.timestamp)
        widths = (steps.shift(-1).iloc[:-1] - begins).dt.total_seconds()
        traded = self.volumes[
            (self.volumes["instrument_key"] == row.instrument_key)
            & (self.volumes["timestamp"] + pd.Timedelta(seconds=1) > row.timestamp)
            & (self.volumes["timestamp"] <= row.ended)
        ]
        nothing = float("nan")
        return {
            "interval_twap": nothing if unknown else float((stood["mid"].array * widths.array).sum() / widths.sum()),
            "market_quantity": nothing if unknown else traded["quantity"].sum(),
            "interval_vwap": nothing if unknown or traded.empty else traded["value"].sum() / traded["quantity"].sum(),
        }


def test_every_figure_of_a_session_is_found_again_by_other_means() -> None:
    entries, files = a_session(1)
    by_hand = ByHand(files, entries)
    compared = unknown = 0
    for row in by_hand.rows.itertuples():
        if pd.isna(row.released):
            continue
        for name, again in by_hand.parts(row).items():
            ours = getattr(row, name)
            if ours is None or pd.isna(again):
                unknown += 1
                assert ours is None, (row.operation_id, name)
                assert pd.isna(again), (row.operation_id, name)
            else:
                compared += 1
                assert float(ours) == pytest.approx(again, rel=1e-9, abs=1e-6), (row.operation_id, name)
    assert compared > 1_000
    assert unknown > 0
