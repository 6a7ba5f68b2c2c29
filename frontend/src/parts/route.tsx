import { average, money, rounded } from "./decimal";
import { Sparse } from "./facts";
import { age } from "./format";
import { Recorded } from "./record";

interface Line {
  name: string;
  bps: string;
}
interface Candidate {
  instrument_key: string;
  account?: string;
  eligible: boolean;
  reason?: string;
  bid?: string;
  ask?: string;
  quote_age_ns?: number;
  amount?: string;
  liquidity?: string;
  total_usd?: string;
  total_bps?: string;
  lines?: Line[];
}
interface Leg {
  instrument_key: string;
  account: string;
  amount: string;
  price?: string;
  cost_usd?: string;
  cost_bps?: string;
}
type Decision = Record<string, unknown>;

const QUOTED = ["Bid", "Ask", "Quote age"];
const LEGS = ["To", "Amount", "Price", "Cost, USD", "Cost, bps"];
const BPS_PLACES = 3;

const bps = (text: string | undefined): string => rounded(text ?? "", BPS_PLACES);

/** Where an order goes, and what every venue that could take it would have cost, part by part. */
export function Route({ decision }: { decision: Decision | null }) {
  if (decision === null || !Array.isArray(decision["candidates"])) return <Recorded value={decision} />;
  const { legs = [], candidates, ...rest } = decision as Decision & { legs?: Leg[]; candidates: Candidate[] };
  const parts = [...new Set(candidates.flatMap((each) => (each.lines ?? []).map(({ name }) => name)))];
  const heads = parts.map((name) => `${name}, bps`);
  const columns = ["Venue", ...QUOTED, ...heads, "All, bps", "All, USD", "Why not"];
  return (
    <>
      <Sparse
        label="Where it goes"
        columns={LEGS}
        numbers={LEGS.slice(1)}
        rows={legs.map((leg) => ({
          key: leg.account,
          cells: [`${leg.instrument_key} (${leg.account})`, leg.amount, leg.price, money(leg.cost_usd ?? "", "USD"), bps(leg.cost_bps)],
        }))}
      />
      <h3>{parts.length > 0 ? "What each venue would cost" : "What it looked at"}</h3>
      <Sparse
        label="Candidates"
        columns={columns}
        numbers={columns.slice(1, -1)}
        rows={candidates.map((each) => ({
          key: `${each.account ?? ""} ${each.instrument_key}`,
          refused: !each.eligible,
          cells: [
            [each.account ?? each.instrument_key, each.liquidity?.toLowerCase()].filter(Boolean).join(" "),
            each.bid,
            each.ask,
            each.quote_age_ns === undefined ? "" : age(each.quote_age_ns),
            ...parts.map((part) => bps(each.lines?.find(({ name }) => name === part)?.bps)),
            bps(each.total_bps),
            money(each.total_usd ?? "", "USD"),
            each.reason,
          ],
        }))}
      />
      <Recorded value={shortened(rest)} />
    </>
  );
}

/** What else the router said; a price that is a quotient has no more figures than say something. */
const shortened = (rest: Decision): Decision =>
  Object.fromEntries(
    Object.entries(rest).flatMap(([name, value]) =>
      value === null || value === "" || (Array.isArray(value) && value.length === 0)
        ? []
        : [[name, name === "reference_price" ? average(String(value)) : value]],
    ),
  );

/** The best bid and ask among the venues that could take an order; null: nobody has quoted. */
export function bestQuote(decision: Decision | null): { bid: string; ask: string } | null {
  const quoted = ((decision?.["candidates"] ?? []) as Candidate[]).filter(({ bid, ask }) => bid && ask);
  if (quoted.length === 0) return null;
  const bids = quoted.map(({ bid }) => bid ?? "").sort((a, b) => Number(b) - Number(a));
  const asks = quoted.map(({ ask }) => ask ?? "").sort((a, b) => Number(a) - Number(b));
  return { bid: bids[0] ?? "", ask: asks[0] ?? "" };
}
