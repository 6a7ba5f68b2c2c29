// What the backtest service knows: replays, and the tables of their results.

import type { components } from "./backtest.schema";
import { headers, read, refusalOf } from "./client";

type Schemas = components["schemas"];
export type Replay = Schemas["ReplayAnswer"];
export type ReplaySummary = Schemas["ReplaySummaryAnswer"];
export type ReplayBody = Schemas["ReplayBody"];
export type Figures = Schemas["ReplayFigures"];

export const TABLES = ["orders", "fills", "positions", "equity", "tca", "quotes", "volumes"] as const;
export type Table = (typeof TABLES)[number];

/** A row as its file has it: exact numbers are text, floating ones are of older readers' columns. */
export type Row = Record<string, string | number | boolean | null>;

const PAGE = 10_000; // the service gives no more at once
const MOST_ROWS = 200_000; // of one table in the page; files have them all

export const replayPath = (runId: string): string => `/api/replays/${encodeURIComponent(runId)}`;

/** Read a table page by page; `all` says how many rows there are, should they be too many for a page. */
export async function readTable(runId: string, table: Table, filters: Record<string, string> = {}): Promise<{ rows: Row[]; all: number }> {
  const rows: Row[] = [];
  for (;;) {
    const query = new URLSearchParams({ ...filters, limit: String(PAGE), after: String(rows.length) });
    const page = await read<{ rows: Row[]; all: number }>(`${replayPath(runId)}/${table}?${query}`);
    rows.push(...page.rows);
    if (rows.length >= Math.min(page.all, MOST_ROWS) || page.rows.length === 0) return { rows, all: page.all };
  }
}

/** Read a table as the parquet file that it is. */
export async function readFile(runId: string, table: Table): Promise<Blob> {
  const answer = await fetch(`${replayPath(runId)}/${table}/file`, { headers: headers() });
  if (!answer.ok) throw await refusalOf(answer);
  return answer.blob();
}

export const number = (value: Row[string] | undefined): number | null =>
  value === null || value === undefined || value === "" ? null : Number(value);
export const seconds = (row: Row): number => Number(row["timestamp"]) / 1e9;
