import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";

import { type Order, read, type Status } from "../api/client";
import type { StreamState } from "../api/stream";
import { orders } from "./orders";
import { SERVED_BY } from "./services";

const STATUS_EVERY_MS = 2_000;

/** The live service at a glance, read every two seconds. */
export function useStatus() {
  return useQuery({
    queryKey: ["status"],
    queryFn: async () => {
      const status = await read<Status>("/api/status");
      orders.heardOf(status.sequence);
      return status;
    },
    refetchInterval: STATUS_EVERY_MS,
    retry: false,
    enabled: SERVED_BY !== "backtest",
  });
}

/** How well the stream of orders is: live, connecting or stale. */
export const useStream = (): StreamState => useSyncExternalStore(orders.watch, () => orders.state);

/** One order, kept current; undefined until it is known. */
export const useOrder = (operationId: string): Order | undefined =>
  useSyncExternalStore(orders.watch, () => orders.rows.get(operationId));

/** The strategies that the orders of this page name, in order. */
export const useStrategies = (): string[] => {
  const status = useStatus(); // looked at as often as that is read: not with every change of an order
  return useMemo(() => [...new Set([...orders.rows.values()].map((each) => each.strategy_id))].sort(), [status.dataUpdatedAt]);
};

/** Do something when Escape is pressed, wherever the focus is; a dialog that is open has it for itself. */
export function useEscape(act: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key === "Escape" && document.querySelector("dialog[open]") === null) act();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [act]);
}
