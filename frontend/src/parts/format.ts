// How values are shown. Decimals stay text: a number of JavaScript would lose digits.

const MOMENTS_FROM_NS = 1e17; // a larger count of nanoseconds is a moment, a smaller one a duration

export function time(ns: number): string {
  return ns === 0 ? "" : new Date(ns / 1e6).toISOString().slice(11, 23);
}

export function dateTime(ns: number): string {
  return ns === 0 ? "" : new Date(ns / 1e6).toISOString().replace("T", " ").slice(0, 23);
}

/** A moment of today by its time alone, another with its day; UTC. */
export function moment(ns: number): string {
  const day = dateTime(ns).slice(0, 10);
  return day === new Date().toISOString().slice(0, 10) ? time(ns) : dateTime(ns).slice(0, 19);
}

export function age(ns: number): string {
  const s = ns / 1e9;
  if (s < 1) return `${Math.round(ns / 1e6)} ms`;
  if (s < 120) return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  return s < 7_200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3_600)} h`;
}

/** A count of nanoseconds, whether it is a moment or a duration. */
export const nanoseconds = (ns: number): string => (ns > MOMENTS_FROM_NS ? dateTime(ns) : ns === 0 ? "" : age(ns));

/** Compare decimals written as text, for sorting: exact digits do not matter for which is the larger in a column. */
export const byNumber = (a: string, b: string): number => Number(a || 0) - Number(b || 0);

export const words = (name: string): string => name.replaceAll("_", " ");

/** A field's name as the head of a column. */
export const heading = (field: string): string => {
  const name = words(field.replace(/_(ns|at_ns|at|key|id)$/, "")).replace(/\bpnl\b/, "P&L");
  return name.charAt(0).toUpperCase() + name.slice(1);
};

export const tone = (status: string): string => {
  if (status === "FILLED" || status === "PARTIALLY_FILLED") return "good";
  if (status === "REJECTED") return "bad";
  if (status === "UNCONFIRMED") return "alarm";
  return status === "CANCELED" || status === "EXPIRED" ? "quiet" : "live";
};

export const signed = (text: string): string => {
  if (!text || Number(text) === 0) return "";
  return text.startsWith("-") ? "bad" : "good";
};
