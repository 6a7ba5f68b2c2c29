import { useMutation } from "@tanstack/react-query";

import { read } from "../api/client";
import { readFile, readTable, replayPath, type Table, TABLES } from "../api/replays";
import { csvOf, keep } from "../parts/backtest";
import { Said } from "../parts/said";

const KINDS = ["parquet", "CSV", "JSON"] as const;
type Kind = (typeof KINDS)[number];

/** Every table of a run as a file to keep. */
export function Exports({ runId }: { runId: string }) {
  const kept = useMutation({ mutationFn: ({ table, kind }: { table: Table; kind: Kind }) => keepTable(runId, table, kind) });
  const summary = useMutation({
    mutationFn: async () => {
      const content = await read<unknown>(`${replayPath(runId)}/summary`);
      keep(`${runId}-summary.json`, new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));
    },
  });
  return (
    <>
      <p className="quiet">Parquet is the file itself, as it is in the bucket; times are UTC nanoseconds, exact numbers text.</p>
      <Said problem={kept.error ?? summary.error} />
      <table className="facts">
        <tbody>
          {TABLES.map((table) => (
            <tr key={table}>
              <th scope="row">{table}</th>
              {KINDS.map((kind) => (
                <td key={kind}>
                  <button type="button" aria-label={`${table} as ${kind}`} disabled={kept.isPending} onClick={() => kept.mutate({ table, kind })}>
                    {kind}
                  </button>
                </td>
              ))}
            </tr>
          ))}
          <tr>
            <th scope="row">summary</th>
            <td colSpan={3}>
              <button type="button" aria-label="summary as JSON" onClick={() => summary.mutate()}>
                JSON
              </button>
            </td>
          </tr>
        </tbody>
      </table>
    </>
  );
}

async function keepTable(runId: string, table: Table, kind: Kind): Promise<void> {
  if (kind === "parquet") {
    keep(`${runId}-${table}.parquet`, await readFile(runId, table));
    return;
  }
  const { rows, all } = await readTable(runId, table);
  if (rows.length < all) throw new Error(`${table} has ${all} rows, too many for a page: take the parquet file`);
  const [content, type] = kind === "CSV" ? [csvOf(rows), "text/csv"] : [JSON.stringify(rows, null, 1), "application/json"];
  keep(`${runId}-${table}.${kind.toLowerCase()}`, new Blob([content], { type }));
}
