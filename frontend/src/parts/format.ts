// How values are shown. Decimals stay text: a number of JavaScript would lose digits.

export function time(ns: number): string {
  return ns === 0 ? "" : new Date(ns / 1e6).toISOString().slice(11, 23);
}

export function dateTime(ns: number): string {
  return ns === 0 ? "" : new Date(ns / 1e6).toISOString().replace("T", " ").slice(0, 23);
}

export function age(ns: number): string {
  const s = ns / 1e9;
  if (s < 120) return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  return s < 7_200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3_600)} h`;
}

/** Compare decimals written as text, for sorting: exact digits do not matter for which is the larger in a column. */
export const byNumber = (a: string, b: string): number => Number(a || 0) - Number(b || 0);

export const words = (name: string): string => name.replaceAll("_", " ");

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
