import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

import { type Order, read, type Status } from "../api/client";
import type { StreamState } from "../api/stream";
import { orders } from "./orders";

const STATUS_EVERY_MS = 2_000;
const PROBE_WITHIN_MS = 1_500;
export const BACKTEST_URL = `http://${location.hostname}:8000`;

/** The live service at a glance, read every two seconds. */
export function useStatus() {
  return useQuery({
    queryKey: ["status"],
    queryFn: () => read<Status>("/api/status"),
    refetchInterval: STATUS_EVERY_MS,
    retry: false,
  });
}

export interface Services {
  live: boolean;
  backtest: boolean;
}

/** Which services answer now: pages and menu follow it. */
export function useServices(): Services {
  const live = useQuery({ queryKey: ["probe", "live"], queryFn: () => isThere("/api/health"), refetchInterval: 2_000 });
  const backtest = useQuery({
    queryKey: ["probe", "backtest"],
    queryFn: () => isThere(`${BACKTEST_URL}/api/health`),
    refetchInterval: 5_000,
  });
  return { live: live.data ?? false, backtest: backtest.data ?? false };
}

async function isThere(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_WITHIN_MS) });
    return answer.status === 200 || answer.status === 503; // unwell is there
  } catch {
    return false;
  }
}

/** How well the stream of orders is: live, connecting or stale. */
export const useStream = (): StreamState => useSyncExternalStore(orders.watch, () => orders.state);

/** One order, kept current; undefined until it is known. */
export const useOrder = (operationId: string): Order | undefined =>
  useSyncExternalStore(orders.watch, () => orders.rows.get(operationId));
