import columns from "../api/columns.json";
import type { Verdict } from "../api/client";
import { Listed } from "./facts";

/** Risk's decision, rule by rule; what refused comes first. */
export function Verdicts({ verdicts }: { verdicts: Verdict[] }) {
  if (verdicts.length === 0) return <p className="quiet">No rule was asked: an algorithm&apos;s children are judged one by one.</p>;
  return (
    <Listed
      label="Risk, rule by rule"
      fields={columns.verdicts}
      rows={verdicts.toSorted((a, b) => Number(a.passed) - Number(b.passed))}
      keyOf={(each) => each.rule}
      refused={(each) => !each.passed}
      cells={{ passed: (each) => <span className={each.passed ? "good" : "bad"}>{each.passed ? "pass" : "REFUSE"}</span> }}
    />
  );
}
