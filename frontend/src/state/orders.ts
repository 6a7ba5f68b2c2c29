// The orders as this page knows them: read once, then kept current by the stream of changes; told once a frame at most.

import { type Order, read, type Status } from "../api/client";
import { follow, type StreamEvent, type StreamState } from "../api/stream";

const PAGE = 1_000;
const MOST_ORDERS = 25_000; // beyond it the oldest ended ones are let go; the service knows them all
const READ_AGAIN_MS = 2_000;
const LATE_MS = 5_000; // after which what is shown is called old
const REST_FOR_WORK = 5; // showing changes may take a sixth of the time: the rest is left to whoever scrolls and types
export const ENDED = new Set(["FILLED", "CANCELED", "REJECTED", "EXPIRED"]);

export interface Change {
  changed: Order[];
  gone: Order[];
  whole: boolean; // everything was read anew: forget what was shown
}

type Listener = (change: Change) => void;

export class OrderStore {
  readonly rows = new Map<string, Order>();
  state: StreamState = "connecting";
  lastHeardMs = 0;
  private reached = 0; // the sequence that the stream has come to
  private owed: { sequence: number; atMs: number } | null = null;
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();
  private pending = new Map<string, Order>();
  private frame = 0;
  private timer = 0;
  private restedMs = 0; // when the page has rested enough to show changes again
  private stop: () => void = () => undefined;
  private ended = false;

  /** Begin; whatever goes wrong is tried again until `close`. */
  open(): void {
    this.ended = false;
    void this.load();
  }

  close(): void {
    this.ended = true;
    this.stop();
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
  }

  /** Be told of changes of rows, at most once a frame, and less often where that is much work; returns how to stop. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Be told when `state` or `lastHeardMs` changes, or any row. */
  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Take the sequence that the service says it is at: a stream that has not come to it in time is behind. */
  heardOf(sequence: number): void {
    if (this.owed === null || this.reached >= this.owed.sequence) this.owed = { sequence, atMs: Date.now() };
    const late = this.reached < this.owed.sequence && Date.now() - this.owed.atMs > LATE_MS;
    if (late && this.state === "live") this.say("behind");
    if (!late && this.state === "behind") this.say("live");
  }

  private async load(): Promise<void> {
    while (!this.ended) {
      this.say("connecting");
      try {
        const { sequence } = await read<Status>("/api/status");
        const rows = await everyOrder(sequence);
        if (this.ended) return;
        this.rows.clear();
        this.pending.clear();
        for (const row of rows) this.rows.set(row.operation_id, row);
        this.tell({ changed: rows, gone: [], whole: true });
        this.reached = sequence;
        this.stop = follow({
          path: "/api/executions",
          after: sequence,
          onEvents: (events) => this.take(events),
          onReached: (id) => {
            this.reached = id;
          },
          onState: (state) => this.say(state === "live" && this.state === "behind" ? "behind" : state),
          onLost: () => void this.load(),
        });
        return;
      } catch {
        this.say("stale");
        await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
      }
    }
  }

  private take(events: StreamEvent[]): void {
    for (const { data } of events) {
      const row = JSON.parse(data) as Order;
      if (!row.operation_id) continue; // a trade that no order of ours explains: it is in the log and the positions
      const known = this.pending.get(row.operation_id) ?? this.rows.get(row.operation_id);
      if (known === undefined || known.sequence <= row.sequence) this.pending.set(row.operation_id, row);
    }
    this.timer ||= setTimeout(() => {
      this.frame = requestAnimationFrame(() => this.flush());
    }, Math.max(0, this.restedMs - performance.now()));
  }

  private flush(): void {
    const begunMs = performance.now();
    this.timer = 0;
    const changed = [...this.pending.values()];
    this.pending.clear();
    for (const row of changed) this.rows.set(row.operation_id, row);
    this.tell({ changed, gone: this.letGo(), whole: false });
    const endedMs = performance.now();
    this.restedMs = endedMs + REST_FOR_WORK * (endedMs - begunMs);
  }

  private letGo(): Order[] {
    const gone: Order[] = [];
    if (this.rows.size <= MOST_ORDERS) return gone;
    for (const [id, row] of this.rows) {
      if (this.rows.size <= MOST_ORDERS) break;
      if (!ENDED.has(row.status)) continue;
      this.rows.delete(id);
      gone.push(row);
    }
    return gone;
  }

  private tell(change: Change): void {
    for (const listener of this.listeners) listener(change);
    for (const watcher of this.watchers) watcher();
  }

  private say(state: StreamState): void {
    this.state = state;
    if (state === "live") this.lastHeardMs = Date.now();
    for (const watcher of this.watchers) watcher();
  }
}

/** Read every order, oldest first, as of `sequence` at least. */
async function everyOrder(sequence: number): Promise<Order[]> {
  const found: Order[] = [];
  let cursor = "";
  do {
    const query = new URLSearchParams({ limit: String(PAGE), min_sequence: String(sequence) });
    if (cursor) query.set("cursor", cursor);
    const page = await read<{ orders: Order[]; next_cursor: string }>(`/api/orders?${query}`);
    found.push(...page.orders);
    cursor = page.next_cursor;
  } while (cursor && found.length < MOST_ORDERS);
  return found.reverse();
}

export const orders = new OrderStore();
