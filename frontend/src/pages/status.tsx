import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { type Break, read, type Status } from "../api/client";
import columns from "../api/columns.json";
import { Facts, Listed } from "../parts/facts";
import { age, moment, words } from "../parts/format";
import { Said } from "../parts/said";
import { useStatus, useStream } from "../state/hooks";
import { Alerts } from "./alerts";
import { LimitsInWords } from "./limits";
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
      </section>
      <Said problem={status.error} />
      {SERVED_BY !== "backtest" && (
        <>
          <Alerts />
          <Breaks />
          <LimitsInWords />
        </>
      )}
      {found && (
        <>
          <section>
            <h2>Venues</h2>
            <Venues venues={found.venues} nowNs={found.now_ns} />
          </section>
          <Stores stores={found.stores} nowNs={found.now_ns} />
          <section>
            <h2>Parts</h2>
            <Facts
              columns={["Part", "Health", "Detail"]}
              rows={found.parts.toSorted((a, b) => Number(a.healthy) - Number(b.healthy)).map((part) => ({
                key: part.name,
                cells: [part.name, <Light well={part.healthy}>{part.healthy ? "healthy" : "unwell"}</Light>, part.detail],
              }))}
            />
          </section>
        </>
      )}
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
            store.last_write_ns ? `${age(Math.max(0, nowNs - store.last_write_ns))} ago` : "none seen",
            store.place,
          ],
        }))}
      />
    </section>
  );
}

const OLD_NS = 60e9;
const VENUE_NAMES = {
  state: "Session", last_message: "Market data age", round_trip_us: "Round trip", orders_left: "Orders left", dead_man_s: "Dead man",
  open_orders: "Open", unconfirmed_orders: "Unconfirmed", open_breaks: "Breaks", instrument_types: "Lists", detail: "Remarks",
};

function Venues({ venues, nowNs }: { venues: Status["venues"]; nowNs: number }) {
  return (
    <Listed
      fields={columns.venues}
      rows={venues}
      keyOf={(venue) => venue.venue}
      names={VENUE_NAMES}
      cells={{
        state: (venue) => <Light well={venue.state === "CONNECTED"}>{venue.state}</Light>,
        last_message: ({ last_message_ns }) =>
          last_message_ns ? (
            <span className={nowNs - last_message_ns > OLD_NS ? "bad" : ""}>{age(Math.max(0, nowNs - last_message_ns))}</span>
          ) : (
            "none heard"
          ),
        round_trip_us: (venue) => (venue.round_trip_us ? `${(venue.round_trip_us / 1_000).toFixed(1)} ms` : "not measured"),
        orders_left: (venue) => (venue.orders_left < 0 ? "not limited" : venue.orders_left),
        dead_man_s: (venue) => (venue.dead_man_s ? `protected, ${venue.dead_man_s} s` : "not protected"),
        unconfirmed_orders: (venue) => <Count of={venue.unconfirmed_orders} />,
        open_breaks: (venue) => <Count of={venue.open_breaks} />,
      }}
    />
  );
}

/** How many there are of what there should be none of. */
const Count = ({ of }: { of: number }) => <span className={of > 0 ? "bad" : ""}>{of}</span>;

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
        <Listed
          fields={columns.breaks}
          rows={found}
          keyOf={(each) => each.break_id}
          names={{ break_id: "Break", age: "Open for", detail: "What it is", remedy: "What to do" }}
          cells={{
            age: (each) => age(each.age_ns),
            opened_at: (each) => moment(each.opened_at_ns),
            remedy: (each) => (
              <>
                {each.remedy} <code>{`livexec breaks resolve ${each.break_id} --how "…"`}</code>
              </>
            ),
          }}
        />
      )}
    </section>
  );
}
