import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { type Alert, post, read } from "../api/client";
import { Facts } from "../parts/facts";
import { dateTime } from "../parts/format";
import { Said } from "../parts/said";

/** What somebody has to know now, and who looks after it; nothing where nothing is. */
export function Alerts() {
  const queries = useQueryClient();
  const alerts = useQuery({ queryKey: ["alerts"], queryFn: () => read<{ alerts: Alert[] }>("/api/alerts"), refetchInterval: 3_000, retry: false });
  const seen = useMutation({
    mutationFn: ({ name, subject }: Alert) => post("/api/alerts/acknowledge", { name, subject }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["alerts"] }),
  });
  const found = alerts.data?.alerts ?? [];
  return (
    <section aria-label="Alerts">
      <h2>Alerts</h2>
      <Said problem={alerts.error ?? seen.error} />
      {alerts.isSuccess && found.length === 0 && <p className="quiet">None.</p>}
      {found.length > 0 && (
        <Facts
          columns={["Severity", "Alert", "About", "Since", "What it is", "Runbook", "Looked after by"]}
          rows={found.map((alert) => ({
            key: `${alert.name} ${alert.subject}`,
            cells: [
              <span className={alert.severity === "CRITICAL" ? "bad" : ""}>{alert.severity}</span>,
              alert.name,
              alert.subject,
              dateTime(alert.since_ns).slice(0, 19),
              `${alert.says} ${alert.limit && `(${alert.value}, limit ${alert.limit})`}`,
              alert.runbook,
              alert.acknowledged_by || (
                <button type="button" className="chip" aria-label={`I look after it: ${alert.name} ${alert.subject}`} disabled={seen.isPending} onClick={() => seen.mutate(alert)}>
                  I look after it
                </button>
              ),
            ],
          }))}
        />
      )}
    </section>
  );
}
