import type { ColDef, ColumnState, FilterModel, GridApi, GridReadyEvent } from "ag-grid-community";
import { useEffect, useMemo, useRef, useState } from "react";

import { type Order, orderPath, patch, remove } from "../api/client";
import columns from "../api/columns.json";
import { average } from "../parts/decimal";
import { byNumber, heading, moment, tone } from "../parts/format";
import { Grid } from "../parts/grid";
import { Said } from "../parts/said";
import { useIntention } from "../state/ids";
import { ENDED, orders } from "../state/orders";
import { OrderPanel } from "./order";

const VIEWS = "livexec.order-views";
const FILTERS = ["open", "all", "filled", "rejected", "unconfirmed"] as const;
type Filter = (typeof FILTERS)[number];

interface View {
  filter: Filter;
  search: string;
  columns?: FilterModel;
  places?: ColumnState[]; // which columns are where, how wide, and what is sorted by
}

const SHOWN: Record<Filter, (order: Order) => boolean> = {
  open: (order) => !ENDED.has(order.status),
  all: () => true,
  filled: (order) => order.status === "FILLED" || order.status === "PARTIALLY_FILLED",
  rejected: (order) => order.status === "REJECTED",
  unconfirmed: (order) => order.status === "UNCONFIRMED",
};

const NUMBERS = new Set(["amount", "filled_amount", "price", "average_price"]);
const WIDTHS: Record<string, number> = {
  status: 135, side: 60, amount: 90, filled_amount: 90, price: 95, average_price: 105, instrument_key: 290, order_type: 100,
  exec_algorithm: 90, venue: 135, strategy_id: 125, operation_id: 230, error_message: 300,
};
const NAMES: Record<string, string> = {
  created_at_ns: "Created, UTC", filled_amount: "Filled", average_price: "Average", exec_algorithm: "Algorithm", operation_id: "Operation id",
  error_message: "Error", order_type: "Type",
};
const ONLY_HERE = ["order_type", "exec_algorithm"]; // a terminal has no room for them

function columnOf(field: string): ColDef<Order> {
  const base: ColDef<Order> = { field: field as keyof Order & string, headerName: NAMES[field] ?? heading(field), width: WIDTHS[field] ?? 130 };
  if (field === "created_at_ns") return { ...base, width: 125, sort: "desc", valueFormatter: ({ value }) => moment(Number(value)) };
  if (field === "status") return { ...base, filter: true, cellClass: ({ value }) => `status ${tone(String(value))}` };
  if (field === "side") return { ...base, filter: true, cellClass: ({ value }) => (value === "BUY" ? "good" : "bad") };
  if (NUMBERS.has(field)) {
    const right: ColDef<Order> = { ...base, type: "rightAligned", cellClass: "number", comparator: byNumber };
    if (field !== "average_price") return right;
    return { ...right, valueFormatter: ({ value }) => average(String(value)), tooltipValueGetter: ({ value }) => String(value ?? "") };
  }
  return { ...base, filter: true, tooltipField: field as keyof Order & string };
}

// What a desk looks at first stands first; it is the fields that `livexec orders` prints, and what else there is room for.
const FIRST = ["created_at_ns", "status", "side", "amount", "filled_amount", "price", "average_price", "instrument_key"];
const LATER = [...columns.orders, ...ONLY_HERE].filter((field) => !FIRST.includes(field) && field !== "operation_id" && field !== "error_message");
const COLUMNS: ColDef<Order>[] = [...FIRST, ...LATER, "error_message", "operation_id"].map(columnOf);

function readViews(): Record<string, View> {
  try {
    return JSON.parse(localStorage.getItem(VIEWS) ?? "{}") as Record<string, View>;
  } catch {
    return {};
  }
}

