import type { ReactNode } from "react";

import { heading, nanoseconds } from "./format";

export interface Row {
  key: string;
  cells: ReactNode[];
  refused?: boolean;
}

interface Given {
  columns: string[];
  numbers?: string[]; // of the columns, those that hold numbers
  rows: Row[];
  label?: string;
}

const isEmpty = (cell: ReactNode): boolean => cell === undefined || cell === null || cell === "" || cell === false;

/** A table without the columns that have nothing to say in any row, for where room is scarce. */
export function Sparse({ columns, rows, ...given }: Given) {
  const kept = columns.map((_, at) => at).filter((at) => rows.some(({ cells }) => !isEmpty(cells[at])));
  return (
    <Facts
      {...given}
      columns={kept.map((at) => columns[at] ?? "")}
      rows={rows.map((row) => ({ ...row, cells: kept.map((at) => row.cells[at]) }))}
    />
  );
}

/** A table; on a phone each row stands as a card, every value beside its column's name. */
export function Facts({ columns, numbers = [], rows, label }: Given) {
  const classOf = (name: string) => (numbers.includes(name) ? "number" : undefined);
  return (
    <table className="facts cards-on-phone" aria-label={label}>
      <thead>
        <tr>
          {columns.map((name) => (
            <th key={name} scope="col" className={classOf(name)}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells, refused }) => (
          <tr key={key} className={refused ? "refused" : undefined}>
            {cells.map((cell, at) => (
              <td key={columns[at]} data-name={columns[at]} className={classOf(columns[at] ?? "")}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const NUMBER = /(amount|quantity|price|fee|value|limit|headroom|size|gross|net|worst_case|orders|breaks|ours|theirs|pnl)$|_(bps|usd)$|^(bid|ask)$/;

interface Listing<Record> {
  fields: string[]; // in the order in which `livexec` prints them
  rows: Record[];
  keyOf: (row: Record) => string;
  cells?: Partial<globalThis.Record<string, (row: Record) => ReactNode>>; // of fields that are more than their text
  names?: globalThis.Record<string, string>; // of columns whose field says too little
  refused?: (row: Record) => boolean;
  label?: string;
}

/** Records by the fields that the command prints of them, where any has them; one that nobody gave a cell is shown as it is. */
export function Listed<Record extends object>({ fields, rows, keyOf, cells = {}, names = {}, refused, label }: Listing<Record>) {
  const nameOf = (field: string): string => names[field] ?? heading(field);
  return (
    <Sparse
      columns={fields.map(nameOf)}
      numbers={fields.filter((field) => NUMBER.test(field)).map(nameOf)}
      rows={rows.map((row) => ({
        key: keyOf(row),
        cells: fields.map((field) => cells[field]?.(row) ?? plainly(field, (row as globalThis.Record<string, unknown>)[field])),
        refused: refused?.(row) ?? false,
      }))}
      {...(label !== undefined && { label })}
    />
  );
}

function plainly(field: string, value: unknown): ReactNode {
  if (value === null || value === undefined) return "";
  if (field.endsWith("_ns")) return nanoseconds(Number(value));
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(", ") : String(value);
}
