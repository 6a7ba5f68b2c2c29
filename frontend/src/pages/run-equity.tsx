import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type uPlot from "uplot";

import { number, readTable } from "../api/replays";
import { curveOf } from "../parts/backtest";
import { type Line, Plot } from "../parts/plot";
import { Said } from "../parts/said";

const PROFIT: Line[] = [{ label: "P&L, USD", colour: "accent" }];
const DRAWDOWN: Line[] = [{ label: "drawdown, USD", colour: "bad", kind: "area" }];
const EXPOSURE: Line[] = [
  { label: "gross, USD", colour: "accent", kind: "steps" },
  { label: "net, USD", colour: "alarm", kind: "steps" },
];

/** What a run was worth over time, how far below its best it fell, and what it held. */
export function Equity({ runId }: { runId: string }) {
  const equity = useQuery({ queryKey: ["rows", runId, "equity"], queryFn: () => readTable(runId, "equity"), staleTime: Infinity, retry: false });
  const drawn = useMemo(() => {
    const rows = equity.data?.rows ?? [];
    const { times, profit, drawdown } = curveOf(rows);
    const exposure = (column: string) => rows.map((row) => number(row[column]));
    return {
      profit: [times, profit] as uPlot.AlignedData,
      drawdown: [times, drawdown] as uPlot.AlignedData,
      exposure: [times, exposure("exposure_gross"), exposure("exposure_net")] as uPlot.AlignedData,
    };
  }, [equity.data]);
  if (equity.data?.rows.length === 0) return <p className="quiet">Nothing was traded: there is no curve.</p>;
  return (
    <>
      <Said problem={equity.error} />
      {equity.data && (
        <>
          <h2>Profit and loss since the beginning</h2>
          <Plot label="Profit and loss over time" data={drawn.profit} lines={PROFIT} />
          <h2>Drawdown</h2>
          <Plot label="Drawdown over time" data={drawn.drawdown} lines={DRAWDOWN} height={150} />
          <h2>Exposure</h2>
          <Plot label="Exposure over time" data={drawn.exposure} lines={EXPOSURE} height={150} />
        </>
      )}
    </>
  );
}
