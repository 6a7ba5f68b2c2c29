import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useSearch } from "wouter";

import { type Check, type Instrument, type Order, post, read } from "../api/client";
import { AlgorithmChoice, Choice, Field, listOf, textFields, Tick, trimmedOf, useAlgorithms } from "../parts/fields";
import { tone } from "../parts/format";
import { InstrumentSearch } from "../parts/instrument-search";
import { bestQuote, Route } from "../parts/route";
import { Said } from "../parts/said";
import { Verdicts } from "../parts/verdicts";
import { useOrder, useStrategies } from "../state/hooks";
import { useIntention } from "../state/ids";
import { readTicket } from "../state/ticket";

const TYPES = ["LIMIT", "MARKET", "STOP_MARKET", "STOP_LIMIT", "MARKET_IF_TOUCHED", "LIMIT_IF_TOUCHED", "TRAILING_STOP"];
const LIFETIMES = ["GTC", "IOC", "FOK", "DAY", "GTD"];
const PRICED = new Set(["LIMIT", "STOP_LIMIT", "LIMIT_IF_TOUCHED"]);
const TRIGGERED = new Set(["STOP_MARKET", "STOP_LIMIT", "MARKET_IF_TOUCHED", "LIMIT_IF_TOUCHED"]);
const CHECK_AFTER_MS = 300;
const CHECK_AGAIN_MS = 2_000; // the market moves, and with it what risk and routing say
const ANOTHER_NAME = /^another name of /;

const EMPTY = {
  instrument_key: "", side: "BUY", amount: "", price: "", order_type: "LIMIT", time_in_force: "GTC", expires: "", trigger_price: "",
  trailing_offset: "", strategy_id: "", account: "", exec_algorithm: "NORMAL", venues: "", split_allowed: false, post_only: false,
  reduce_only: false,
};
type Form = typeof EMPTY;

/** What the form says, as `POST /api/orders` takes it; fields that its kind of order has no use for are left out. */
function body(form: Form, params: Record<string, string>): Record<string, unknown> {
  const { venues, split_allowed, exec_algorithm, expires, ...plain } = form;
  const algorithm = exec_algorithm !== "NORMAL";
  const said: Record<string, unknown> = {
    ...plain,
    price: PRICED.has(form.order_type) ? form.price : "",
    trigger_price: TRIGGERED.has(form.order_type) ? form.trigger_price : "",
    trailing_offset: form.order_type === "TRAILING_STOP" ? form.trailing_offset : "",
    exec_algorithm: algorithm ? exec_algorithm : "",
    exec_algorithm_params: algorithm ? Object.fromEntries(Object.entries(params).filter(([, value]) => value)) : {},
  };
  if (form.time_in_force === "GTD" && expires) said["expire_time_ns"] = Date.parse(`${expires}Z`) * 1e6;
  const names = listOf(venues);
  if (names.length > 0 || split_allowed) said["routing"] = { venues: names, split_allowed };
  return trimmedOf(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== "" && value !== false)));
}

/** The form as its address fills it; a word that it does not know is left out. */
function begun(search: string): Form {
  const { side, order_type, time_in_force, reduce_only, ...told } = readTicket(search);
  return {
    ...EMPTY,
    ...told,
    side: side === "SELL" ? side : EMPTY.side,
    order_type: order_type && TYPES.includes(order_type) ? order_type : EMPTY.order_type,
    time_in_force: time_in_force && LIFETIMES.includes(time_in_force) ? time_in_force : EMPTY.time_in_force,
    reduce_only: reduce_only === "true",
  };
}

