import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";

import { type Explained, type Order, type OrderDetail, orderPath, patch, post, read, remove, type Verdict } from "../api/client";
import columns from "../api/columns.json";
import { average } from "../parts/decimal";
import { Listed } from "../parts/facts";
import { dateTime, moment, tone, words } from "../parts/format";
import { Recorded } from "../parts/record";
import { Rounded } from "../parts/rounded";
import { Route } from "../parts/route";
import { Said } from "../parts/said";
import { Verdicts } from "../parts/verdicts";
import { useEscape, useOrder, useStatus } from "../state/hooks";
import { useIntention } from "../state/ids";
import { ENDED } from "../state/orders";
import { prefilled } from "../state/ticket";

interface Given {
  operationId: string;
  takesFocus: boolean;
  onClose: () => void;
  onOpen: (operationId: string) => void;
}

const ASKED = [
  "instrument_key", "side", "amount", "price", "order_type", "time_in_force", "trigger_price", "trailing_offset", "strategy_id",
  "account", "exec_algorithm",
] as const;
const again = (order: Order): string => prefilled(Object.fromEntries(ASKED.map((name) => [name, order[name]])));

const FIELDS = columns.order.filter((name) => !["operation_id", "status", "tags"].includes(name)) as (keyof Order)[];

/** One order to its last detail; it is read anew whenever it changes. */
export function OrderPanel({ operationId, takesFocus, onClose, onOpen }: Given) {
  const own = useRef<HTMLElement>(null);
  useEffect(() => {
    if (takesFocus) own.current?.focus();
  }, [takesFocus]);
  useEscape(onClose);
  const known = useOrder(operationId);
  const detail = useQuery({
    queryKey: ["order", operationId, known?.sequence ?? 0],
    queryFn: () => read<OrderDetail>(`${orderPath(operationId)}?min_sequence=${known?.sequence ?? 0}`),
    placeholderData: (before) => (before?.operation_id === operationId ? before : undefined),
    retry: 1,
  });
  const explained = useQuery({
    queryKey: ["explain", operationId, known?.sequence ?? 0],
    queryFn: () => read<Explained>(`${orderPath(operationId)}/explain?min_sequence=${known?.sequence ?? 0}`),
    placeholderData: (before) => (before?.result["operation_id"] === operationId ? before : undefined),
    retry: 1,
  });
  const order = detail.data;
  const status = known?.status ?? order?.status ?? "";
  return (
    <aside
      ref={own}
      className="detail"
      aria-label={`Order ${operationId}`}
      tabIndex={-1}
    >
      <header>
        <h2>
          <span className={`status ${tone(status)}`}>{status}</span> {operationId}
        </h2>
        <span className="spring" />
        {order && <Link href={again(order)}>Again…</Link>}
        <button type="button" className="plain" aria-label="Close the order" onClick={onClose}>
          ✕
        </button>
      </header>
      <Said problem={detail.error} />
      {order && (
        <>
          {!ENDED.has(status) && <Change key={operationId} order={order} />}
          <dl className="summary">
            {order.slippage && (
              <div>
                <dt>slippage from mid {order.slippage.mid}</dt>
                <dd>{order.slippage.slippage_bps} bps</dd>
              </div>
            )}
            {FIELDS.filter((name) => order[name] !== "" && order[name] !== null && order[name] !== false).map((name) => (
              <div key={name}>
                <dt>{words(name.replace(/_ns$/, ""))}</dt>
                <dd>{name.endsWith("_ns") ? dateTime(Number(order[name])) : String(order[name])}</dd>
              </div>
            ))}
          </dl>
          {order.unconfirmed && (
            <section aria-label="What is not known">
              <h3 className="alarm">What became of it is not known: it is asked about, never sent again</h3>
              <Listed fields={columns.doubt} rows={[order.unconfirmed]} keyOf={({ reason }) => reason} />
            </section>
          )}
          {order.fills.length > 0 && (
            <section>
              <h3>Fills</h3>
              <Listed
                fields={columns.fills}
                rows={order.fills}
                keyOf={({ venue, fill_id }) => `${venue} ${fill_id}`}
                cells={{ timestamp: (fill) => moment(fill.timestamp_ns) }}
                names={{ timestamp: "Time", fill_id: "Trade", venue_order_id: "Venue's order" }}
              />
            </section>
          )}
          {order.children.length > 0 && (
            <section>
              <h3>Children</h3>
              <Listed
                fields={columns.children}
                rows={order.children}
                keyOf={(child) => child.operation_id}
                names={{ operation_id: "Child", filled_amount: "Filled", error_message: "Error" }}
                cells={{
                  operation_id: (child) => (
                    <button type="button" className="chip" aria-label={`Open ${child.operation_id}`} onClick={() => onOpen(child.operation_id)}>
                      {child.operation_id.slice(operationId.length)}
                    </button>
                  ),
                  status: (child) => <span className={`status ${tone(child.status)}`}>{child.status}</span>,
                  average_price: (child) => <Rounded exact={child.average_price} shown={average(child.average_price)} />,
                }}
              />
            </section>
          )}
          <section>
            <h3>Risk</h3>
            <RiskDecision decision={order.risk_decision} />
          </section>
          <section>
            <h3>Routing</h3>
            <Said problem={explained.error} />
            {explained.data && <Route decision={explained.data.routing} />}
            {explained.data?.rerouted.map((each, at) => (
              <div key={at}>
                <h3>Routed on</h3>
                <Route decision={each} />
              </div>
            ))}
          </section>
          <section>
            <h3>Timeline</h3>
            <ol className="timeline">
              {order.timeline.map((event) => (
                <li key={event.sequence}>
                  <details>
                    <summary>
                      <time>{moment(event.timestamp_ns)}</time> {event.kind} <span className="quiet">{gist(event.details)}</span>
                    </summary>
                    <Recorded value={event.details} />
                  </details>
                </li>
              ))}
            </ol>
          </section>
        </>
      )}
    </aside>
  );
}

