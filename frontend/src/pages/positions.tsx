import { useQuery } from "@tanstack/react-query";
import type { ColDef } from "ag-grid-community";
import { useState } from "react";

import columns from "../api/columns.json";
import { type Position, read } from "../api/client";
import { sum } from "../parts/decimal";
import { byNumber, signed, words } from "../parts/format";
import { Grid } from "../parts/grid";
import { Said } from "../parts/said";
import { ExposureBars } from "./exposure";
import { PositionHistory } from "./position-history";
import { Breaks } from "./status";

const EVERY_MS = 1_000;

const number = (field: keyof Position & string): ColDef<Position> => ({
  field,
  headerName: words(field),
  type: "rightAligned",
  cellClass: ({ value }) => `number ${field.includes("pnl") || field === "quantity" ? signed(String(value)) : ""}`,
  comparator: byNumber,
  width: 112,
});
const NUMBERS = ["quantity", "average_entry_price", "current_price", "realized_pnl", "unrealized_pnl"];

function columnOf(field: string): ColDef<Position> {
  if (NUMBERS.includes(field)) return number(field as keyof Position & string);
  if (field === "fees")
    return { field, width: 110, valueFormatter: ({ value }) => paid(value as Record<string, string>), cellClass: "number", type: "rightAligned" };
  const base = { field: field as keyof Position & string, headerName: words(field.replace(/_(key|id)$/, "")), filter: true };
  if (field === "instrument_key") return { ...base, width: 270, sort: "asc" };
  return field === "settlement_currency" ? { ...base, headerName: "in", width: 80 } : { ...base, width: 150 };
}

// The fields that `livexec positions` prints, in the same order.
const COLUMNS: ColDef<Position>[] = columns.positions.map(columnOf);
const BY = ["strategy_id", "instrument_key", "venue", "base_asset"] as const;
type By = (typeof BY)[number];

const paid = (fees: Record<string, string>): string =>
  Object.entries(fees)
    .map(([currency, amount]) => `${amount} ${currency}`)
    .join(", ");

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
      <table className="facts">
        <thead>
          <tr>
            <th>{words(by.replace(/_(key|id)$/, ""))}</th>
            <th className="number">Positions</th>
            <th className="number">Realized</th>
            <th className="number">Unrealized</th>
            <th>In</th>
          </tr>
        </thead>
        <tbody>
          {[...groups].sort().map(([name, those]) => (
            <tr key={name}>
              <td>{those[0]?.[by]}</td>
              <td className="number">{those.length}</td>
              <Signed value={sum(those.map((each) => each.realized_pnl))} />
              <Signed value={sum(those.map((each) => each.unrealized_pnl))} />
              <td>{those[0]?.settlement_currency}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const Signed = ({ value }: { value: string }) => <td className={`number ${signed(value)}`}>{value}</td>;
