import { useQuery } from "@tanstack/react-query";
import type { ColDef } from "ag-grid-community";
import { useMemo, useState } from "react";

import { readTable, type Row, type Table } from "../api/replays";
import { trimmed } from "../parts/decimal";
import { byNumber, dateTime, words } from "../parts/format";
import { Grid } from "../parts/grid";
import { Said } from "../parts/said";

const TIMES = new Set(["timestamp", "released", "ended"]);
const NUMBERS = /price|amount|quantity|fee|pnl|notional|bps|rate/;

/** A table of a run as its file has it; where a number is there twice, the exact one. */
export function Rows({ runId, table }: { runId: string; table: Table }) {
  const [search, setSearch] = useState("");
  const found = useQuery({ queryKey: ["rows", runId, table], queryFn: () => readTable(runId, table), staleTime: Infinity, retry: false });
  const columns = useMemo(() => columnsOf(found.data?.rows[0]), [found.data]);
  return (
    <>
      <Said problem={found.error} />
      <div className="bar">
        <input type="search" className="search" placeholder="Search ( / )" aria-label={`Search ${table}`} value={search} onChange={(e) => setSearch(e.target.value)} />
        {found.data && (
          <span className="quiet">
            {found.data.rows.length} of {found.data.all} {table}
          </span>
        )}
      </div>
      <Grid<Row> nothing="None." rowData={found.data?.rows ?? []} columnDefs={columns} quickFilterText={search} />
    </>
  );
}

function columnsOf(row: Row | undefined): ColDef<Row>[] {
  const names = Object.keys(row ?? {}).filter((name) => !name.endsWith("_exact"));
  return names.map((name) => {
    const exact = row !== undefined && `${name}_exact` in row ? `${name}_exact` : name;
    if (TIMES.has(name)) return { field: name, width: 190, valueFormatter: ({ value }) => dateTime(Number(value ?? 0)) };
    if (!NUMBERS.test(name)) return { field: name, headerName: words(name), width: 150 };
    return {
      field: exact,
      headerName: words(name),
      width: 120,
      type: "rightAligned",
      cellClass: "number",
      comparator: byNumber,
      valueFormatter: ({ value }) => trimmed(String(value ?? "")),
    };
  });
}
