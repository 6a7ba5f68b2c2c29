import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { type Position, post, read, type Strategy } from "../api/client";
import columns from "../api/columns.json";
import { money, sum } from "../parts/decimal";
import { Listed } from "../parts/facts";
import { AlgorithmChoice, listOf, pairsOf, textFields, trimmedOf } from "../parts/fields";
import { dateTime, signed } from "../parts/format";
import { Rounded } from "../parts/rounded";
import { Said } from "../parts/said";

const EVERY_MS = 1_000;
const EMPTY = { strategy_id: "", size: "", instruments: "", exec_algorithm: "NORMAL", params: "", max_age_secs: "300" };
type Form = typeof EMPTY;

/** What the form says, as `POST /api/strategies` takes it. */
function body(form: Form): Record<string, unknown> {
  const { params, instruments, max_age_secs, ...plain } = form;
  return {
    ...trimmedOf(plain),
    instruments: listOf(instruments),
    exec_algorithm_params: pairsOf(params),
    max_age_secs: Number(max_age_secs),
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
  const heldBy = ({ strategy_id }: Strategy) => (positions.data?.positions ?? []).filter((each) => each.strategy_id === strategy_id);
  const text = textFields(form, kept.error ?? validated.error, setForm);
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
        {text("strategy_id", "Name", { hint: "as its signals name it" })}
        {text("size", "Size", { hint: "what direction 1 holds; empty: its signals say a target" })}
        {text("instruments", "Instruments", { hint: "the only ones that are traded; empty: all that signals name" })}
        <AlgorithmChoice value={form.exec_algorithm} onChange={(exec_algorithm) => setForm({ ...form, exec_algorithm })} />
        {form.exec_algorithm !== "NORMAL" && text("params", "Parameters", { hint: "name=value, separated by blanks", field: "exec_algorithm_params" })}
        {text("max_age_secs", "Oldest, seconds", { hint: "a signal that began longer ago is not traded" })}
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
      <section className="column scroll" aria-label="Strategies whose signals are traded">
        <Said problem={strategies.error ?? switched.error} />
        {strategies.data && found.length === 0 && <p className="quiet">None is configured: name one at the left, then start it.</p>}
        {found.length > 0 && (
          <Listed
            fields={[...columns.strategies, "realized_pnl", "unrealized_pnl"]}
            rows={found}
            keyOf={(each) => each.strategy_id}
            names={{ exec_algorithm: "Worked by", newest: "Newest signal" }}
            cells={{
              running: (each) => <Switches strategy={each} onChange={() => setForm(formOf(each))} onSwitch={() => switched.mutate(each)} />,
              size: (each) => each.size || "by signal",
              newest: ({ signal }) => signal && <Newest signal={signal} />,
              what_became_of_it: ({ answer }) => answer && <Answer answer={answer} />,
              error: (each) => <span className="bad">{each.error}</span>,
              realized_pnl: (each) => <Profit positions={heldBy(each)} field="realized_pnl" />,
              unrealized_pnl: (each) => <Profit positions={heldBy(each)} field="unrealized_pnl" />,
            }}
          />
        )}
      </section>
    </main>
  );
}

interface Switching {
  strategy: Strategy;
  onChange: () => void;
  onSwitch: () => void;
}

function Switches({ strategy, onChange, onSwitch }: Switching) {
  const { running, strategy_id } = strategy;
  return (
    <>
      <span className={running ? "good" : "quiet"}>{running ? "running" : "stopped"}</span>{" "}
      <button type="button" className="chip" aria-label={`${running ? "Stop" : "Start"} ${strategy_id}`} onClick={onSwitch}>
        {running ? "Stop" : "Start"}
      </button>{" "}
      {!running && (
        <button type="button" className="chip" aria-label={`Change ${strategy_id}`} onClick={onChange}>
          Change
        </button>
      )}
    </>
  );
}

function Newest({ signal }: { signal: NonNullable<Strategy["signal"]> }) {
  const direction = signal.direction > 0 ? "long" : signal.direction < 0 ? "short" : "flat";
  return (
    <>
      {signal.instrument_key} {direction} {signal.target_position}
      <div className="quiet">{dateTime(signal.timestamp_ns)}</div>
    </>
  );
}

function Answer({ answer }: { answer: NonNullable<Strategy["answer"]> }) {
  return answer.ordered ? (
    <Link href={`/live/orders/${encodeURIComponent(answer.operation_id)}`}>{answer.operation_id}</Link>
  ) : (
    <>
      {answer.why} {answer.detail}
    </>
  );
}

/** What a strategy's positions came to, in each currency that they are settled in. */
function Profit({ positions, field }: { positions: Position[]; field: "realized_pnl" | "unrealized_pnl" }) {
  const currencies = [...new Set(positions.map((each) => each.settlement_currency))].sort();
  return currencies.map((currency) => {
    const value = sum(positions.filter((each) => each.settlement_currency === currency).map((each) => each[field]));
    return (
      <div key={currency} className={signed(value)}>
        <Rounded exact={value} shown={money(value, currency)} /> {currency}
      </div>
    );
  });
}
