import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { type Controlled, type Halt, post } from "../api/client";
import { useStatus, useStrategies } from "../state/hooks";
import { ENDED, orders } from "../state/orders";
import { PLACE, SERVED_BY } from "../state/services";
import { Dialog } from "./dialog";
import { Known } from "./fields";
import { moment } from "./format";
import { Said } from "./said";

const SCOPES = ["global", "venue", "account", "strategy", "instrument", "order"];
const MODES: Record<string, string> = {
  halt: "no new risk",
  reduce: "only orders that shrink a position",
  cancel: "halt, and cancel what works",
  flatten: "cancel, and close positions by market orders",
};

/** The kill switch; a page of the backtest service leads to the live one's. */
export function KillSwitch({ onClose }: { onClose: () => void }) {
  return SERVED_BY === "backtest" ? <Elsewhere onClose={onClose} /> : <Switch onClose={onClose} />;
}

function Elsewhere({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Kill switch" onClose={onClose}>
      <div className="stack">
        <p>
          Orders are the live service&apos;s: <a href={`${PLACE.live}/status#kill`}>its kill switch</a>, or{" "}
          <a href={`${PLACE.live}/plain`}>its plain page</a>.
        </p>
        <p>
          In a shell: <code>{'livexec halt --scope global --mode cancel --reason "…"'}</code>
        </p>
      </div>
    </Dialog>
  );
}

/** In two steps: say what, then confirm it as it will be done. */
function Switch({ onClose }: { onClose: () => void }) {
  const [scope, setScope] = useState("global");
  const [value, setValue] = useState("");
  const [mode, setMode] = useState("cancel");
  const [reason, setReason] = useState("");
  const [sure, setSure] = useState(false);
  const queries = useQueryClient();
  const halted = useMutation({
    mutationFn: () => post<Controlled>("/api/control/halt", { scope, scope_value: scope === "global" ? "" : value, mode, reason }),
    onSuccess: (answer) => {
      void queries.invalidateQueries({ queryKey: ["status"] });
      if (answer.warning === "") onClose();
    },
  });
  const known = useKnown(scope);
  const ready = reason !== "" && (scope === "global" || value !== "");
  const what = `${mode.toUpperCase()} ${scope === "global" ? "everything" : `${scope} ${value}`}`;
  if (halted.data) {
    return (
      <Dialog title="Kill switch" onClose={onClose}>
        <div className="stack">
          <p>{what}: it holds from now on.</p>
          <p className="said alarm" role="alert">
            {halted.data.warning}
          </p>
          <button type="button" autoFocus onClick={onClose}>
            Close
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="Kill switch" onClose={onClose}>
      {!sure ? (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            setSure(true);
          }}
        >
          <label className="field">
            <span>Scope</span>
            <select value={scope} onChange={(event) => setScope(event.target.value)}>
              {SCOPES.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
          {scope !== "global" && (
            <label className="field">
              <span>Which {scope}</span>
              <input value={value} autoComplete="off" list="known-of-scope" onChange={(event) => setValue(event.target.value.trim())} />
              <Known id="known-of-scope" words={known} />
            </label>
          )}
          <label className="field">
            <span>Mode</span>
            <select value={mode} onChange={(event) => setMode(event.target.value)}>
              {Object.keys(MODES).map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
            <small>{MODES[mode]}</small>
          </label>
          <label className="field">
            <span>Reason, for the record</span>
            <input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
          </label>
          <button type="submit" className="danger wide" disabled={!ready}>
            {what} …
          </button>
        </form>
      ) : (
        <div className="stack">
          <p>
            <strong>{what}</strong>: {MODES[mode]}. It holds through restarts until somebody resumes it.
          </p>
          <Said problem={halted.error} />
          <button type="button" className="danger wide" autoFocus disabled={halted.isPending} onClick={() => halted.mutate()}>
            Confirm: {what}
          </button>
          <button type="button" onClick={() => setSure(false)}>
            Back
          </button>
        </div>
      )}
    </Dialog>
  );
}

const MOST_KNOWN = 500; // offered; any other may be written too

/** What a halt can be of, as far as this page knows. */
function useKnown(scope: string): string[] {
  const venues = useStatus().data?.venues ?? [];
  const strategies = useStrategies();
  return useMemo(() => {
    const rows = [...orders.rows.values()];
    const found = {
      venue: () => venues.map((each) => each.venue),
      account: () => venues.flatMap((each) => each.accounts),
      strategy: () => strategies,
      instrument: () => rows.map((each) => each.instrument_key),
      order: () => rows.filter((each) => !ENDED.has(each.status)).map((each) => each.operation_id),
    }[scope];
    return [...new Set(found?.() ?? [])].sort().slice(0, MOST_KNOWN);
  }, [scope, venues, strategies]);
}

/** The halts in force, each with its way out; nothing where there is none. */
export function Halts({ halts }: { halts: Halt[] }) {
  const [resuming, setResuming] = useState<Halt | null>(null);
  if (halts.length === 0) return null;
  return (
    <div className="halts" role="alert">
      {halts.map((halt) => (
        <span key={`${halt.scope} ${halt.scope_value}`}>
          <strong>
            {halt.mode} {halt.scope} {halt.scope_value}
          </strong>{" "}
          {halt.trip && `tripped by ${halt.trip}: `}
          {halt.reason} ({halt.principal}, {moment(halt.since_ns)}){" "}
          <button type="button" onClick={() => setResuming(halt)}>
            Resume…
          </button>
        </span>
      ))}
      {resuming && <Resume halt={resuming} onClose={() => setResuming(null)} />}
    </div>
  );
}

function Resume({ halt, onClose }: { halt: Halt; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const resumed = useMutation({
    mutationFn: () =>
      post("/api/control/resume", { scope: halt.scope.toLowerCase(), scope_value: halt.scope_value, reason }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["status"] });
      onClose();
    },
  });
  return (
    <Dialog title={`Resume ${halt.scope} ${halt.scope_value}`} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          resumed.mutate();
        }}
      >
        <label className="field">
          <span>Reason, for the record</span>
          <input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
        </label>
        <Said problem={resumed.error} />
        <button type="submit" className="wide" disabled={reason === "" || resumed.isPending}>
          Resume
        </button>
      </form>
    </Dialog>
  );
}
