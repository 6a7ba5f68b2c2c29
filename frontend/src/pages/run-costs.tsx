import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type uPlot from "uplot";

import { number, readTable, type Row, seconds } from "../api/replays";
import { asked, costsBy, type Cost, markoutsOf, PARTS } from "../parts/backtest";
import { DivergingBars, type Line, Plot } from "../parts/plot";
import { Said } from "../parts/said";

const SHORTFALL: Line[] = [{ label: "shortfall, bps", colour: "accent", kind: "points" }];
const MARKOUT: Line[] = [{ label: "markout, bps", colour: "good" }];

const algorithmOf = (row: Row): string =>
  row["is_parent"] && row["exec_algorithm"] === "NORMAL" ? "split" : String(row["exec_algorithm"]);

/** Where the money went: each part of the shortfall against arrival, by algorithm and strategy. */
export function Costs({ runId }: { runId: string }) {
  const tca = useQuery({ queryKey: ["rows", runId, "tca"], queryFn: () => readTable(runId, "tca"), staleTime: Infinity, retry: false });
  const rows = useMemo(() => tca.data?.rows ?? [], [tca.data]);
  const drawn = useMemo(() => {
    const measured = asked(rows).filter((row) => number(row["shortfall_bps"]) !== null);
    const markouts = markoutsOf(rows);
    return {
      shortfall: [measured.map(seconds), measured.map((row) => number(row["shortfall_bps"]))] as uPlot.AlignedData,
      markout: [[0, ...markouts.map((each) => each.seconds)], [0, ...markouts.map((each) => each.bps)]] as uPlot.AlignedData,
      algorithms: costsBy(rows, algorithmOf),
      strategies: costsBy(rows, (row) => String(row["strategy_id"])),
      unmeasured: asked(rows).length - measured.length,
    };
  }, [rows]);
  if (tca.data && rows.length === 0) return <p className="quiet">No order was worked: there is nothing to measure.</p>;
  return (
    <>
      <Said problem={tca.error} />
      {tca.data && (
        <>
          <p className="quiet">
            Against the mid at an order&apos;s arrival; above zero it cost money. {drawn.unmeasured} orders could not be
            measured, since nobody saw their market.
          </p>
          <Groups title="By algorithm" costs={drawn.algorithms} />
          <Groups title="By strategy" costs={drawn.strategies} />
          <h2>Shortfall, order by order</h2>
          <Plot label="Shortfall of each order in basis points" data={drawn.shortfall} lines={SHORTFALL} />
          <h2>Markout: seconds after the trades</h2>
          <Plot label="Markout by seconds after the trades" data={drawn.markout} lines={MARKOUT} isTime={false} height={160} />
        </>
      )}
    </>
  );
}

function Groups({ title, costs }: { title: string; costs: Cost[] }) {
  return (
    <section>
      <h2>{title}</h2>
      <div className="cards">
        {costs.map((cost) => (
          <article key={cost.name}>
            <h3>
              {cost.name}: {cost.orders} orders, {cost.notionalUsd.toLocaleString("en", { maximumFractionDigits: 0 })} USD
            </h3>
            <DivergingBars
              label={`${title}: ${cost.name}`}
              unit="bps"
              rows={[...PARTS.map((name) => ({ name, value: cost.partsBps[name] })), { name: "shortfall", value: cost.shortfallBps }]}
            />
          </article>
        ))}
      </div>
    </section>
  );
}
