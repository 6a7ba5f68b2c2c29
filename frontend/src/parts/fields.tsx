import type { ReactNode } from "react";

/** A labelled field of a form, with a hint below it; `wrong` where the service named it. */
export function Field({ label, hint, wrong, children }: { label: string; hint?: string; wrong?: boolean; children: ReactNode }) {
  return (
    <label className={wrong ? "field wrong" : "field"}>
      <span>{label}</span>
      {children}
      {hint && <small>{hint}</small>}
    </label>
  );
}

interface Chosen {
  label: string;
  name: string;
  value: string;
  words: string[];
  onChange: (word: string) => void;
}

/** One word of several. */
export function Choice({ label, name, value, words, onChange }: Chosen) {
  return (
    <Field label={label}>
      <select name={name} value={value} onChange={(event) => onChange(event.target.value)}>
        {words.map((word) => (
          <option key={word}>{word}</option>
        ))}
      </select>
    </Field>
  );
}

/** On or off. */
export function Tick({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="tick">
      <input type="checkbox" checked={on} onChange={(event) => onChange(event.target.checked)} /> {label}
    </label>
  );
}
