import { Refusal } from "../api/client";

/** What went wrong, in the service's words; nothing where nothing did. */
export function Said({ problem }: { problem: unknown }) {
  if (problem === null || problem === undefined) return null;
  const text = problem instanceof Error ? problem.message : String(problem);
  const field = problem instanceof Refusal && problem.field ? problem.field : undefined;
  return (
    <p className="said bad" role="alert" data-field={field}>
      {text}
    </p>
  );
}
