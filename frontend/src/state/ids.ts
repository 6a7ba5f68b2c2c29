import { useState } from "react";

/** Return a new idempotency key; also where the page came over plain HTTP, and so without `crypto.randomUUID`. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console-${Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * Keep one idempotency key for one intention: the same content sent again, after an answer that was lost, carries the
 * same key, and other content a new one. `renew` makes the next intention.
 */
export function useIntention(content: string): { id: string; renew: () => void } {
  const [kept, setKept] = useState(() => ({ content, id: newId() }));
  if (kept.content !== content) {
    const next = { content, id: newId() };
    setKept(next);
    return { id: next.id, renew: () => setKept({ content, id: newId() }) };
  }
  return { id: kept.id, renew: () => setKept({ content, id: newId() }) };
}
