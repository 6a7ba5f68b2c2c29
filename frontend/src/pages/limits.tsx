import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type Limits, post, read } from "../api/client";
import columns from "../api/columns.json";
import { Listed } from "../parts/facts";
import { dateTime } from "../parts/format";
import { Said } from "../parts/said";

/** What somebody has to know of the limits: those that hold nothing, and those that wait for a second person. */
export function LimitsInWords() {
  const limits = useQuery({ queryKey: ["limits"], queryFn: () => read<Limits>("/api/risk/limits"), refetchInterval: 3_000, retry: false });
  const pending = limits.data?.pending ?? null;
  const warnings = limits.data?.warnings ?? [];
  return (
    <>
      {warnings.length > 0 && (
        <section aria-label="Limits that hold nothing">
          <h2>Limits that hold nothing</h2>
          {warnings.map((warning) => (
            <p key={warning} className="alarm">
              {warning}
            </p>
          ))}
        </section>
      )}
      {pending && <Proposal pending={pending} />}
    </>
  );
}

/** Limits that loosen, what they change, and the second person's word. */
function Proposal({ pending }: { pending: NonNullable<Limits["pending"]> }) {
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const said = useMutation({
    mutationFn: (decision: "APPROVE" | "REFUSE") =>
      post<Limits>("/api/risk/limits/approve", { proposal_id: pending.proposal_id, decision, reason }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["limits"] }),
  });
  return (
    <section aria-label="Limits that wait for a second person">
      <h2>Limits that wait for a second person</h2>
      <p>
        {pending.principal} proposed: {pending.reason} (until {dateTime(pending.expires_ns).slice(0, 19)})
      </p>
      <Listed
        fields={columns.limit_changes}
        rows={pending.changes}
        keyOf={(change) => change.name}
        names={{ name: "Limit" }}
        cells={{
          old: (change) => change.old || "not set",
          new: (change) => <span className={change.loosens ? "bad" : "good"}>{change.new || "not set"}</span>,
        }}
      />
      <form className="bar" onSubmit={(event) => event.preventDefault()}>
        <input aria-label="Reason, for the record" placeholder="reason, for the record" maxLength={200} value={reason} onChange={(e) => setReason(e.target.value)} />
        <button type="button" disabled={reason === "" || said.isPending} onClick={() => said.mutate("APPROVE")}>
          Approve
        </button>
        <button type="button" disabled={reason === "" || said.isPending} onClick={() => said.mutate("REFUSE")}>
          Refuse
        </button>
      </form>
      <Said problem={said.error} />
    </section>
  );
}
