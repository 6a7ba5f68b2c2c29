import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { type Break, read, type Status } from "../api/client";
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
            <table className="facts">
              <thead>
                <tr>
                  <th>Part</th>
                  <th>Health</th>
                  <th>Detail</th>
                </tr>
              </thead>
              <tbody>
                {found.parts.map((part) => (
                  <tr key={part.name}>
                    <td>{part.name}</td>
                    <td>
                      <Light well={part.healthy}>{part.healthy ? "healthy" : "unwell"}</Light>
                    </td>
                    <td>{part.detail}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          <section>
            <h2>Venues</h2>
            <table className="facts">
              <thead>
                <tr>
                  {["Venue", "Mode", "Session", "Accounts", "Market data age", "Round trip", "Orders left", "Dead man", "Open", "Unconfirmed", "Breaks", ""].map(
                    (name) => (
                      <th key={name}>{name}</th>
                    ),
                  )}
                </tr>
              </thead>
              <tbody>
                {found.venues.map((venue) => (
                  <tr key={venue.venue}>
                    <td>{venue.venue}</td>
                    <td>{venue.mode}</td>
                    <td>
                      <Light well={venue.state === "CONNECTED"}>{venue.state}</Light>
                    </td>
                    <td>{venue.accounts.join(", ")}</td>
                    <td className={found.now_ns - venue.last_message_ns > OLD_NS ? "bad" : ""}>
                      {venue.last_message_ns ? age(Math.max(0, found.now_ns - venue.last_message_ns)) : "none heard"}
                    </td>
                    <td>{venue.round_trip_us ? `${venue.round_trip_us} µs` : "not measured"}</td>
                    <td>{venue.orders_left < 0 ? "not limited" : venue.orders_left}</td>
                    <td>{venue.dead_man_s ? `protected, ${venue.dead_man_s} s` : "not protected"}</td>
                    <td className="number">{venue.open_orders}</td>
                    <td className="number">{venue.unconfirmed_orders}</td>
                    <td className="number">{venue.open_breaks}</td>
                    <td>{venue.detail}</td>
                  </tr>
                ))}
              </tbody>
            </table>
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
      <table className="facts">
        <thead>
          <tr>
            {["Place", "Kind", "State", "Answers in", "Last write", "Where"].map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {stores.map((store) => (
            <tr key={store.name}>
              <td>{store.name}</td>
              <td>{store.kind}</td>
              <td>
                {store.state === "ANSWERS" || store.state === "AWAY" ? (
                  <Light well={store.state === "ANSWERS"}>{words(store.state.toLowerCase())}</Light>
                ) : (
                  <span className="quiet">{words(store.state.toLowerCase())}</span>
                )}{" "}
                {store.detail}
              </td>
              <td>{store.latency_us ? `${(store.latency_us / 1_000).toFixed(1)} ms` : ""}</td>
              <td>{store.last_write_ns ? `${age(Math.max(0, nowNs - store.last_write_ns))} ago` : ""}</td>
              <td>{store.place}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const OLD_NS = 60e9;

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
        <table className="facts">
          <thead>
            <tr>
              {["Kind", "Account", "Instrument", "Ours", "Theirs", "Open for", "What it is", "What to do"].map((name) => (
                <th key={name}>{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.map((each) => (
              <tr key={each.break_id}>
                <td>{each.kind}</td>
                <td>{each.account}</td>
                <td>{each.instrument_key}</td>
                <td className="number">{each.ours}</td>
                <td className="number">{each.theirs}</td>
                <td>{age(each.age_ns)}</td>
                <td>{each.detail}</td>
                <td>
                  {each.remedy} <code>{`livexec resolve ${each.break_id} --how "…"`}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
