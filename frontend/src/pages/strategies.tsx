import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { type Algorithm, type Position, post, read, Refusal, type Strategy } from "../api/client";
import { sum } from "../parts/decimal";
import { Choice, Field } from "../parts/fields";
import { dateTime, signed } from "../parts/format";
import { Said } from "../parts/said";

const EVERY_MS = 1_000;
const EMPTY = { strategy_id: "", size: "", instruments: "", exec_algorithm: "NORMAL", params: "", max_age_secs: "300" };
type Form = typeof EMPTY;

/** What the form says, as `POST /api/strategies` takes it. */
function body(form: Form): Record<string, unknown> {
  const params = form.params.split(/[\s,]+/).filter(Boolean);
  return {
    strategy_id: form.strategy_id,
    size: form.size,
    instruments: form.instruments.split(/[\s,]+/).filter(Boolean),
    exec_algorithm: form.exec_algorithm,
    exec_algorithm_params: Object.fromEntries(params.map((each) => [each.split("=")[0], each.split("=").slice(1).join("=")])),
    max_age_secs: Number(form.max_age_secs),
  };
}

/** Read a file that holds one strategy, or several, as `livexec strategies --json` and this form know them. */
async function readUpload(file: File): Promise<Form[]> {
  const said: unknown = JSON.parse(await file.text());
  const listed = Array.isArray(said) ? said : ((said as { strategies?: unknown[] }).strategies ?? [said]);
  return (listed as Partial<Strategy>[]).map((each) => {
    if (typeof each.strategy_id !== "string") throw new Error(`${file.name}: a strategy without its strategy_id`);
    return formOf({ ...NOTHING, ...each, size: String(each.size ?? "") });
  });
}

const NOTHING: Strategy = {
  strategy_id: "", running: false, size: "", instruments: [], exec_algorithm: "", exec_algorithm_params: {}, max_age_secs: 300,
  principal: "", signal: null, answer: null, error: "",
};

const formOf = (each: Strategy): Form => ({
  strategy_id: each.strategy_id,
  size: each.size,
  instruments: each.instruments.join(" "),
  exec_algorithm: each.exec_algorithm || "NORMAL",
  params: Object.entries(each.exec_algorithm_params)
    .map(([name, value]) => `${name}=${value}`)
    .join(" "),
  max_age_secs: String(each.max_age_secs),
});

