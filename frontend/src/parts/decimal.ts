// Sums and roundings of decimals that lose no digit: a number of JavaScript would.

interface Scaled {
  units: bigint;
  places: number;
}

const PLAIN = /^-?\d+(\.\d+)?$/;
const TO_THE_CENT = new Set(["USD", "USDT", "USDC", "EUR", "GBP", "CHF", "JPY"]);
const COIN_PLACES = 8; // of every other currency
const FIGURES = 10; // of a price that is an average

function scaled(text: string): Scaled {
  const [whole = "0", fraction = ""] = text.split(".");
  return { units: BigInt(whole + fraction), places: fraction.length };
}

function written(units: bigint, places: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const at = digits.length - places;
  return `${digits.slice(0, at)}${places > 0 ? `.${digits.slice(at)}` : ""}`;
}

/** Leave out the zeros behind the point that say nothing; a whole number keeps all of its own. */
export const trimmed = (text: string): string => (text.includes(".") && PLAIN.test(text) ? text.replace(/\.?0+$/, "") : text);

/** Add decimals that are written plainly, such as "-12.50"; empty ones are left out. */
export function sum(texts: string[]): string {
  const found = texts.filter((text) => text !== "").map(scaled);
  const places = Math.max(0, ...found.map((each) => each.places));
  const units = found.reduce((all, each) => all + each.units * 10n ** BigInt(places - each.places), 0n);
  return `${units < 0n ? "-" : ""}${trimmed(written(units, places))}`;
}

/** Write a decimal with so many places, a half away from zero; its sign stays where only zeros do. Else as it is. */
export function rounded(text: string, places: number): string {
  if (!PLAIN.test(text)) return text;
  const { units, places: had } = scaled(text.replace("-", ""));
  const scale = 10n ** BigInt(Math.abs(had - places));
  const kept = had <= places ? units * scale : (units + scale / 2n) / scale;
  return `${text.startsWith("-") && units !== 0n ? "-" : ""}${written(kept, places)}`;
}

/** An amount of money as a desk reads it: to the cent, or eight places of a coin, in groups of three digits. */
export function money(text: string, currency: string): string {
  const shown = rounded(text, TO_THE_CENT.has(currency) ? 2 : COIN_PLACES);
  const [whole = "", fraction] = shown.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** An average, or another quotient, with the ten figures that say something. */
export function average(text: string): string {
  if (!PLAIN.test(text)) return text;
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  const zeros = /^0*$/.test(whole) ? (/^0*/.exec(fraction)?.[0].length ?? 0) : -whole.length;
  return trimmed(rounded(text, Math.max(FIGURES + zeros, 0)));
}
