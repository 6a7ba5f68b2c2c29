import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { type Order, type OrderDetail, orderPath, patch, post, read, remove, type Verdict } from "../api/client";
import columns from "../api/columns.json";
import { dateTime, time, tone, words } from "../parts/format";
import { Recorded } from "../parts/record";
import { Said } from "../parts/said";
import { Verdicts } from "../parts/verdicts";
import { useEscape, useOrder, useStatus } from "../state/hooks";
import { useIntention } from "../state/ids";
import { ENDED } from "../state/orders";

interface Given {
  operationId: string;
  takesFocus: boolean;
  onClose: () => void;
  onOpen: (operationId: string) => void;
}

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
          {order.fills.length > 0 && (
            <section>
              <h3>Fills</h3>
              <table className="facts">
                <thead>
                  <tr>
                    <th>Time</th>
                    <th className="number">Quantity</th>
                    <th className="number">Price</th>
                    <th className="number">Fee</th>
                    <th>Venue</th>
                    <th>Liquidity</th>
                    <th>Trade</th>
                  </tr>
                </thead>
                <tbody>
                  {order.fills.map((fill) => (
                    <tr key={`${fill.venue} ${fill.fill_id}`}>
                      <td>{time(fill.timestamp_ns)}</td>
                      <td className="number">{fill.quantity}</td>
                      <td className="number">{fill.price}</td>
                      <td className="number">
                        {fill.fee} {fill.fee_currency}
                      </td>
                      <td>{fill.venue}</td>
                      <td>{fill.liquidity}</td>
                      <td>{fill.fill_id}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
          {order.children.length > 0 && (
            <section>
              <h3>Children</h3>
              <ul className="children">
                {order.children.map((child) => (
                  <li key={child.operation_id}>
                    <button type="button" className="plain" onClick={() => onOpen(child.operation_id)}>
                      <span className={`status ${tone(child.status)}`}>{child.status}</span> {child.filled_amount} of{" "}
                      {child.amount} {child.price && `at ${child.price}`}
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          )}
          <section>
            <h3>Risk</h3>
            <RiskDecision decision={order.risk_decision} />
          </section>
          <section>
            <h3>Routing</h3>
            <Recorded value={order.routing_decision} />
          </section>
          <section>
            <h3>Timeline</h3>
            <ol className="timeline">
              {order.timeline.map((event) => (
                <li key={event.sequence}>
                  <details>
                    <summary>
                      <time>{dateTime(event.timestamp_ns)}</time> {event.kind}
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
