import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";

import { read } from "../api/client";
import { type Replay, replayPath, type ReplaySummary, type Table } from "../api/replays";
import { Recorded } from "../parts/record";
import { Said } from "../parts/said";
import { Costs } from "./run-costs";
import { Equity } from "./run-equity";
import { Exports } from "./run-exports";
import { Market } from "./run-market";
import { Rows } from "./run-rows";

const TABS = ["Equity", "Costs", "Ticks and fills", "Orders", "Fills", "Positions", "Export", "Configuration"] as const;
type Tab = (typeof TABS)[number];
const GRIDS: Partial<Record<Tab, Table>> = { Orders: "orders", Fills: "fills", Positions: "positions" };

/** One replay: how far it is, and everything that it left. */
export function RunPage({ runId }: { runId: string }) {
  const [tab, setTab] = useState<Tab>("Equity");
  const run = useQuery({
    queryKey: ["replay", runId],
    queryFn: () => read<Replay>(replayPath(runId)),
    refetchInterval: ({ state }) => (state.data?.ended_at_ns ? false : 1_000),
    retry: false,
  });
  const isWritten = run.data?.outcome !== null && run.data !== undefined;
  const summary = useQuery({
    queryKey: ["replay summary", runId],
    queryFn: () => read<ReplaySummary>(`${replayPath(runId)}/summary`),
    enabled: isWritten,
    retry: false,
  });
  const grid = GRIDS[tab];
  return (
    <main className={grid ? "page full" : "page"}>
      <section className={grid ? "column" : ""}>
        <div className="bar">
          <h1>{runId}</h1>
          {run.data && <span className={run.data.state === "FAILED" ? "bad" : run.data.state === "DONE" ? "good" : ""}>{run.data.state}</span>}
          <span className="spring" />
          <Link href="/backtest/runs">all runs</Link>
        </div>
        <Said problem={run.error ?? summary.error} />
        {run.data?.error && <p className="bad">{run.data.error}</p>}
        {run.data && !isWritten && (
          <p role="status">
            {run.data.done} of {run.data.tasks} tasks are done; its results are shown when all are.
          </p>
        )}
        {summary.data && <Figures summary={summary.data} />}
        {isWritten && (
          <div className="bar" role="toolbar" aria-label="Results">
            {TABS.map((name) => (
              <button type="button" key={name} className="chip" aria-pressed={tab === name} onClick={() => setTab(name)}>
                {name}
              </button>
            ))}
          </div>
        )}
        {isWritten && tab === "Equity" && <Equity runId={runId} />}
        {isWritten && tab === "Costs" && <Costs runId={runId} />}
        {isWritten && tab === "Ticks and fills" && <Market runId={runId} />}
        {isWritten && grid && <Rows key={grid} runId={runId} table={grid} />}
        {isWritten && tab === "Export" && <Exports runId={runId} />}
        {isWritten && tab === "Configuration" && <Recorded value={summary.data?.metadata} />}
      </section>
    </main>
  );
}

function Figures({ summary }: { summary: ReplaySummary }) {
  const { pnl, fees, max_drawdown, orders, fills } = summary.summary;
  const card = (name: string, value: ReactNode) => (
    <div key={name}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
  return (
    <dl className="summary">
      {card("P&L, USD", <span className={pnl.startsWith("-") ? "bad" : "good"}>{pnl}</span>)}
      {card("largest drawdown, USD", max_drawdown)}
      {card("fees, USD", fees)}
      {card("orders", orders)}
      {card("fills", fills)}
      {card("instrument", summary.instrument)}
      {card("from", summary.start)}
      {card("to", summary.end)}
      {card("processor time, seconds", summary.execution_time.toFixed(2))}
    </dl>
  );
}
