import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface Line {
  label: string;
  colour: string; // a variable of the style sheet
  kind?: "line" | "steps" | "points" | "area";
  scale?: string;
}

interface Given {
  label: string;
  data: uPlot.AlignedData;
  lines: Line[];
  height?: number;
  isTime?: boolean;
  places?: number;
}

const DAY = "\n{YYYY}-{MM}-{DD}";
// From which step between two marks on, what is written at each, and what below it where year, day or minute begins.
const TIMES: uPlot.Axis.Values = [
  [86_400 * 28, "{YYYY}-{MM}", null, null, null, null, null, null, 1],
  [86_400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", DAY, null, DAY, null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", DAY, null, DAY, null, null, null, 1],
  [0.001, "{ss}.{fff}", `${DAY} {HH}:{mm}`, null, DAY, null, "\n{HH}:{mm}", null, 1],
];
const MOMENT = "{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}.{fff}";

const shown = (places: number) => (_: unknown, value: number | null) =>
  value === null || value === undefined ? "" : value.toLocaleString("en", { maximumFractionDigits: places });

/** A plot over time, or over whatever the first column is; it is drawn again when its data or the theme changes. */
export function Plot({ label, data, lines, height = 220, isTime = true, places = 2 }: Given) {
  const own = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = own.current;
    if (element === null) return;
    const draw = () => {
      const style = getComputedStyle(document.documentElement);
      const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
      const axis = { stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") } };
      const made = new uPlot(
        {
          width: element.clientWidth || 600,
          height,
          tzDate: (at) => uPlot.tzDate(new Date(at * 1_000), "UTC"),
          scales: { x: { time: isTime } },
          cursor: { drag: { x: true, y: false } },
          axes: [{ ...axis, ...(isTime && { values: TIMES }) }, { ...axis, size: 80 }],
          legend: { markers: { width: 2 } },
          series: [isTime ? { value: MOMENT } : {}, ...lines.map((line) => seriesOf(line, colour, places))],
        },
        data,
        element,
      );
      return made;
    };
    let plot = draw();
    const again = () => {
      plot.destroy();
      plot = draw();
    };
    const sized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    const themed = new MutationObserver(again);
    sized.observe(element);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      sized.disconnect();
      themed.disconnect();
      plot.destroy();
    };
  }, [data, lines, height, isTime, places]);
  return <div ref={own} className="plot" role="img" aria-label={label} />;
}

function seriesOf(line: Line, colour: (name: string) => string, places: number): uPlot.Series {
  const made: uPlot.Series = {
    label: line.label,
    stroke: colour(line.colour),
    width: 1.5,
    spanGaps: true,
    points: { show: false },
    value: shown(places),
  };
  if (line.kind === "points") {
    made.width = 0;
    made.paths = () => null;
    made.points = { show: true, size: 7, fill: colour(line.colour), stroke: colour("panel"), width: 1 };
  }
  if (line.kind === "steps" && uPlot.paths.stepped) made.paths = uPlot.paths.stepped({ align: 1 });
  if (line.kind === "area") made.fill = `color-mix(in srgb, ${colour(line.colour)} 20%, transparent)`;
  return made;
}

interface Bars {
  label: string;
  unit: string;
  rows: { name: string; value: number }[];
}

/** Amounts side by side, to either side of zero; each also stands there as a number. */
export function DivergingBars({ label, unit, rows }: Bars) {
  const most = Math.max(...rows.map((row) => Math.abs(row.value)), 1e-12);
  return (
    <table className="facts bars" aria-label={label}>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td className={`number ${row.value > 0 ? "bad" : row.value < 0 ? "good" : ""}`}>
              {row.value.toLocaleString("en", { maximumFractionDigits: 3 })} {unit}
            </td>
            <td>
              <svg className="bar-of" viewBox="-100 0 200 10" preserveAspectRatio="none" aria-hidden="true">
                <line x1="0" x2="0" y1="0" y2="10" />
                <rect
                  className={row.value > 0 ? "costs" : "gains"}
                  x={row.value > 0 ? 0 : (row.value / most) * 100}
                  y="1"
                  width={(Math.abs(row.value) / most) * 100}
                  height="8"
                />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
