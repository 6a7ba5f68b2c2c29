import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { post, read } from "../api/client";
import type { Replay } from "../api/replays";
import { AlgorithmChoice, listOf, pairsOf, textFields, trimmedOf } from "../parts/fields";
import { money } from "../parts/decimal";
import { dateTime, signed } from "../parts/format";
import { Rounded } from "../parts/rounded";
import { Said } from "../parts/said";

const EVERY_MS = 1_000;
const NUMBERS = new Set(["P&L, USD", "Fills"]);
const EMPTY = {
  signals: "", ticks: "", out: "", days: "", strategies: "", instruments: "", size: "", exec_algorithm: "NORMAL",
  params: "", seed: "0", workers: "1",
};
type Form = typeof EMPTY;

/** What the form says, as `POST /api/replays` takes it; empty fields are left out. */
function body({ params, seed, workers, strategies, instruments, exec_algorithm, ...plain }: Form): Record<string, unknown> {
  const said: Record<string, unknown> = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== ""));
  if (exec_algorithm !== "NORMAL") {
    said["exec_algorithm"] = exec_algorithm;
    said["exec_algorithm_params"] = pairsOf(params);
  }
  return { ...trimmedOf(said), strategies: listOf(strategies), instruments: listOf(instruments), seed: Number(seed), workers: Number(workers) };
}

/** The replays of the backtest service, and the form that begins one. */
export function RunsPage() {
  const [form, setForm] = useState<Form>(EMPTY);
  const [chosen, setChosen] = useState<string[]>([]);
  const client = useQueryClient();
  const replays = useQuery({
    queryKey: ["replays"],
    queryFn: () => read<{ replays: Replay[] }>("/api/replays"),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  const begun = useMutation({
    mutationFn: () => post<Replay>("/api/replays", body(form)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["replays"] }),
  });
  const found = replays.data?.replays ?? [];
  const text = textFields(form, begun.error, setForm);
  const choose = (runId: string, on: boolean) => setChosen(on ? [...chosen, runId] : chosen.filter((each) => each !== runId));
  return (
    <main className="page full split">
      <form
        className="column order-form"
        aria-label="Replay"
        onSubmit={(event) => {
          event.preventDefault();
          begun.mutate();
        }}
      >
        <h1>Backtests</h1>
        <p className="quiet">Days of signals, worked again by the algorithms, routing and risk of the live service.</p>
        {text("signals", "Signals", { hint: "a folder or gs://BUCKET; empty: as configured" })}
        {text("ticks", "Ticks", { hint: "likewise" })}
        {text("out", "Results", { hint: "likewise" })}
        {text("days", "Days", { hint: "2023-05-23..2023-05-25; empty: every day with signals" })}
        {text("strategies", "Strategies", { hint: "empty: all" })}
        {text("instruments", "Instruments", { hint: "empty: all that signals name" })}
        {text("size", "Size", { hint: "what direction 1 holds; empty: signals say a target" })}
        <AlgorithmChoice value={form.exec_algorithm} onChange={(exec_algorithm) => setForm({ ...form, exec_algorithm })} />
        {form.exec_algorithm !== "NORMAL" && text("params", "Parameters", { hint: "name=value, separated by blanks", field: "exec_algorithm_params" })}
        {text("seed", "Seed")}
        {text("workers", "Processes")}
        <Said problem={begun.error} />
        {begun.data && !begun.isPending && <p role="status">{begun.data.run_id} is {begun.data.state}.</p>}
        <button type="submit" className="wide" disabled={begun.isPending}>
          Run
        </button>
      </form>
      <section className="column scroll" aria-label="Runs">
        <div className="bar">
          <h2>Runs</h2>
          <span className="spring" />
          {chosen.length > 1 ? (
            <Link href={`/backtest/compare?${new URLSearchParams(chosen.map((each) => ["run", each]))}`}>Compare {chosen.length} runs</Link>
          ) : (
            <span className="quiet">tick two or more to compare them</span>
          )}
        </div>
        <Said problem={replays.error} />
        {replays.data && found.length === 0 && <p className="quiet">None yet: begin one at the left.</p>}
        {found.length > 0 && (
          <table className="facts">
            <thead>
              <tr>
                {["", "Run", "State", "Done", "P&L, USD", "Fills", "Begun, UTC"].map((name) => (
                  <th key={name} className={NUMBERS.has(name) ? "number" : undefined}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {found.map((each) => (
                <Run key={each.run_id} run={each} chosen={chosen.includes(each.run_id)} onChoose={(on) => choose(each.run_id, on)} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}

function Run({ run, chosen, onChoose }: { run: Replay; chosen: boolean; onChoose: (on: boolean) => void }) {
  const figures = run.outcome?.["summary"] as Record<string, string | number> | undefined;
  return (
    <tr>
      <td>
        <input type="checkbox" aria-label={`Compare ${run.run_id}`} checked={chosen} disabled={figures === undefined} onChange={(e) => onChoose(e.target.checked)} />
      </td>
      <td>
        <Link href={`/backtest/runs/${encodeURIComponent(run.run_id)}`}>{run.run_id}</Link>
        {run.error && <div className="bad">{run.error}</div>}
      </td>
      <td className={run.state === "FAILED" ? "bad" : run.state === "DONE" ? "good" : ""}>{run.state}</td>
      <td>
        <meter aria-label={`${run.run_id}: tasks done`} min={0} max={Math.max(run.tasks, 1)} value={run.done} /> {run.done} of {run.tasks}
      </td>
      <td className={`number ${signed(String(figures?.["pnl"] ?? ""))}`}>
        <Rounded exact={String(figures?.["pnl"] ?? "")} shown={money(String(figures?.["pnl"] ?? ""), "USD")} />
      </td>
      <td className="number">{figures?.["fills"]}</td>
      <td>{dateTime(run.created_at_ns).slice(0, 19)}</td>
    </tr>
  );
}
