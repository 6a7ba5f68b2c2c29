import type { ColDef, GridApi } from "ag-grid-community";
import { useEffect, useRef, useState } from "react";

import { read, type Status } from "../api/client";
import { follow, type StreamState } from "../api/stream";
import { dateTime } from "../parts/format";
import { Grid } from "../parts/grid";
import { Recorded } from "../parts/record";
import { Said } from "../parts/said";

const MOST_FACTS = 5_000;
const BEFORE_NOW = 500;
const FIRST_WITHIN_MS = 3_000;
const NUMBER = /^\d{1,15}$/;
const NOTHING: LoggedFact[] = []; // one and the same, or every rendering would empty the grid

interface LoggedFact {
  sequence: number;
  timestamp_ns: number;
  kind: string;
  actor: string;
  cause: string;
  epoch: number;
  fact: Record<string, unknown>;
}

const COLUMNS: ColDef<LoggedFact>[] = [
  { field: "sequence", headerName: "Sequence", width: 100, sort: "desc", cellClass: "number", type: "rightAligned" },
  { field: "timestamp_ns", headerName: "Time, UTC", width: 190, valueFormatter: ({ value }) => dateTime(Number(value)) },
  { field: "kind", width: 200 },
  { field: "actor", width: 130 },
  { headerName: "Fact", flex: 1, minWidth: 300, valueGetter: ({ data }) => JSON.stringify(data?.fact) },
];

/** Return the sequence after which facts are of `at_ns` or later, by halving: facts are in the order of time. */
async function sequenceAt(at_ns: number): Promise<number> {
  let [before, after] = [0, (await read<Status>("/api/status")).sequence];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    const first = await firstAfter(middle);
    if (first !== null && first.timestamp_ns < at_ns) before = middle;
    else after = middle;
  }
  return before;
}

/** Read the first fact after a sequence; null: none has come in time. */
function firstAfter(sequence: number): Promise<LoggedFact | null> {
  return new Promise((resolve) => {
    const end = (found: LoggedFact | null) => {
      clearTimeout(timer);
      stop();
      resolve(found);
    };
    const timer = setTimeout(() => end(null), FIRST_WITHIN_MS);
    const stop = follow({
      path: "/api/events",
      after: sequence,
      onEvents: ([first]) => first && end(JSON.parse(first.data) as LoggedFact),
      onState: () => undefined,
      onLost: () => end(null),
    });
  });
}

const GROUPS: Record<string, RegExp> = {
  "all facts": /./,
  orders: /^(Order|Cancel|Amend|HeldOrder|Trigger|Parent|Route)/,
  trades: /^(OrderFilled|PositionChanged|PositionAdjusted|FundingPaid)/,
  risk: /^(Risk|Limits|Halt|Pnl)/,
  venues: /^(Account|Abilities|Balance|Break|Instrument|PositionCompared)/,
};

/** Every fact as it happens; from any sequence or moment on, to look at the past. */
export function LogsPage() {
  const [search, setSearch] = useState("");
  const [group, setGroup] = useState("all facts");
  const [from, setFrom] = useState("");
  const [problem, setProblem] = useState<unknown>(null);
  const [asked, setAsked] = useState<number | null>(null);
  const [paused, setPaused] = useState(false);
  const [state, setState] = useState<StreamState>("connecting");
  const [shown, setShown] = useState<LoggedFact | null>(null);
  const api = useRef<GridApi<LoggedFact> | null>(null);

  useEffect(() => {
    if (paused) return;
    let stop: () => void = () => undefined;
    let ended = false;
    const kept: LoggedFact[] = [];
    let pending: LoggedFact[] = [];
    let frame = 0;
    const flush = () => {
      frame = 0;
      const grid = api.current;
      if (grid === null || grid.isDestroyed()) return;
      kept.push(...pending);
      const gone = kept.splice(0, Math.max(0, kept.length - MOST_FACTS));
      const leaving = new Set(gone);
      grid.applyTransaction({ add: pending.filter((each) => !leaving.has(each)), remove: gone.filter((each) => grid.getRowNode(String(each.sequence)) !== undefined) });
      pending = [];
    };
    const begin = async () => {
      try {
        const newest = (await read<Status>("/api/status")).sequence;
        if (ended) return;
        api.current?.setGridOption("rowData", []);
        stop = follow({
          path: "/api/events",
          after: Math.min(asked ?? Math.max(0, newest - BEFORE_NOW), newest),
          onEvents: (events) => {
            pending.push(...events.map((each) => JSON.parse(each.data) as LoggedFact));
            frame ||= requestAnimationFrame(flush);
          },
          onState: setState,
          onLost: () => void begin(),
        });
      } catch {
        setState("stale");
        setTimeout(() => !ended && void begin(), 2_000);
      }
    };
    void begin();
    return () => {
      ended = true;
      stop();
      cancelAnimationFrame(frame);
    };
  }, [asked, paused]);

  useEffect(() => {
    api.current?.onFilterChanged();
  }, [group]);

  return (
    <main className={shown ? "page full split" : "page full"}>
      <section className="column">
        <form
          className="bar"
          aria-label="Facts"
          onSubmit={(event) => {
            event.preventDefault();
            setProblem(null);
            if (from === "" || NUMBER.test(from)) return setAsked(from === "" ? null : Math.max(0, Number(from) - 1));
            const at_ms = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(from) ? from : `${from.replace(" ", "T")}Z`);
            if (Number.isNaN(at_ms)) return setProblem(`from: ${from} is no sequence and no moment such as 2026-11-23T07:00:00Z`);
            void sequenceAt(at_ms * 1e6).then(setAsked, setProblem);
          }}
        >
          <h1>Log</h1>
          <span className={state === "live" && !paused ? "light good" : "light bad"}>{paused ? "paused" : state}</span>
          <input type="search" className="search" placeholder="Search ( / )" aria-label="Search facts" value={search} onChange={(e) => setSearch(e.target.value)} />
          <select aria-label="Which facts" value={group} onChange={(event) => setGroup(event.target.value)}>
            {Object.keys(GROUPS).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <input
            placeholder="from sequence, or 2026-11-23 07:00:00"
            aria-label="From sequence or moment"
            size={32}
            value={from}
            onChange={(event) => setFrom(event.target.value.trim())}
          />
          <button type="submit">{from === "" ? "Now" : "Go there"}</button>
          <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
            {paused ? "Go on" : "Pause"}
          </button>
        </form>
        <Said problem={problem} />
        <Grid<LoggedFact>
          columnDefs={COLUMNS}
          getRowId={({ data }) => String(data.sequence)}
          nothing="No fact is among these."
          quickFilterText={search}
          isExternalFilterPresent={() => group !== "all facts"}
          doesExternalFilterPass={({ data }) => data !== undefined && (GROUPS[group] ?? /./).test(data.kind)}
          onGridReady={(event) => {
            api.current = event.api;
          }}
          rowData={NOTHING}
          onRowClicked={({ data }) => data && setShown(data)}
        />
      </section>
      {shown && (
        <aside className="detail" aria-label={`Fact ${shown.sequence}`}>
          <header>
            <h2>
              {shown.sequence} {shown.kind}
            </h2>
            <button type="button" className="plain" aria-label="Close the fact" onClick={() => setShown(null)}>
              ✕
            </button>
          </header>
          <Recorded value={shown} />
        </aside>
      )}
    </main>
  );
}
