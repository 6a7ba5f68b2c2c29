import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import uPlot from "uplot";

import { readTable, type Row } from "../api/replays";
import { asked, marketOf } from "../parts/backtest";
import { Field } from "../parts/fields";
import { dateTime } from "../parts/format";
import { average, trimmed } from "../parts/decimal";
import { type Line, Plot } from "../parts/plot";
import { Said } from "../parts/said";

const LINES: Line[] = [
  { label: "bid", colour: "accent", kind: "steps" },
  { label: "ask", colour: "alarm", kind: "steps" },
  { label: "bought", colour: "good", kind: "points" },
  { label: "sold", colour: "bad", kind: "points" },
];
const LEAST_NS = 10e9;
const MOST_OFFERED = 500;

/** Best bid and ask around one order, or of a whole day, with the trades that were made in them. */
export function Market({ runId }: { runId: string }) {
  const [chosen, setChosen] = useState("");
  const tca = useQuery({ queryKey: ["rows", runId, "tca"], queryFn: () => readTable(runId, "tca"), staleTime: Infinity, retry: false });
  const orders = useMemo(() => asked(tca.data?.rows ?? []).filter((row) => Number(row["fills"]) > 0), [tca.data]);
  const order = orders.find((row) => row["operation_id"] === chosen) ?? orders[0];
  if (tca.data && order === undefined) return <p className="quiet">No order of this run has traded.</p>;
  return (
    <>
      <Said problem={tca.error} />
      {order && (
        <>
          <Field label="Order">
            <select value={String(order["operation_id"])} onChange={(event) => setChosen(event.target.value)}>
              {orders.slice(0, MOST_OFFERED).map((row) => (
                <option key={String(row["operation_id"])} value={String(row["operation_id"])}>
                  {dateTime(Number(row["timestamp"])).slice(0, 19)} {String(row["side"])} {short(row["filled_quantity"])} {String(row["instrument_key"])}{" "}
                  {String(row["exec_algorithm"])}
                </option>
              ))}
            </select>
          </Field>
          <Around key={String(order["operation_id"])} runId={runId} order={order} />
        </>
      )}
    </>
  );
}

const short = (value: Row[string] | undefined): string => average(trimmed(String(value ?? "")));

function Around({ runId, order }: { runId: string; order: Row }) {
  const begin = Number(order["timestamp"]);
  const end = Number(order["ended"]);
  const around = Math.max((end - begin) / 10, LEAST_NS);
  const filters = {
    instrument_key: String(order["instrument_key"]),
    from: String(Math.round(begin - around)),
    to: String(Math.round(end + around)),
  };
  const quotes = useQuery({ queryKey: ["rows", runId, "quotes", filters], queryFn: () => readTable(runId, "quotes", filters), staleTime: Infinity, retry: false });
  const fills = useQuery({ queryKey: ["rows", runId, "fills", filters], queryFn: () => readTable(runId, "fills", filters), staleTime: Infinity, retry: false });
  const data = useMemo(() => marketOf(quotes.data?.rows ?? [], fills.data?.rows ?? [], uPlot.join), [quotes.data, fills.data]);
  return (
    <>
      <Said problem={quotes.error ?? fills.error} />
      {quotes.data && fills.data && (
        <>
          <p className="quiet">
            {quotes.data.rows.length} quotes, {fills.data.rows.length} trades. Drag to look closer; twice a click for the whole.
          </p>
          <Plot label={`Quotes and trades of ${String(order["operation_id"])}`} data={data} lines={LINES} height={420} places={8} />
          <dl className="summary">
            {["arrival_price", "average_price", "interval_vwap", "interval_twap", "shortfall_bps", "participation_pct"].map((name) => (
              <div key={name}>
                <dt>{name.replaceAll("_", " ")}</dt>
                <dd>{order[name] === null ? "not seen" : short(order[name])}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </>
  );
}