const TELLING = ["side", "quantity", "price", "liquidity", "venue", "reason", "text", "principal"];

/** What a fact says in a few words; all of it is inside. */
const gist = (details: Record<string, unknown>): string =>
  TELLING.flatMap((name) => (typeof details[name] === "string" && details[name] !== "" ? [`${name} ${details[name]}`] : [])).join(", ");

function RiskDecision({ decision }: { decision: OrderDetail["risk_decision"] }) {
  const verdicts = decision?.["verdicts"];
  return Array.isArray(verdicts) ? <Verdicts verdicts={verdicts as Verdict[]} /> : <Recorded value={decision} />;
}

function Change({ order }: { order: OrderDetail }) {
  const [amount, setAmount] = useState("");
  const [price, setPrice] = useState("");
  const [trigger, setTrigger] = useState("");
  const wanted = { ...(amount && { amount }), ...(price && { price }), ...(trigger && { trigger_price: trigger }) };
  const intention = useIntention(JSON.stringify(wanted));
  const amended = useMutation({
    mutationFn: () =>
      patch<Order>(orderPath(order.operation_id), { ...wanted, amend_id: intention.id, reason: "console" }),
    onSuccess: intention.renew,
  });
  const cancelled = useMutation({ mutationFn: () => remove<Order>(`${orderPath(order.operation_id)}?reason=console`) });
  return (
    <form
      className="bar"
      aria-label="Change the order"
      onSubmit={(event) => {
        event.preventDefault();
        amended.mutate();
      }}
    >
      <input aria-label="New amount" placeholder={`amount ${order.amount}`} value={amount} onChange={(e) => setAmount(e.target.value)} />
      {order.price && (
        <input aria-label="New price" placeholder={`price ${order.price}`} value={price} onChange={(e) => setPrice(e.target.value)} />
      )}
      {order.trigger_price && (
        <input
          aria-label="New trigger price"
          placeholder={`trigger ${order.trigger_price}`}
          value={trigger}
          onChange={(e) => setTrigger(e.target.value)}
        />
      )}
      <button type="submit" disabled={!(amount || price || trigger) || amended.isPending}>
        Amend
      </button>
      <button type="button" className="danger" disabled={cancelled.isPending} onClick={() => cancelled.mutate()}>
        Cancel order
      </button>
      {order.exec_algorithm !== "NORMAL" && <Pause operationId={order.operation_id} />}
      <Said problem={amended.error ?? cancelled.error} />
    </form>
  );
}

/** A parent is paused by a halt of its own: what rests is taken back, and its time runs on. */
function Pause({ operationId }: { operationId: string }) {
  const queries = useQueryClient();
  const status = useStatus();
  const paused = (status.data?.halts ?? []).some((halt) => halt.scope === "ORDER" && halt.scope_value === operationId);
  const switched = useMutation({
    mutationFn: () =>
      paused
        ? post("/api/control/resume", { scope: "order", scope_value: operationId, reason: "console" })
        : post("/api/control/halt", { scope: "order", scope_value: operationId, mode: "halt", reason: "paused in the console" }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["status"] }),
  });
  return (
    <>
      <button type="button" disabled={switched.isPending} onClick={() => switched.mutate()}>
        {paused ? "Go on" : "Pause"}
      </button>
      <Said problem={switched.error} />
    </>
  );
}
