/** Any plain data as names and values, nested as it is; for decisions whose shape their maker owns. */
export function Recorded({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === "") return <span className="quiet">none</span>;
  if (Array.isArray(value)) {
    return value.length === 0 ? (
      <span className="quiet">none</span>
    ) : (
      <ol className="recorded">
        {value.map((each, at) => (
          <li key={at}>
            <Recorded value={each} />
          </li>
        ))}
      </ol>
    );
  }
  if (typeof value === "object") {
    return (
      <dl className="recorded">
        {Object.entries(value).map(([name, each]) => (
          <div key={name}>
            <dt>{name.replaceAll("_", " ")}</dt>
            <dd>
              <Recorded value={each} />
            </dd>
          </div>
        ))}
      </dl>
    );
  }
  return <>{String(value)}</>;
}
