import { useQuery } from "@tanstack/react-query";
import type { ColDef } from "ag-grid-community";
import { useState } from "react";

import { type Exposure, type ExposureGroup, type Position, read } from "../api/client";
import { byNumber, signed, words } from "../parts/format";
import { Grid } from "../parts/grid";
import { Said } from "../parts/said";
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
const COLUMNS: ColDef<Position>[] = [
  { field: "instrument_key", headerName: "instrument", width: 270, sort: "asc" },
  { field: "strategy_id", headerName: "strategy", width: 135 },
  { field: "account", headerName: "account", width: 170 },
  number("quantity"),
  number("average_entry_price"),
  number("current_price"),
  number("realized_pnl"),
  number("unrealized_pnl"),
  {
    field: "fees",
    headerName: "fees",
    width: 110,
    valueFormatter: ({ value }) => paid(value as Record<string, string>),
    cellClass: "number",
    type: "rightAligned",
  },
  { field: "settlement_currency", headerName: "in", width: 80 },
];

const paid = (fees: Record<string, string>): string =>
  Object.entries(fees)
    .map(([currency, amount]) => `${amount} ${currency}`)
    .join(", ");

export function PositionsPage() {
  const [flat, setFlat] = useState(false);
  const [group, setGroup] = useState<(typeof GROUPS)[number]>("by_strategy");
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
          getRowId={({ data }) => `${data.instrument_key} ${data.account} ${data.strategy_id}`}
        />
      </div>
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
