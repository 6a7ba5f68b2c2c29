import type { ReactNode } from "react";

export interface Row {
  key: string;
  cells: ReactNode[];
}

interface Given {
  columns: string[];
  numbers?: string[]; // of the columns, those that hold numbers
  rows: Row[];
}

/** A table; on a phone each row stands as a card, every value beside its column's name. */
export function Facts({ columns, numbers = [], rows }: Given) {
  const classOf = (name: string) => (numbers.includes(name) ? "number" : undefined);
  return (
    <table className="facts cards-on-phone">
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
        {rows.map(({ key, cells }) => (
          <tr key={key}>
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
