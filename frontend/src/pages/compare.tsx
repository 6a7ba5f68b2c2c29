import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import uPlot from "uplot";
import { Link, useSearch } from "wouter";

import { read } from "../api/client";
import { type Figures, readTable, replayPath, type ReplaySummary } from "../api/replays";
import { costsBy, curveOf } from "../parts/backtest";
import { type Line, Plot } from "../parts/plot";
import { Said } from "../parts/said";

const COLOURS = ["accent", "alarm", "good", "bad", "quiet"];
const MOST = COLOURS.length;
const FIGURES: [keyof Figures, string][] = [
  ["pnl", "P&L, USD"],
  ["max_drawdown", "largest drawdown, USD"],
  ["fees", "fees, USD"],
  ["orders", "orders"],
  ["fills", "fills"],
];
const TOLD = ["days", "strategies", "instruments", "seed", "signals", "windows", "quotes", "trades", "snapshot_mode"];

async function readRun(runId: string) {
  const [summary, equity, tca] = await Promise.all([
    read<ReplaySummary>(`${replayPath(runId)}/summary`),
    readTable(runId, "equity"),
    readTable(runId, "tca"),
  ]);
  const [cost] = costsBy(tca.rows, () => "all");
  return { runId, summary, curve: curveOf(equity.rows), shortfallBps: cost?.shortfallBps };
}

/** Several runs beside each other: figures, what they were told, and their curves in one plot. */
export function ComparePage() {
  const search = useSearch();
  const ids = useMemo(() => new URLSearchParams(search).getAll("run").slice(0, MOST), [search]);
  const asked = useQueries({
    queries: ids.map((runId) => ({ queryKey: ["compared", runId], queryFn: () => readRun(runId), staleTime: Infinity, retry: false })),
  });
  const runs = asked.flatMap(({ data }) => data ?? []);
  const known = runs.map((run) => run.runId).join(" ");
  // A run's results never change, so that which runs are known says all.
  const drawn = useMemo(() => {
    const join = (name: "profit" | "drawdown") => uPlot.join(runs.map(({ curve }) => [curve.times, curve[name]]));
    const lines = runs.map(({ runId }, at): Line => ({ label: runId, colour: COLOURS[at] ?? "ink" }));
    return runs.length > 0 ? { profit: join("profit"), drawdown: join("drawdown"), lines } : null;
  }, [known]);
  return (
    <main className="page">
      <h1>Compare</h1>
      {ids.length === 0 && (
        <p className="quiet">
          Tick the runs to compare in the <Link href="/backtest/runs">list of runs</Link>.
        </p>
      )}
      <Said problem={asked.find(({ error }) => error)?.error} />
      {runs.length > 0 && (
        <table className="facts">
          <thead>
            <tr>
              <th>Figure</th>
              {runs.map(({ runId }) => (
                <th key={runId}>
                  <Link href={`/backtest/runs/${encodeURIComponent(runId)}`}>{runId}</Link>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {FIGURES.map(([name, label]) => (
              <tr key={name}>
                <th scope="row">{label}</th>
                {runs.map(({ runId, summary }) => (
                  <td key={runId} className="number">
                    {String(summary.summary[name])}
                  </td>
                ))}
              </tr>
            ))}
            <tr>
              <th scope="row">shortfall, bps</th>
              {runs.map(({ runId, shortfallBps }) => (
                <td key={runId} className="number">
                  {shortfallBps === undefined ? "not measured" : shortfallBps.toFixed(3)}
                </td>
              ))}
            </tr>
            {TOLD.map((name) => (
              <tr key={name}>
                <th scope="row">{name.replaceAll("_", " ")}</th>
                {runs.map(({ runId, summary }) => (
                  <td key={runId}>{said(summary.metadata[name])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {drawn && (
        <>
          <h2>Profit and loss, USD</h2>
          <Plot label="Profit and loss of every run" data={drawn.profit} lines={drawn.lines} height={280} />
          <h2>Drawdown, USD</h2>
          <Plot label="Drawdown of every run" data={drawn.drawdown} lines={drawn.lines} height={180} />
        </>
      )}
    </main>
  );
}

const said = (value: unknown): string => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));
