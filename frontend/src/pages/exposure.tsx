import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import columns from "../api/columns.json";
import { type Exposure, type ExposureGroup, type Limits, type Position, read } from "../api/client";
import { money, sum } from "../parts/decimal";
import { Facts, type Row } from "../parts/facts";
import { heading, signed, words } from "../parts/format";
import { Rounded } from "../parts/rounded";
import { Said } from "../parts/said";

const EVERY_MS = 1_000;
const BY = ["by_strategy", "by_instrument", "by_venue", "by_base_asset"] as const;
type By = (typeof BY)[number];
const AGAINST = ["Of its limit", "Against"];
type Document = Limits["limits"];

interface Used {
  figure: string; // what the limit is about, in `unit`
  what: string;
  limit: string;
  unit: string;
  name: string; // the limit's; empty: none is set
}

/** What is held and could be, each group beside the limit that is its own, or else the one on everything. */
export function ExposureBars({ positions }: { positions: Position[] }) {
  const [by, setBy] = useState<By>("by_strategy");
  const exposure = useQuery({
    queryKey: ["exposure"],
    queryFn: () => read<Exposure>("/api/exposure"),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  const limits = useQuery({
    queryKey: ["limits"],
    queryFn: () => read<Limits>("/api/risk/limits"),
    refetchInterval: 10 * EVERY_MS,
    retry: false,
  });
  const found = exposure.data;
  const known = limits.data?.limits;
  return (
    <section aria-label="Exposure">
      <div className="bar">
        <h2>Exposure {found && `in ${found.currency}`}</h2>
        {BY.map((name) => (
          <button type="button" key={name} className="chip" aria-pressed={by === name} onClick={() => setBy(name)}>
            {words(name)}
          </button>
        ))}
      </div>
      <Said problem={exposure.error ?? limits.error} />
      {found && (
        <Facts
          label="Exposure by group"
          columns={[...columns.exposure.map(heading), ...AGAINST]}
          numbers={columns.exposure.slice(1).map(heading)}
          rows={[
            barOf(found.total, "all", ofAll(found.total, found.total, known)),
            ...found[by].map((each) => barOf(each, each.group, ofOwn(by, each, positions, known) ?? ofAll(each, found.total, known))),
          ]}
        />
      )}
    </section>
  );
}

/** Every group counts in the limit on everything; where none is set, it is shown as a share of the whole. */
function ofAll(group: ExposureGroup, total: ExposureGroup, limits: Document | undefined): Used {
  const limit = limits?.max_total_notional ?? "";
  const said = { figure: group.worst_case, what: "worst case", unit: "USD" };
  return limit ? { ...said, limit, name: "max_total_notional" } : { ...said, limit: total.worst_case, name: "" };
}

/** The limit that a group has for itself, and what it is about; null: none is set. */
function ofOwn(by: By, each: ExposureGroup, positions: Position[], limits: Document | undefined): Used | null {
  const own = (name: "max_position_per_strategy" | "max_position_per_venue" | "max_position_per_base" | "max_position_per_instrument") => ({
    limit: limits?.[name][each.group] ?? limits?.[name]["*"] ?? "",
    name,
  });
  const worst = { figure: each.worst_case, what: "worst case", unit: "USD" };
  const held = positions.filter(({ instrument_key }) => instrument_key === each.group).map(({ quantity }) => quantity);
  const used: Used = {
    by_strategy: () => ({ ...worst, ...own("max_position_per_strategy") }),
    by_venue: () => ({ ...worst, ...own("max_position_per_venue") }),
    by_base_asset: () => ({ figure: each.net, what: "net", unit: "USD", ...own("max_position_per_base") }),
    by_instrument: () => ({ figure: sum(held), what: "net position", unit: "units", ...own("max_position_per_instrument") }),
  }[by]();
  return used.limit === "" ? null : used;
}

function barOf(group: ExposureGroup, name: string, used: Used): Row {
  const share = Number(used.limit) > 0 ? Math.min(Math.abs(Number(used.figure)) / Number(used.limit), 1) : 0;
  const usd = (text: string) => <Rounded exact={text} shown={money(text, "USD")} />;
  const figure = used.unit === "USD" ? money(used.figure, "USD") : used.figure;
  const against = used.name ? `${figure} of ${used.limit} ${used.unit}` : "no limit is set: its share of the whole";
  const cells: Record<string, ReactNode> = {
    group: name,
    gross: usd(group.gross),
    net: <span className={signed(group.net)}>{usd(group.net)}</span>,
    worst_case: usd(group.worst_case),
    unpriced: <span className="bad">{group.unpriced || ""}</span>,
    stale: <span className="bad">{group.stale || ""}</span>,
  };
  return {
    key: name,
    cells: [
      ...columns.exposure.map((field) => cells[field]),
      <meter aria-label={`${name}: ${used.what}`} min={0} max={1} high={0.8} optimum={0} value={share} />,
      <>
        {used.what}, {against} <span className="quiet">{used.name}</span>
      </>,
    ],
  };
}
