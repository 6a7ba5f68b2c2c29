// From rows of result files to what plots draw. Only here do a run's numbers become floating ones, for pixels.

import type uPlot from "uplot";

import { number, type Row, seconds } from "../api/replays";

export interface Curve {
  times: number[];
  profit: number[]; // USD, since the run began
  drawdown: number[]; // USD below the highest before, never above zero
}

/** Make the curve of a run from its equity rows. */
export function curveOf(equity: Row[]): Curve {
  const times = equity.map(seconds);
  const begin = number(equity[0]?.["portfolio_value"]) ?? 0;
  const profit = equity.map((row) => (number(row["portfolio_value"]) ?? 0) - begin);
  let highest = 0;
  const drawdown = profit.map((each) => {
    highest = Math.max(highest, each);
    return each - highest;
  });
  return { times, profit, drawdown };
}

export const PARTS = ["delay", "timing", "spread", "impact", "fees", "opportunity"] as const;

export interface Cost {
  name: string;
  orders: number;
  notionalUsd: number;
  partsBps: Record<(typeof PARTS)[number], number>;
  shortfallBps: number;
}

/** Add up what the orders as they were asked for cost, by whatever names them. */
export function costsBy(rows: Row[], nameOf: (row: Row) => string): Cost[] {
  const groups = new Map<string, Row[]>();
  for (const row of asked(rows)) {
    if (number(row["notional"]) === null || number(row["usd_rate"]) === null || number(row["shortfall"]) === null) continue;
    const name = nameOf(row);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups].map(([name, those]) => {
    const usd = (column: string): number =>
      those.reduce((sum, row) => sum + (number(row[column]) ?? 0) * (number(row["usd_rate"]) ?? 0), 0);
    const notionalUsd = usd("notional");
    const inBps = (column: string): number => (notionalUsd > 0 ? (usd(column) / notionalUsd) * 10_000 : 0);
    return {
      name,
      orders: those.length,
      notionalUsd,
      partsBps: Object.fromEntries(PARTS.map((part) => [part, inBps(part)])) as Cost["partsBps"],
      shortfallBps: inBps("shortfall"),
    };
  });
}

/** The orders as they were asked for: parents, and those that stand alone. */
export const asked = (rows: Row[]): Row[] => rows.filter((row) => !row["parent_id"]);

/** How far prices went in the orders' favour so many seconds after their trades, in bps of what was traded. */
export function markoutsOf(rows: Row[]): { seconds: number; bps: number }[] {
  const ages = Object.keys(rows[0] ?? {}).flatMap((name) => /^markout_(\d+)s$/.exec(name)?.[1] ?? []);
  return ages.map((age) => {
    let amount = 0;
    let traded = 0;
    for (const row of asked(rows)) {
      const made = number(row[`markout_${age}s`]);
      const quantity = number(row[`markout_${age}s_quantity`]) ?? 0;
      const whole = number(row["quantity"]) ?? 0;
      const notional = number(row["notional"]);
      if (made === null || notional === null || whole === 0) continue;
      amount += made * (number(row["usd_rate"]) ?? 1);
      traded += ((notional * quantity) / whole) * (number(row["usd_rate"]) ?? 1);
    }
    return { seconds: Number(age), bps: traded > 0 ? (amount / traded) * 10_000 : 0 };
  });
}

/** Put best quotes and trades into the columns of one plot: time, bid, ask, bought, sold. */
export function marketOf(quotes: Row[], fills: Row[], join: typeof uPlot.join): uPlot.AlignedData {
  const of = (side: string) => fills.filter((row) => row["side"] === side);
  const points = (rows: Row[]): uPlot.AlignedData => {
    const latest = new Map(rows.map((row) => [seconds(row), number(row["price"])] as const)); // one point a moment
    const sorted = [...latest].sort(([a], [b]) => a - b);
    return [sorted.map(([at]) => at), sorted.map(([, price]) => price)];
  };
  const lines = new Map(quotes.map((row) => [seconds(row), row] as const));
  const times = [...lines.keys()].sort((a, b) => a - b);
  return join([
    [times, times.map((at) => number(lines.get(at)?.["bid"])), times.map((at) => number(lines.get(at)?.["ask"]))],
    points(of("BUY")),
    points(of("SELL")),
  ]);
}

/** Write rows as comma-separated values, with the columns of the first. */
export function csvOf(rows: Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const quoted = (value: Row[string] | undefined): string => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.join(","), ...rows.map((row) => columns.map((column) => quoted(row[column])).join(","))].join("\n") + "\n";
}

/** Let the browser keep something as a file. */
export function keep(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
