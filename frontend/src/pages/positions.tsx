import { useQuery } from "@tanstack/react-query";
import type { ColDef } from "ag-grid-community";
import { useState } from "react";

import columns from "../api/columns.json";
import { type Position, read } from "../api/client";
import { average, money, sum } from "../parts/decimal";
import { Facts } from "../parts/facts";
import { byNumber, heading, signed, words } from "../parts/format";
import { Grid } from "../parts/grid";
import { Rounded } from "../parts/rounded";
import { Said } from "../parts/said";
import { ExposureBars } from "./exposure";
import { PositionHistory } from "./position-history";
import { Breaks } from "./status";

const EVERY_MS = 1_000;

const PNL = new Set(["realized_pnl", "unrealized_pnl"]);
const NUMBERS: Record<string, number> = {
  quantity: 85, average_entry_price: 105, current_price: 95, realized_pnl: 95, unrealized_pnl: 95,
};
const NAMES: Record<string, string> = {
  average_entry_price: "Entry", current_price: "Now", realized_pnl: "Realized", unrealized_pnl: "Unrealized", settlement_currency: "In",
};

/** A number as a desk reads it; the pointer on it tells all digits. */
function figure(field: string, value: string, currency: string): string {
  if (PNL.has(field)) return money(value, currency);
  return field === "quantity" ? value : average(value);
}

function columnOf(field: string): ColDef<Position> {
  const base = { field: field as keyof Position & string, headerName: NAMES[field] ?? heading(field) };
  const right: ColDef<Position> = { type: "rightAligned", cellClass: "number" };
  if (NUMBERS[field]) {
    const hasSign = PNL.has(field) || field === "quantity";
    return {
      ...base,
      ...right,
      width: NUMBERS[field],
      comparator: byNumber,
      cellClass: ({ value }) => `number ${hasSign ? signed(String(value)) : ""}`,
      valueFormatter: ({ value, data }) => figure(field, String(value ?? ""), data?.settlement_currency ?? ""),
      tooltipValueGetter: ({ value }) => String(value ?? ""),
    };
  }
  if (field === "fees") return { ...base, ...right, width: 110, valueFormatter: ({ value }) => paid(value as Record<string, string>), tooltipValueGetter: ({ value }) => exactly(value as Record<string, string>) };
  if (field === "instrument_key") return { ...base, filter: true, width: 290, sort: "asc" };
  return { ...base, filter: true, width: { settlement_currency: 65, account: 165 }[field] ?? 130 };
}

// The fields that `livexec positions` prints, in the same order.
const COLUMNS: ColDef<Position>[] = columns.positions.map(columnOf);
const BY = ["strategy_id", "instrument_key", "venue", "base_asset"] as const;
type By = (typeof BY)[number];
const SUMS = ["Positions", "Realized", "Unrealized"];

const exactly = (fees: Record<string, string>): string =>
  Object.entries(fees)
    .map(([currency, amount]) => `${amount} ${currency}`)
    .join(", ");
const paid = (fees: Record<string, string>): string =>
  exactly(Object.fromEntries(Object.entries(fees).map(([currency, amount]) => [currency, money(amount, currency)])));

export function PositionsPage() {
  const [flat, setFlat] = useState(false);
  const [shown, setShown] = useState("");
  const positions = useQuery({
    queryKey: ["positions", flat],
    queryFn: () => read<{ positions: Position[] }>(`/api/positions?include_flat=${flat}`),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  const drawn = positions.data?.positions.find((each) => idOf(each) === shown);
  return (
    <main className="page">
      <div className="bar">
        <h1>Positions</h1>
        <label className="tick">
          <input type="checkbox" checked={flat} onChange={(event) => setFlat(event.target.checked)} /> flat ones too
        </label>
      </div>
      <Said problem={positions.error} />
      <div className="half">
        <Grid<Position>
          rowData={positions.data?.positions ?? []}
          columnDefs={COLUMNS}
          getRowId={({ data }) => idOf(data)}
          nothing="Nothing is held."
          onRowClicked={({ data }) => data && setShown(idOf(data))}
          onCellKeyDown={({ event, data }) => {
            if (event instanceof KeyboardEvent && event.key === "Enter" && data) setShown(idOf(data));
          }}
        />
      </div>
      {drawn && <PositionHistory position={drawn} onClose={() => setShown("")} />}
      <Profit positions={positions.data?.positions ?? []} />
      <ExposureBars positions={positions.data?.positions ?? []} />
      <Breaks />
    </main>
  );
}

const idOf = (position: Position): string => `${position.instrument_key} ${position.account} ${position.strategy_id}`;

/** Profit and loss by whatever the reader asks, in each currency that it is settled in. */
function Profit({ positions }: { positions: Position[] }) {
  const [by, setBy] = useState<By>("strategy_id");
  const groups = new Map<string, Position[]>();
  for (const each of positions) {
    const name = `${each[by]} ${each.settlement_currency}`;
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return (
    <section>
      <div className="bar">
        <h2>Profit and loss</h2>
        {BY.map((name) => (
          <button type="button" key={name} className="chip" aria-pressed={by === name} onClick={() => setBy(name)}>
            by {words(name.replace(/_(key|id)$/, ""))}
          </button>
        ))}
      </div>
      <Facts
        label="Profit and loss"
        columns={[heading(by), ...SUMS, "In"]}
        numbers={SUMS}
        rows={[...groups].sort().map(([name, those]) => ({
          key: name,
          cells: [
            those[0]?.[by],
            those.length,
            <Total of={those.map((each) => each.realized_pnl)} currency={those[0]?.settlement_currency ?? ""} />,
            <Total of={those.map((each) => each.unrealized_pnl)} currency={those[0]?.settlement_currency ?? ""} />,
            those[0]?.settlement_currency,
          ],
        }))}
      />
    </section>
  );
}

function Total({ of, currency }: { of: string[]; currency: string }) {
  const value = sum(of);
  return (
    <span className={signed(value)}>
      <Rounded exact={value} shown={money(value, currency)} />
    </span>
  );
}
