import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type uPlot from "uplot";
import { Link } from "wouter";

import { type Position, type PositionChange, read } from "../api/client";
import { type Line, Plot } from "../parts/plot";
import { Said } from "../parts/said";
import { prefilled } from "../state/ticket";

const PAGE = 1_000;
const MOST_PAGES = 10;
const HELD: Line[] = [{ label: "quantity", colour: "accent", kind: "steps" }];
const REALIZED: Line[] = [{ label: "realized P&L", colour: "good", kind: "steps" }];

/** Where an order is written that would close a position; nothing is sent until somebody does. */
const closing = ({ instrument_key, account, strategy_id, quantity }: Position): string =>
  prefilled({
    instrument_key,
    account,
    strategy_id,
    side: quantity.startsWith("-") ? "BUY" : "SELL",
    amount: quantity.replace("-", ""),
    order_type: "MARKET",
    reduce_only: "true",
  });

async function readChanges(position: Position): Promise<PositionChange[]> {
  const { instrument_key, account, strategy_id } = position;
  const found: PositionChange[] = [];
  let cursor = "";
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = new URLSearchParams({ instrument_key, account, strategy_id, limit: String(PAGE), cursor });
    const got = await read<{ changes: PositionChange[]; next_cursor: string }>(`/api/positions/history?${query}`);
    found.push(...got.changes);
    cursor = got.next_cursor;
    if (cursor === "") break;
  }
  return found.reverse();
}

/** What one strategy has held of one instrument over time, and what it made of it. */
export function PositionHistory({ position, onClose }: { position: Position; onClose: () => void }) {
  const changes = useQuery({
    queryKey: ["position history", position.instrument_key, position.account, position.strategy_id, position.updated_at_ns],
    queryFn: () => readChanges(position),
    placeholderData: (before) => before,
    retry: false,
  });
  const drawn = useMemo(() => {
    const found = changes.data ?? [];
    const times = found.map((each) => each.changed_at_ns / 1e9);
    return {
      held: [times, found.map((each) => Number(each.quantity))] as uPlot.AlignedData,
      realized: [times, found.map((each) => Number(each.realized_pnl))] as uPlot.AlignedData,
    };
  }, [changes.data]);
  const held = Number(position.quantity) !== 0;
  return (
    <section aria-label="History of the position">
      <div className="bar">
        <h2>
          {position.instrument_key} of {position.strategy_id} at {position.account}
        </h2>
        <span className="quiet">{changes.data?.length ?? 0} changes</span>
        {held && <Link href={closing(position)}>Close the position…</Link>}
        <button type="button" className="plain" aria-label="Close the history" onClick={onClose}>
          ✕
        </button>
      </div>
      <Said problem={changes.error} />
      <div className="beside">
        <Plot label="Quantity over time" data={drawn.held} lines={HELD} height={150} places={8} />
        <Plot label={`Realized P&L over time, ${position.settlement_currency}`} data={drawn.realized} lines={REALIZED} height={150} />
      </div>
    </section>
  );
}
