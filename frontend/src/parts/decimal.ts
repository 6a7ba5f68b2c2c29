// Sums of decimals that lose no digit: a number of JavaScript would.

interface Scaled {
  units: bigint;
  places: number;
}

function scaled(text: string): Scaled {
  const [whole = "0", fraction = ""] = text.split(".");
  return { units: BigInt(whole + fraction), places: fraction.length };
}

/** Add decimals that are written plainly, such as "-12.50"; empty ones are left out. */
export function sum(texts: string[]): string {
  const found = texts.filter((text) => text !== "").map(scaled);
  const places = Math.max(0, ...found.map((each) => each.places));
  const units = found.reduce((all, each) => all + each.units * 10n ** BigInt(places - each.places), 0n);
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const at = digits.length - places;
  const fraction = digits.slice(at).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${digits.slice(0, at)}${fraction ? `.${fraction}` : ""}`;
}
