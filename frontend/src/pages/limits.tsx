import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type Limits, post, read } from "../api/client";
import { dateTime } from "../parts/format";
import { Said } from "../parts/said";

/** Limits that loosen and wait for a second person: what they change, and that person's word. */
export function Proposal() {
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const limits = useQuery({ queryKey: ["limits"], queryFn: () => read<Limits>("/api/risk/limits"), refetchInterval: 3_000, retry: false });
  const pending = limits.data?.pending ?? null;
  const said = useMutation({
    mutationFn: (decision: "APPROVE" | "REFUSE") =>
      post<Limits>("/api/risk/limits/approve", { proposal_id: pending?.proposal_id, decision, reason }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["limits"] }),
  });
  if (pending === null) return null;
  return (
    <section aria-label="Limits that wait for a second person">
      <h2>Limits that wait for a second person</h2>
      <p>
        {pending.principal} proposed: {pending.reason} (until {dateTime(pending.expires_ns).slice(0, 19)})
      </p>
      <table className="facts">
        <tbody>
          {pending.changes.map((change) => (
            <tr key={change.name}>
              <th scope="row">{change.name}</th>
              <td className="number">{change.old || "not set"}</td>
              <td className={change.loosens ? "number bad" : "number good"}>{change.new || "not set"}</td>
            </tr>
          ))}
        </tbody>
      </table>
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
