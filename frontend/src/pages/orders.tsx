import type { ColDef, GridApi, GridReadyEvent } from "ag-grid-community";
import { useEffect, useMemo, useRef, useState } from "react";

import { type Order, orderPath, remove } from "../api/client";
import { byNumber, dateTime, tone, words } from "../parts/format";
import { Grid } from "../parts/grid";
import { Said } from "../parts/said";
import { ENDED, orders } from "../state/orders";
import { OrderPanel } from "./order";

const VIEWS = "livexec.order-views";
const FILTERS = ["open", "all", "filled", "rejected", "unconfirmed"] as const;
type Filter = (typeof FILTERS)[number];

interface View {
  filter: Filter;
  search: string;
}

const SHOWN: Record<Filter, (order: Order) => boolean> = {
  open: (order) => !ENDED.has(order.status),
  all: () => true,
  filled: (order) => order.status === "FILLED" || order.status === "PARTIALLY_FILLED",
  rejected: (order) => order.status === "REJECTED",
  unconfirmed: (order) => order.status === "UNCONFIRMED",
};

const number = (field: keyof Order & string, width = 110): ColDef<Order> => ({
  field,
  headerName: words(field),
  width,
  type: "rightAligned",
  cellClass: "number",
  comparator: byNumber,
});
const text = (field: keyof Order & string, width = 130): ColDef<Order> => ({ field, headerName: words(field), width });
const COLUMNS: ColDef<Order>[] = [
  {
    field: "created_at_ns",
    headerName: "created",
    width: 185,
    valueFormatter: ({ value }) => dateTime(Number(value)),
    sort: "desc",
  },
  { ...text("status", 135), cellClass: ({ value }) => `status ${tone(String(value))}` },
  { ...text("side", 62), cellClass: ({ value }) => (value === "BUY" ? "good" : "bad") },
  text("instrument_key", 290),
  number("amount"),
  number("filled_amount"),
  number("price"),
  number("average_price"),
  text("order_type", 100),
  text("exec_algorithm", 90),
  text("strategy_id", 140),
  text("venue", 140),
  text("operation_id", 230),
  text("error_message", 300),
];

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

  async function cancelSelected() {
    setProblem(null);
    const asked = await Promise.allSettled(
      selected.map((order) => remove(`${orderPath(order.operation_id)}?reason=console`)),
    );
    const failed = asked.find((each) => each.status === "rejected");
    if (failed) setProblem(failed.reason);
  }

  function saveView() {
    const name = prompt("Name of this view");
    if (!name) return;
    const saved = { ...views, [name]: { filter, search } };
    localStorage.setItem(VIEWS, JSON.stringify(saved));
    setViews(saved);
  }

  const open = selected.filter((order) => !ENDED.has(order.status));
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
          <button type="button" className="danger" disabled={open.length === 0} onClick={() => void cancelSelected()}>
            Cancel {open.length || ""} selected
          </button>
        </div>
        <Said problem={problem} />
        <Grid<Order>
          rowData={first}
          columnDefs={COLUMNS}
          getRowId={({ data }) => data.operation_id}
          quickFilterText={search}
          isExternalFilterPresent={() => filter !== "all"}
          doesExternalFilterPass={({ data }) => data !== undefined && SHOWN[filter](data)}
          rowSelection={{ mode: "multiRow", headerCheckbox: true, selectAll: "filtered" }}
          onSelectionChanged={({ api: grid }) => setSelected(grid.getSelectedRows())}
          onRowClicked={({ data }) => data && setShown(data.operation_id)}
          onCellKeyDown={({ event, data }) => {
            if (event instanceof KeyboardEvent && event.key === "Enter" && data) setShown(data.operation_id);
          }}
          onGridReady={(event: GridReadyEvent<Order>) => {
            api.current = event.api;
            event.api.setGridOption("rowData", [...orders.rows.values()]);
          }}
        />
      </section>
      {shown && <OrderPanel operationId={shown} onClose={() => setShown("")} onOpen={setShown} />}
    </main>
  );
}
