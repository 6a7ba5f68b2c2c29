// Which services answer now: the live one on 8001 and the backtest one on 8000. Pages and menu follow it.

import { useQuery } from "@tanstack/react-query";

import type { components as Backtest } from "../api/backtest.schema";
import type { components as Live } from "../api/schema";

export type LiveHealth = Live["schemas"]["HealthAnswer"];
export type BacktestHealth = Backtest["schemas"]["ReplayHealthAnswer"];

const EVERY_MS = 2_000;
const WITHIN_MS = 1_500;

/** The service that this page came from; "both": the development server, with both behind it. */
export const SERVED_BY = ((): "live" | "backtest" | "both" => {
  const said = document.querySelector<HTMLMetaElement>('meta[name="livexec-service"]')?.content;
  return said === "live" || said === "backtest" ? said : "both";
})();

const at = (port: number): string => `http://${location.hostname}:${port}`;
const HEALTH = {
  live: SERVED_BY === "backtest" ? at(8001) : "",
  backtest: SERVED_BY === "backtest" ? "" : at(8000),
};

/** What goes before the path of a service's page: nothing where this page's own server has it. */
export const PLACE = {
  live: SERVED_BY === "backtest" ? at(8001) : "",
  backtest: SERVED_BY === "live" ? at(8000) : "",
};

/** Where people find a service that is started as it usually is. */
export const USUAL = { live: at(8001), backtest: at(8000) };

export interface Services {
  live: LiveHealth | null;
  backtest: BacktestHealth | null;
}

/** Ask both services every two seconds whether they are there; an unwell one is. */
export function useServices(): Services {
  const live = useQuery({ queryKey: ["probe", "live"], queryFn: () => asked<LiveHealth>("live"), refetchInterval: EVERY_MS });
  const backtest = useQuery({
    queryKey: ["probe", "backtest"],
    queryFn: () => asked<BacktestHealth>("backtest"),
    refetchInterval: EVERY_MS,
  });
  return { live: live.data ?? null, backtest: backtest.data ?? null };
}

async function asked<Health extends { service: string }>(service: "live" | "backtest"): Promise<Health | null> {
  try {
    const answer = await fetch(`${HEALTH[service]}/api/health`, { signal: AbortSignal.timeout(WITHIN_MS) });
    const health = (await answer.json()) as Health;
    return health.service === service ? health : null; // something else may have the port
  } catch {
    return null;
  }
}
