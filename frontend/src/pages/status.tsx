import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { type Break, read, type Status } from "../api/client";
import { Facts, type Row } from "../parts/facts";
import { age, words } from "../parts/format";
import { Said } from "../parts/said";
import { useStatus, useStream } from "../state/hooks";
import { Alerts } from "./alerts";
import { Proposal } from "./limits";
import { PLACE, SERVED_BY, USUAL, useServices } from "../state/services";

function Light({ well, children }: { well: boolean; children: ReactNode }) {
  return <span className={well ? "light good" : "light bad"}>{children}</span>;
}

export function StatusPage() {
  const services = useServices();
  const status = useStatus();
  const stream = useStream();
  const found = status.data;
  const { live, backtest } = services;
  return (
    <main className="page">
      <h1>Status</h1>
      <section className="cards" aria-label="Services">
        <article>
          <h2>Live service</h2>
          <Light well={live?.status === "healthy"}>{live === null ? "not reachable" : live.status}</Light>
          {live !== null ? (
            <p>
              {found ? `${versionsOf(found.versions)}; ` : ""}sequence {live.sequence}
              {found ? `, order stream ${stream}` : ""} <a href={`${PLACE.live}/live/orders`}>orders</a>
            </p>
          ) : (
            <p>
              Start it: <code>livexec run</code>. Its usual place is {USUAL.live}.
            </p>
          )}
        </article>
        <article>
          <h2>Backtest service</h2>
          {backtest ? <Light well>{backtest.status}</Light> : <span className="quiet">not reachable</span>}
          {backtest ? (
            <p>
              version {backtest.version}, {counted(backtest.replays)} <a href={`${PLACE.backtest}/backtest/runs`}>backtests</a>
            </p>
          ) : (
            <p>
              Start it: <code>livexec backtest-server</code>. Its usual place is {USUAL.backtest}.
            </p>
          )}
        </article>
        {found && (
          <article>
            <h2>Attention</h2>
            <p>
              <Light well={found.halts.length === 0}>{found.halts.length} halts</Light>{" "}
              <Light well={found.open_breaks === 0}>{found.open_breaks} breaks</Light>{" "}
              <Light well={found.venues.every((each) => each.unconfirmed_orders === 0)}>
                {found.venues.reduce((sum, each) => sum + each.unconfirmed_orders, 0)} unconfirmed
              </Light>
            </p>
          </article>
        )}
      </section>
      <Said problem={status.error} />
      {SERVED_BY !== "backtest" && <Alerts />}
      {SERVED_BY !== "backtest" && <Proposal />}
      {found && (
        <>
          <Stores stores={found.stores} nowNs={found.now_ns} />
          <section>
            <h2>Parts</h2>
            <Facts
              columns={["Part", "Health", "Detail"]}
              rows={found.parts.map((part) => ({
                key: part.name,
                cells: [part.name, <Light well={part.healthy}>{part.healthy ? "healthy" : "unwell"}</Light>, part.detail],
              }))}
            />
          </section>
          <section>
            <h2>Venues</h2>
            <Facts columns={VENUES} numbers={COUNTS} rows={found.venues.map((venue) => venueRow(venue, found.now_ns))} />
          </section>
        </>
      )}
      {SERVED_BY !== "backtest" && <Breaks />}
    </main>
  );
}

/** Where things are kept, and whether that answers. */
function Stores({ stores, nowNs }: { stores: Status["stores"]; nowNs: number }) {
  return (
    <section>
      <h2>Database, buckets, Redis</h2>
      <Facts
        columns={["Place", "Kind", "State", "Answers in", "Last write", "Where"]}
        rows={stores.map((store) => ({
          key: store.name,
          cells: [
            store.name,
            store.kind,
            <>
              {store.state === "ANSWERS" || store.state === "AWAY" ? (
                <Light well={store.state === "ANSWERS"}>{words(store.state.toLowerCase())}</Light>
              ) : (
                <span className="quiet">{words(store.state.toLowerCase())}</span>
              )}{" "}
              {store.detail}
            </>,
            store.latency_us ? `${(store.latency_us / 1_000).toFixed(1)} ms` : "",
            store.last_write_ns ? `${age(Math.max(0, nowNs - store.last_write_ns))} ago` : "",
            store.place,
          ],
        }))}
      />
    </section>
  );
}

const OLD_NS = 60e9;
const COUNTS = ["Open", "Unconfirmed", "Breaks"];
const VENUES = [
  "Venue", "Mode", "Session", "Accounts", "Market data age", "Round trip", "Orders left", "Dead man", ...COUNTS, "Remarks",
];

function venueRow(venue: Status["venues"][number], nowNs: number): Row {
  const aged = nowNs - venue.last_message_ns;
  return {
    key: venue.venue,
    cells: [
      venue.venue,
      venue.mode,
      <Light well={venue.state === "CONNECTED"}>{venue.state}</Light>,
      venue.accounts.join(", "),
      <span className={aged > OLD_NS ? "bad" : ""}>{venue.last_message_ns ? age(Math.max(0, aged)) : "none heard"}</span>,
      venue.round_trip_us ? `${venue.round_trip_us} µs` : "not measured",
      venue.orders_left < 0 ? "not limited" : venue.orders_left,
      venue.dead_man_s ? `protected, ${venue.dead_man_s} s` : "not protected",
      venue.open_orders,
      venue.unconfirmed_orders,
      venue.open_breaks,
      venue.detail,
    ],
  };
}

const versionsOf = (versions: Record<string, string>): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");

const counted = (replays: Record<string, number>): string =>
  Object.entries(replays)
    .map(([state, count]) => `${count} ${state.toLowerCase()}`)
    .join(", ") || "no replays yet";

export function Breaks() {
  const breaks = useQuery({
    queryKey: ["breaks"],
    queryFn: () => read<{ breaks: Break[] }>("/api/breaks?limit=1000"),
    refetchInterval: 3_000,
    retry: false,
  });
  const found = breaks.data?.breaks ?? [];
  return (
    <section>
      <h2>Open breaks</h2>
      <Said problem={breaks.error} />
      {breaks.isSuccess && found.length === 0 && <p className="quiet">None: ledger and venues agree.</p>}
      {found.length > 0 && (
        <Facts
          columns={["Kind", "Account", "Instrument", "Ours", "Theirs", "Open for", "What it is", "What to do"]}
          numbers={["Ours", "Theirs"]}
          rows={found.map((each) => ({
            key: each.break_id,
            cells: [
              each.kind,
              each.account,
              each.instrument_key,
              each.ours,
              each.theirs,
              age(each.age_ns),
              each.detail,
              <>
                {each.remedy} <code>{`livexec resolve ${each.break_id} --how "…"`}</code>
              </>,
            ],
          }))}
        />
      )}
    </section>
  );
}
