// Server-sent events over fetch (a browser's own EventSource cannot send a token): resumed by their ids for ever.

import { headers, Refusal, refusalOf } from "./client";

export interface StreamEvent {
  id: string;
  event: string;
  data: string;
}

export type StreamState = "connecting" | "live" | "behind" | "stale";

export interface Following {
  path: string;
  after: number;
  onEvents: (events: StreamEvent[]) => void;
  onState: (state: StreamState) => void;
  /** How far the stream has come, whether anything of it was for us or not. */
  onReached?: (sequence: number) => void;
  /** The journal never gave out our place: everything has to be read anew. */
  onLost: () => void;
}

const SILENT_FOR_MS = 40_000; // the service gives a sign of life every 15 s
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 4_000;

/** Follow a stream until the returned function is called. */
export function follow(following: Following): () => void {
  const ended = new AbortController();
  void run(following, ended.signal);
  return () => ended.abort();
}

async function run(following: Following, ended: AbortSignal): Promise<void> {
  let last = String(following.after);
  let pause = FIRST_PAUSE_MS;
  while (!ended.aborted) {
    following.onState("connecting");
    try {
      for await (const events of blocks(following.path, last, ended)) {
        following.onState("live");
        pause = FIRST_PAUSE_MS;
        last = events.findLast((each) => each.id !== "")?.id ?? last;
        following.onReached?.(Number(last));
        const told = events.filter((each) => each.data !== "");
        if (told.length > 0) following.onEvents(told);
      }
    } catch (problem) {
      if (problem instanceof Refusal && problem.status === 422) {
        following.onLost();
        return;
      }
    }
    if (ended.aborted) return;
    following.onState("stale");
    await slept(pause * (0.75 + Math.random() / 2), ended);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** Yield the events of each piece that arrives; nothing at all for too long ends it. */
async function* blocks(path: string, last: string, ended: AbortSignal): AsyncGenerator<StreamEvent[]> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), SILENT_FOR_MS);
  try {
    const answer = await fetch(path, {
      headers: { ...headers(), "Last-Event-ID": last },
      signal: AbortSignal.any([ended, silent.signal]),
    });
    if (!answer.ok || answer.body === null) throw await refusalOf(answer);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENT_FOR_MS);
      const parts = (rest + value).split("\n\n");
      rest = parts.pop() ?? "";
      yield parts.map(parsed);
    }
  } finally {
    clearTimeout(timer);
  }
}

function parsed(block: string): StreamEvent {
  const found: StreamEvent = { id: "", event: "", data: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    if (name === "id" || name === "event" || name === "data") found[name] = line.slice(colon + 1).trimStart();
  }
  return found;
}

function slept(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    ended.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