export function StrategiesPage() {
  const [form, setForm] = useState<Form>(EMPTY);
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: ["strategies"] });
  const strategies = useQuery({
    queryKey: ["strategies"],
    queryFn: () => read<{ strategies: Strategy[] }>("/api/strategies"),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  const algorithms = useQuery({
    queryKey: ["algorithms"],
    queryFn: () => read<{ algorithms: Algorithm[] }>("/api/algorithms"),
    staleTime: Infinity,
  });
  const positions = useQuery({
    queryKey: ["positions", true],
    queryFn: () => read<{ positions: Position[] }>("/api/positions?include_flat=true"),
    refetchInterval: 2 * EVERY_MS,
    retry: false,
  });
  const kept = useMutation({ mutationFn: () => post<Strategy>("/api/strategies", body(form)), onSuccess: again });
  const validated = useMutation({ mutationFn: () => post<Strategy>("/api/strategies?check=true", body(form)) });
  const uploaded = useMutation({
    mutationFn: async (file: File) => {
      const forms = await readUpload(file);
      const [first] = forms;
      if (forms.length === 1 && first) setForm(first);
      else for (const each of forms) await post<Strategy>("/api/strategies", body(each));
      return forms.length;
    },
    onSuccess: again,
  });
  const switched = useMutation({
    mutationFn: ({ strategy_id, running }: Strategy) =>
      post<Strategy>(`/api/strategies/${encodeURIComponent(strategy_id)}/${running ? "stop" : "start"}`, {}),
    onSuccess: again,
  });
  const found = strategies.data?.strategies ?? [];
  const refused = kept.error instanceof Refusal ? kept.error : null;
  const text = (name: keyof Form, label: string, hint: string, field: string = name) => (
    <Field label={label} hint={hint} wrong={refused?.field === field}>
      <input name={name} value={form[name]} autoComplete="off" onChange={(e) => setForm({ ...form, [name]: e.target.value })} />
    </Field>
  );
  return (
    <main className="page full split">
      <form
        className="column order-form"
        aria-label="Strategy"
        onSubmit={(event) => {
          event.preventDefault();
          kept.mutate();
        }}
      >
        <h1>Strategies</h1>
        <p className="quiet">A strategy&apos;s signals become orders only where its direction changes, each once at most.</p>
        {text("strategy_id", "Name", "as its signals name it")}
        {text("size", "Size", "what direction 1 holds; empty: its signals say a target")}
        {text("instruments", "Instruments", "the only ones that are traded; empty: all that signals name")}
        <Choice
          label="Algorithm"
          name="exec_algorithm"
          value={form.exec_algorithm}
          words={["NORMAL", ...(algorithms.data?.algorithms ?? []).map((each) => each.name)]}
          onChange={(exec_algorithm) => setForm({ ...form, exec_algorithm })}
        />
        {form.exec_algorithm !== "NORMAL" && text("params", "Parameters", "name=value, separated by blanks", "exec_algorithm_params")}
        {text("max_age_secs", "Oldest, seconds", "a signal that began longer ago is not traded")}
        <label className="field">
          <span>Upload</span>
          <input
            type="file"
            accept="application/json,.json"
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              if (file) uploaded.mutate(file);
              event.target.value = "";
            }}
          />
          <small>a JSON file: one fills the form, several are kept at once</small>
        </label>
        <Said problem={uploaded.error ?? validated.error ?? kept.error} />
        {uploaded.data !== undefined && uploaded.data > 1 && <p role="status">{uploaded.data} strategies are kept.</p>}
        {validated.data && !validated.isPending && <p role="status">{validated.data.strategy_id} would do; nothing is kept.</p>}
        {kept.data && !kept.isPending && <p role="status">{kept.data.strategy_id} is kept; it is {kept.data.running ? "running" : "stopped"}.</p>}
        <button type="button" disabled={form.strategy_id === "" || validated.isPending} onClick={() => validated.mutate()}>
          Validate
        </button>
        <button type="submit" className="wide" disabled={form.strategy_id === "" || kept.isPending}>
          Keep
        </button>
      </form>
      <section className="column" aria-label="Strategies whose signals are traded">
        <Said problem={strategies.error} />
        <Said problem={switched.error} />
        {strategies.data && found.length === 0 && <p className="quiet">None is configured: name one at the left, then start it.</p>}
        {found.length > 0 && (
          <table className="facts">
            <thead>
              <tr>
                <th>Strategy</th>
                <th>Runs</th>
                <th className="number">Size</th>
                <th>Worked by</th>
                <th>Newest signal</th>
                <th>What became of it</th>
                <th className="number">Realized</th>
                <th className="number">Unrealized</th>
                <th>By</th>
              </tr>
            </thead>
            <tbody>
              {found.map((each) => (
                <Row
                  key={each.strategy_id}
                  strategy={each}
                  positions={(positions.data?.positions ?? []).filter(({ strategy_id }) => strategy_id === each.strategy_id)}
                  onChange={() => setForm(formOf(each))} onSwitch={() => switched.mutate(each)}
                />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}

interface OneRow {
  strategy: Strategy;
  positions: Position[];
  onChange: () => void;
  onSwitch: () => void;
}

function Row({ strategy, positions, onChange, onSwitch }: OneRow) {
  const { signal, answer } = strategy;
  return (
    <tr>
      <td>
        {strategy.strategy_id}
        {strategy.error && <div className="bad">{strategy.error}</div>}
      </td>
      <td>
        <span className={strategy.running ? "good" : "quiet"}>{strategy.running ? "running" : "stopped"}</span>{" "}
        <button type="button" className="chip" aria-label={`${strategy.running ? "Stop" : "Start"} ${strategy.strategy_id}`} onClick={onSwitch}>
          {strategy.running ? "Stop" : "Start"}
        </button>{" "}
        {!strategy.running && (
          <button type="button" className="chip" aria-label={`Change ${strategy.strategy_id}`} onClick={onChange}>
            Change
          </button>
        )}
      </td>
      <td className="number">{strategy.size || "by signal"}</td>
      <td>{strategy.exec_algorithm}</td>
      <td>
        {signal && `${signal.instrument_key} ${signal.direction > 0 ? "long" : signal.direction < 0 ? "short" : "flat"}`}
        {signal?.target_position && ` ${signal.target_position}`}
        {signal && <div className="quiet">{dateTime(signal.timestamp_ns)}</div>}
      </td>
      <td>
        {answer?.ordered && <Link href={`/live/orders/${encodeURIComponent(answer.operation_id)}`}>{answer.operation_id}</Link>}
        {answer && !answer.ordered && `${answer.why} ${answer.detail}`}
      </td>
      <Profit positions={positions} field="realized_pnl" />
      <Profit positions={positions} field="unrealized_pnl" />
      <td>{strategy.principal}</td>
    </tr>
  );
}

/** What a strategy's positions came to, in each currency that they are settled in. */
function Profit({ positions, field }: { positions: Position[]; field: "realized_pnl" | "unrealized_pnl" }) {
  const currencies = [...new Set(positions.map((each) => each.settlement_currency))].sort();
  return (
    <td className="number">
      {currencies.map((currency) => {
        const value = sum(positions.filter((each) => each.settlement_currency === currency).map((each) => each[field]));
        return (
          <div key={currency} className={signed(value)}>
            {value} {currency}
          </div>
        );
      })}
    </td>
  );
}
