import type { Verdict } from "../api/client";

/** Risk's decision, rule by rule; what refused comes first. */
export function Verdicts({ verdicts }: { verdicts: Verdict[] }) {
  if (verdicts.length === 0) return <p className="quiet">No rule was asked: an algorithm's children are judged one by one.</p>;
  const sorted = verdicts.toSorted((a, b) => Number(a.passed) - Number(b.passed));
  return (
    <table className="facts" aria-label="Risk, rule by rule">
      <thead>
        <tr>
          <th>Rule</th>
          <th></th>
          <th className="number">Value</th>
          <th className="number">Limit</th>
          <th className="number">Headroom</th>
          <th>Unit</th>
          <th>Seen</th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((each) => (
          <tr key={each.rule} className={each.passed ? "" : "refused"}>
            <td>{each.rule}</td>
            <td className={each.passed ? "good" : "bad"}>{each.passed ? "pass" : "REFUSE"}</td>
            <td className="number">{each.value}</td>
            <td className="number">{each.limit}</td>
            <td className="number">{each.headroom}</td>
            <td>{each.unit}</td>
            <td>{[each.seen, each.remedy].filter(Boolean).join("; ")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
