import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { type Alert, post, read } from "../api/client";
import columns from "../api/columns.json";
import { Listed } from "../parts/facts";
import { moment } from "../parts/format";
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
        <Listed
          fields={columns.alerts}
          rows={found}
          keyOf={(alert) => `${alert.name} ${alert.subject}`}
          names={{ name: "Alert", subject: "About", says: "What it is", acknowledged_by: "Looked after by" }}
          cells={{
            severity: ({ severity }) => <span className={severity === "CRITICAL" ? "alarm" : ""}>{severity}</span>,
            since: (alert) => moment(alert.since_ns),
            says: ({ says, value, limit }) => `${says}${limit && ` (${value}, limit ${limit})`}`,
            acknowledged_by: (alert) =>
              alert.acknowledged_by || (
                <button type="button" className="chip" aria-label={`I look after it: ${alert.name} ${alert.subject}`} disabled={seen.isPending} onClick={() => seen.mutate(alert)}>
                  I look after it
                </button>
              ),
          }}
        />
      )}
    </section>
  );
}