export function ExecutePage() {
  const search = useSearch();
  const [form, setForm] = useState<Form>(() => begun(search));
  const [params, setParams] = useState<Record<string, string>>({});
  const [placed, setPlaced] = useState("");
  const order = useMemo(() => body(form, params), [form, params]);
  const content = JSON.stringify(order);
  const intention = useIntention(content);
  const settled = useSettled(content);
  const named = useMemo(() => ({ ...(JSON.parse(settled) as { instrument_key?: string }), operation_id: intention.id }), [settled, intention.id]);
  const complete = form.instrument_key !== "" && form.amount !== "" && form.strategy_id !== "";
  const ready = complete && settled === content; // what is asked about is what would be sent
  const check = useQuery({
    queryKey: ["check", named],
    queryFn: () => post<Check>("/api/orders/check", named),
    enabled: ready,
    retry: false,
    refetchInterval: CHECK_AGAIN_MS,
    placeholderData: (before, query) => (named.instrument_key === instrumentOf(query?.queryKey[1]) ? before : undefined),
  });
  const line = useQuery({
    queryKey: ["line", named],
    queryFn: () => post<{ command_line: string }>("/api/orders/command-line", named),
    enabled: ready,
    retry: false,
  });
  const submitted = useMutation({
    mutationFn: () => post<Order>("/api/orders", { ...order, operation_id: intention.id }),
    onSuccess: (answer) => {
      setPlaced(answer.operation_id);
      intention.renew();
    },
  });
  const instruments = useQuery({
    queryKey: ["instruments"],
    queryFn: () => read<{ instruments: Instrument[] }>("/api/instruments"),
    staleTime: 60_000,
  });
  const listed = instruments.data?.instruments ?? [];
  const instrument = listed.find((each) => each.instrument_key === form.instrument_key);
  const algorithm = useAlgorithms().find((each) => each.name === form.exec_algorithm);
  const strategies = useStrategies();
  const set = (name: keyof Form) => (value: string | boolean) => setForm({ ...form, [name]: value });
  const text = textFields(form, submitted.error, setForm);
  const decided = ready && !check.isPlaceholderData ? check.data : undefined;
  const quote = complete && check.data ? bestQuote(check.data.routing) : null;
  return (
    <main className="page full split">
      <form
        className="column order-form"
        aria-label="Order"
        onSubmit={(event) => {
          event.preventDefault();
          submitted.mutate();
        }}
      >
        <h1>Execute</h1>
        <Field label="Instrument" hint={instrument ? unitOf(instrument) : ""}>
          <InstrumentSearch instruments={listed} value={form.instrument_key} onChange={set("instrument_key")} />
        </Field>
        <div className="sides" role="radiogroup" aria-label="Side">
          {["BUY", "SELL"].map((side) => (
            <button
              type="button"
              role="radio"
              key={side}
              className={side === "BUY" ? "buy" : "sell"}
              aria-checked={form.side === side}
              onClick={() => set("side")(side)}
            >
              {side}
            </button>
          ))}
        </div>
        {quote && (
          <p className="quote" aria-label="Best bid and ask">
            {(["bid", "ask"] as const).map((side) => (
              <button type="button" key={side} className="chip" disabled={!PRICED.has(form.order_type)} onClick={() => set("price")(quote[side])}>
                {side} {quote[side]}
              </button>
            ))}
          </p>
        )}
        {text("amount", "Amount", { hint: instrument ? `in steps of ${instrument.lot_size}` : "" })}
        <Choice label="Type" name="order_type" value={form.order_type} words={TYPES} onChange={set("order_type")} />
        {PRICED.has(form.order_type) && text("price", "Price", { hint: instrument ? `in steps of ${instrument.tick_size}` : "" })}
        {TRIGGERED.has(form.order_type) && text("trigger_price", "Trigger price")}
        {form.order_type === "TRAILING_STOP" && text("trailing_offset", "Trailing offset", { hint: "in the quote currency" })}
        <Choice label="Time in force" name="time_in_force" value={form.time_in_force} words={LIFETIMES} onChange={set("time_in_force")} />
        {form.time_in_force === "GTD" && (
          <Field label="Until, UTC">
            <input type="datetime-local" name="expires" step={1} value={form.expires} onChange={(event) => set("expires")(event.target.value)} />
          </Field>
        )}
        {text("strategy_id", "Strategy", { among: strategies })}
        <AlgorithmChoice
          value={form.exec_algorithm}
          onChange={(name) => {
            set("exec_algorithm")(name);
            setParams({});
          }}
        />
        {algorithm && <p className="quiet">{algorithm.says}</p>}
        {algorithm?.parameters.filter(({ says }) => !ANOTHER_NAME.test(says)).map((each) => (
          <Field key={each.name} label={each.name} hint={`${each.says} (${[each.unit, each.bounds].filter(Boolean).join(", ")})`}>
            <input
              name={each.name}
              value={params[each.name] ?? ""}
              placeholder={each.default}
              onChange={(event) => setParams({ ...params, [each.name]: event.target.value.trim() })}
            />
          </Field>
        ))}
        {text("venues", "Only at", { hint: "venues, separated by commas; empty: wherever it is listed" })}
        <Tick label="Split over several venues" on={form.split_allowed} onChange={set("split_allowed")} />
        {text("account", "Account", { hint: "where a venue has several" })}
        <Tick label="Post only" on={form.post_only} onChange={set("post_only")} />
        <Tick label="Reduce only" on={form.reduce_only} onChange={set("reduce_only")} />
        <Said problem={submitted.error} />
        <button type="submit" className={form.side === "BUY" ? "buy wide" : "sell wide"} disabled={!complete || submitted.isPending}>
          {form.side} {form.amount} {form.instrument_key}
        </button>
      </form>
      <section className="column scroll" aria-label="What would happen">
        {placed && <Followed operationId={placed} />}
        <h2>Command line</h2>
        <pre className="line" data-testid="command-line">
          {ready ? line.data?.command_line : ""}
        </pre>
        <Said problem={line.error} />
        <h2>What if</h2>
        {!complete && <p className="quiet">Instrument, amount and strategy are needed.</p>}
        <Said problem={check.error} />
        {decided && (
          <>
            <p className={decided.would_accept ? "good" : "bad"} role="status">
              {decided.would_accept ? "Would be accepted now." : decided.error_message}
            </p>
            <Verdicts verdicts={decided.risk.verdicts} />
            <h3>Route</h3>
            <Route decision={decided.routing} />
          </>
        )}
      </section>
    </main>
  );
}

/** The instrument that an earlier question was about: quotes of another one are not kept on the page. */
const instrumentOf = (asked: unknown): string | undefined => (asked as { instrument_key?: string } | undefined)?.instrument_key;

const unitOf = (each: Instrument): string =>
  `${each.instrument_type}, settles in ${each.settlement_currency}, at least ${each.min_quantity}`;

/** Return `value` once it has stopped changing, so that nothing is asked for every key. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), CHECK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function Followed({ operationId }: { operationId: string }) {
  const order = useOrder(operationId);
  return (
    <article className="followed" role="status" aria-label="The order placed last">
      <a href={`/live/orders/${encodeURIComponent(operationId)}`}>{operationId}</a>{" "}
      {order ? (
        <>
          <span className={`status ${tone(order.status)}`}>{order.status}</span> {order.filled_amount} of {order.amount}
          {order.average_price && ` at ${order.average_price}`} <span className="bad">{order.error_message}</span>
        </>
      ) : (
        "sent"
      )}
    </article>
  );
}
