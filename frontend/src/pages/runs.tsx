import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { type Algorithm, post, read, Refusal } from "../api/client";
import type { Replay } from "../api/replays";
import { Choice, Field } from "../parts/fields";
import { dateTime } from "../parts/format";
import { Said } from "../parts/said";

const EVERY_MS = 1_000;
const EMPTY = {
  signals: "", ticks: "", out: "", days: "", strategies: "", instruments: "", size: "", exec_algorithm: "NORMAL",
  params: "", seed: "0", workers: "1",
};
type Form = typeof EMPTY;

const listOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** What the form says, as `POST /api/replays` takes it; empty fields are left out. */
function body({ params, seed, workers, strategies, instruments, exec_algorithm, ...plain }: Form): Record<string, unknown> {
  const said: Record<string, unknown> = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== ""));
  if (exec_algorithm !== "NORMAL") {
    said["exec_algorithm"] = exec_algorithm;
    said["exec_algorithm_params"] = Object.fromEntries(listOf(params).map((each) => [each.split("=")[0], each.split("=").slice(1).join("=")]));
  }
  return { ...said, strategies: listOf(strategies), instruments: listOf(instruments), seed: Number(seed), workers: Number(workers) };
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
  const algorithms = useQuery({
    queryKey: ["algorithms"],
    queryFn: () => read<{ algorithms: Algorithm[] }>("/api/algorithms"),
    staleTime: Infinity,
  });
  const begun = useMutation({
    mutationFn: () => post<Replay>("/api/replays", body(form)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["replays"] }),
  });
  const refused = begun.error instanceof Refusal ? begun.error.field : "";
  const found = replays.data?.replays ?? [];
  const text = (name: keyof Form, label: string, hint = "") => (
    <Field label={label} hint={hint} wrong={refused === name}>
      <input name={name} value={form[name]} autoComplete="off" onChange={(e) => setForm({ ...form, [name]: e.target.value })} />
    </Field>
  );
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
        {text("signals", "Signals", "a folder or gs://BUCKET; empty: as configured")}
        {text("ticks", "Ticks", "likewise")}
        {text("out", "Results", "likewise")}
        {text("days", "Days", "2023-05-23..2023-05-25; empty: every day with signals")}
        {text("strategies", "Strategies", "empty: all")}
        {text("instruments", "Instruments", "empty: all that signals name")}
        {text("size", "Size", "what direction 1 holds; empty: signals say a target")}
        <Choice
          label="Algorithm"
          name="exec_algorithm"
          value={form.exec_algorithm}
          words={["NORMAL", ...(algorithms.data?.algorithms ?? []).map((each) => each.name)]}
          onChange={(exec_algorithm) => setForm({ ...form, exec_algorithm })}
        />
        {form.exec_algorithm !== "NORMAL" && text("params", "Parameters", "name=value, separated by blanks")}
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
                {["", "Run", "State", "Done", "P&L, USD", "Fills", "Begun"].map((name) => (
                  <th key={name}>{name}</th>
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
      <td className="number">{figures?.["pnl"]}</td>
      <td className="number">{figures?.["fills"]}</td>
      <td>{dateTime(run.created_at_ns).slice(0, 19)}</td>
    </tr>
  );
}
