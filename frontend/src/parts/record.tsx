import { heading, nanoseconds, words } from "./format";

type Plain = Record<string, unknown>;

const isRecord = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): boolean => typeof value !== "object" || value === null;

/** Any plain data as names and values, nested as it is; for decisions whose shape their maker owns. */
export function Recorded({ value, name = "" }: { value: unknown; name?: string }) {
  if (value === null || value === undefined || value === "") return <span className="quiet">none</span>;
  if (Array.isArray(value)) return <Listing values={value} />;
  if (isRecord(value)) {
    return (
      <dl className="recorded">
        {Object.entries(value).map(([field, each]) => (
          <div key={field} className={isScalar(each) ? undefined : "nested"}>
            <dt>{words(field.replace(/_ns$/, ""))}</dt>
            <dd>
              <Recorded value={each} name={field} />
            </dd>
          </div>
        ))}
      </dl>
    );
  }
  if (name.endsWith("_ns") && Number.isFinite(Number(value))) return <>{nanoseconds(Number(value))}</>;
  return <>{typeof value === "boolean" ? (value ? "yes" : "no") : String(value)}</>;
}

/** Several values: records of plain fields as a table, everything else below one another. */
function Listing({ values }: { values: unknown[] }) {
  if (values.length === 0) return <span className="quiet">none</span>;
  const records = values.filter(isRecord);
  const fields = [...new Set(records.flatMap((each) => Object.keys(each)))];
  if (records.length < values.length || records.some((each) => !Object.values(each).every(isScalar))) {
    return (
      <ol className="recorded">
        {values.map((each, at) => (
          <li key={at}>
            <Recorded value={each} />
          </li>
        ))}
      </ol>
    );
  }
  return (
    <table className="facts">
      <thead>
        <tr>
          {fields.map((field) => (
            <th key={field} scope="col">
              {heading(field)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {records.map((each, at) => (
          <tr key={at}>
            {fields.map((field) => (
              <td key={field}>{each[field] === undefined || each[field] === "" ? "" : <Recorded value={each[field]} name={field} />}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