export function OrdersPage({ opened }: { opened?: string }) {
  const [filter, setFilter] = useState<Filter>(opened ? "all" : "open");
  const [search, setSearch] = useState("");
  const [shown, setShown] = useState(opened ?? "");
  const [byKey, setByKey] = useState(false);
  const [selected, setSelected] = useState<Order[]>([]);
  const [problem, setProblem] = useState<unknown>(null);
  const [views, setViews] = useState(readViews);
  const api = useRef<GridApi<Order> | null>(null);
  const first = useMemo(() => [...orders.rows.values()], []);

  useEffect(
    () =>
      orders.listen(({ changed, gone, whole }) => {
        const grid = api.current;
        if (grid === null || grid.isDestroyed()) return;
        if (whole) {
          grid.setGridOption("rowData", changed);
          return;
        }
        const add = changed.filter((row) => grid.getRowNode(row.operation_id) === undefined);
        const update = changed.filter((row) => grid.getRowNode(row.operation_id) !== undefined);
        grid.applyTransaction({ add, update, remove: gone });
      }),
    [],
  );
  useEffect(() => {
    api.current?.onFilterChanged();
  }, [filter]);

  const open = selected.filter((order) => !ENDED.has(order.status));

  /** Ask the same of every selected order; each is asked once, and the first refusal is shown. */
  async function askAll(ask: (order: Order) => Promise<unknown>) {
    setProblem(null);
    const asked = await Promise.allSettled(open.map(ask));
    const failed = asked.filter((each) => each.status === "rejected");
    const [first] = failed;
    if (first) setProblem(`${failed.length} of ${asked.length} were refused; the first: ${String(first.reason instanceof Error ? first.reason.message : first.reason)}`);
  }

  function show(operationId: string, wasKey: boolean) {
    setByKey(wasKey);
    setShown(operationId);
  }

  /** Close the order; who came by keys goes on in the row that they came from. */
  function close() {
    setShown("");
    const cell = byKey ? api.current?.getFocusedCell() : null;
    if (cell) api.current?.setFocusedCell(cell.rowIndex, cell.column);
  }

  function saveView() {
    const name = prompt("Name of this view");
    if (!name) return;
    const saved: Record<string, View> = { ...views, [name]: { filter, search, columns: api.current?.getFilterModel() ?? {}, places: api.current?.getColumnState() ?? [] } };
    localStorage.setItem(VIEWS, JSON.stringify(saved));
    setViews(saved);
  }

  return (
    <main className={shown ? "page full split" : "page full"}>
      <section className="column">
        <div className="bar" role="toolbar" aria-label="Orders">
          <h1>Orders</h1>
          {FILTERS.map((name) => (
            <button
              type="button"
              key={name}
              className="chip"
              aria-pressed={filter === name}
              onClick={() => setFilter(name)}
            >
              {name}
            </button>
          ))}
          <input
            type="search"
            className="search"
            placeholder="Search ( / )"
            aria-label="Search orders"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <select
            aria-label="Saved views"
            value=""
            onChange={(event) => {
              const view = views[event.target.value];
              if (view === undefined) return;
              setFilter(view.filter);
              setSearch(view.search);
              api.current?.setFilterModel(view.columns ?? null);
              api.current?.applyColumnState({ state: view.places ?? [], applyOrder: true });
            }}
          >
            <option value="">views…</option>
            {Object.keys(views).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <button type="button" onClick={saveView}>
            Save view
          </button>
          <span className="spring" />
          {open.length > 0 && <AmendMany count={open.length} onAmend={(change) => void askAll((order) => patch(orderPath(order.operation_id), change))} />}
          <button
            type="button"
            className="danger"
            disabled={open.length === 0}
            onClick={() => void askAll((order) => remove(`${orderPath(order.operation_id)}?reason=console`))}
          >
            Cancel {open.length || ""} selected
          </button>
        </div>
        <Said problem={problem} />
        <Grid<Order>
          rowData={first}
          columnDefs={COLUMNS}
          getRowId={({ data }) => data.operation_id}
          nothing={filter === "all" && search === "" ? "No orders yet." : "No order is among these: look at all of them, or empty the search."}
          quickFilterText={search}
          isExternalFilterPresent={() => filter !== "all"}
          doesExternalFilterPass={({ data }) => data !== undefined && SHOWN[filter](data)}
          rowSelection={{ mode: "multiRow", headerCheckbox: true, selectAll: "filtered" }}
          onSelectionChanged={({ api: grid }) => setSelected(grid.getSelectedRows())}
          onRowClicked={({ data }) => data && show(data.operation_id, false)}
          onCellKeyDown={({ event, data }) => {
            if (event instanceof KeyboardEvent && event.key === "Enter" && data) show(data.operation_id, true);
          }}
          onGridReady={(event: GridReadyEvent<Order>) => {
            api.current = event.api;
            event.api.setGridOption("rowData", [...orders.rows.values()]);
          }}
        />
      </section>
      {shown && <OrderPanel key={shown} operationId={shown} takesFocus={byKey} onClose={close} onOpen={(child) => show(child, byKey)} />}
    </main>
  );
}

/** New values for every selected order. */
function AmendMany({ count, onAmend }: { count: number; onAmend: (change: Record<string, string>) => void }) {
  const [amount, setAmount] = useState("");
  const [price, setPrice] = useState("");
  const wanted = { ...(amount && { amount }), ...(price && { price }) };
  const intention = useIntention(JSON.stringify(wanted));
  return (
    <form
      className="bar"
      aria-label="Amend the selected orders"
      onSubmit={(event) => {
        event.preventDefault();
        onAmend({ ...wanted, amend_id: intention.id, reason: "console" });
        intention.renew();
      }}
    >
      <input className="short" aria-label="New amount of each" placeholder="amount" value={amount} onChange={(e) => setAmount(e.target.value.trim())} />
      <input className="short" aria-label="New price of each" placeholder="price" value={price} onChange={(e) => setPrice(e.target.value.trim())} />
      <button type="submit" disabled={!(amount || price)}>
        Amend {count} selected
      </button>
    </form>
  );
}
