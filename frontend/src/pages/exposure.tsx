import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { type Exposure, type ExposureGroup, type Limits, type Position, read } from "../api/client";
import { sum } from "../parts/decimal";
import { signed, words } from "../parts/format";
import { Said } from "../parts/said";

const EVERY_MS = 1_000;
const BY = ["by_strategy", "by_instrument", "by_venue", "by_base_asset"] as const;
type By = (typeof BY)[number];
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
        <table className="facts bars">
          <thead>
            <tr>
              <th>Group</th>
              <th className="number">Gross</th>
              <th className="number">Net</th>
              <th className="number">Worst case</th>
              <th>Of its limit</th>
              <th></th>
              <th>Not known</th>
            </tr>
          </thead>
          <tbody>
            <Bar group={found.total} name="all" used={ofAll(found.total, found.total, known)} />
            {found[by].map((each) => (
              <Bar key={each.group} group={each} name={each.group} used={ofOwn(by, each, positions, known) ?? ofAll(each, found.total, known)} />
            ))}
          </tbody>
        </table>
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

function Bar({ group, name, used }: { group: ExposureGroup; name: string; used: Used }) {
  const share = Number(used.limit) > 0 ? Math.min(Math.abs(Number(used.figure)) / Number(used.limit), 1) : 0;
  const doubts = [group.unpriced && `${group.unpriced} without a price`, group.stale && `${group.stale} at an old price`];
  const against = used.name ? `${used.figure} of ${used.limit} ${used.unit}` : "no limit is set: its share of the whole";
  return (
    <tr>
      <td>{name}</td>
      <td className="number">{group.gross}</td>
      <td className={`number ${signed(group.net)}`}>{group.net}</td>
      <td className="number">{group.worst_case}</td>
      <td>
        <meter aria-label={`${name}: ${used.what}`} min={0} max={1} high={0.8} optimum={0} value={share} />
      </td>
      <td>
        {used.what}, {against} <span className="quiet">{used.name}</span>
      </td>
      <td className="bad">{doubts.filter(Boolean).join(", ")}</td>
    </tr>
  );
}
