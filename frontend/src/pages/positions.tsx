import { useQuery } from "@tanstack/react-query";
import type { ColDef } from "ag-grid-community";
import { useState } from "react";

import columns from "../api/columns.json";
import { type Exposure, type ExposureGroup, type Position, read } from "../api/client";
import { sum } from "../parts/decimal";
import { byNumber, signed, words } from "../parts/format";
import { Grid } from "../parts/grid";
import { Said } from "../parts/said";
import { PositionHistory } from "./position-history";
import { Breaks } from "./status";

const EVERY_MS = 1_000;
const GROUPS = ["by_strategy", "by_instrument", "by_venue", "by_base_asset"] as const;

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
  const [group, setGroup] = useState<(typeof GROUPS)[number]>("by_strategy");
  const [shown, setShown] = useState("");
  const positions = useQuery({
    queryKey: ["positions", flat],
    queryFn: () => read<{ positions: Position[] }>(`/api/positions?include_flat=${flat}`),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  const exposure = useQuery({
    queryKey: ["exposure"],
    queryFn: () => read<Exposure>("/api/exposure"),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  const limits = useQuery({
    queryKey: ["limits"],
    queryFn: () => read<{ limits: { max_total_notional: string | null } }>("/api/risk/limits"),
    refetchInterval: 10 * EVERY_MS,
    retry: false,
  });
  const most = Number(limits.data?.limits.max_total_notional ?? 0);
  const found = exposure.data;
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
      <section>
        <div className="bar">
          <h2>Exposure {found && `in ${found.currency}`}</h2>
          {GROUPS.map((name) => (
            <button type="button" key={name} className="chip" aria-pressed={group === name} onClick={() => setGroup(name)}>
              {words(name)}
            </button>
          ))}
        </div>
        <Said problem={exposure.error} />
        {found && (
          <table className="facts bars">
            <thead>
              <tr>
                <th>Group</th>
                <th className="number">Gross</th>
                <th className="number">Net</th>
                <th className="number">Worst case</th>
                <th>Worst case of {most ? `the limit, ${most}` : "the whole (no limit is set)"}</th>
                <th>Not known</th>
              </tr>
            </thead>
            <tbody>
              <Bar group={found.total} name="all" most={most || Number(found.total.worst_case)} />
              {found[group].map((each) => (
                <Bar key={each.group} group={each} name={each.group} most={most || Number(found.total.worst_case)} />
              ))}
            </tbody>
          </table>
        )}
      </section>
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

function Bar({ group, name, most }: { group: ExposureGroup; name: string; most: number }) {
  const share = most > 0 ? Math.min(Number(group.worst_case) / most, 1) : 0;
  const doubts = [group.unpriced && `${group.unpriced} without a price`, group.stale && `${group.stale} at an old price`];
  return (
    <tr>
      <td>{name}</td>
      <td className="number">{group.gross}</td>
      <td className={`number ${signed(group.net)}`}>{group.net}</td>
      <td className="number">{group.worst_case}</td>
      <td>
        <meter aria-label={`${name}: worst case`} min={0} max={1} high={0.8} optimum={0} value={share} />
      </td>
      <td className="bad">{doubts.filter(Boolean).join(", ")}</td>
    </tr>
  );
}
