// An order to begin with in the form of `/live/execute`, told by its address: nothing of it is sent until somebody does.

const FIELDS = [
  "instrument_key", "side", "amount", "price", "order_type", "time_in_force", "trigger_price", "trailing_offset", "strategy_id",
  "account", "exec_algorithm", "reduce_only",
] as const;
type Ticket = Partial<Record<(typeof FIELDS)[number], string>>;

/** Return where the form is filled with these values. */
export const prefilled = (ticket: Ticket): string => `/live/execute?${new URLSearchParams(Object.entries(ticket).filter(([, value]) => value))}`;

/** Read what the address fills the form with. */
export function readTicket(search: string): Ticket {
  const said = new URLSearchParams(search);
  return Object.fromEntries(FIELDS.flatMap((name) => (said.get(name) ? [[name, said.get(name) ?? ""]] : [])));
}
