import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { type Algorithm, read, Refusal } from "../api/client";

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

interface Text {
  hint?: string;
  field?: string; // as the service calls it, where that is another name
  among?: string[]; // what is known already, offered and not demanded
}

/** Return what makes a form's fields of text; that which the service refused is marked. */
export function textFields<Form extends object>(form: Form, problem: unknown, set: (form: Form) => void) {
  const refused = problem instanceof Refusal ? problem.field : "";
  return (name: keyof Form & string, label: string, { hint = "", field = name, among = [] }: Text = {}) => (
    <Field label={label} hint={hint} wrong={refused === field}>
      <input
        name={name}
        value={String(form[name])}
        autoComplete="off"
        list={among.length > 0 ? `known-${name}` : undefined}
        onChange={(event) => set({ ...form, [name]: event.target.value.trimStart() })}
      />
      <Known id={`known-${name}`} words={among} />
    </Field>
  );
}

/** What a field of text offers; nothing where nothing is known. */
export function Known({ id, words }: { id: string; words: string[] }) {
  if (words.length === 0) return null;
  return (
    <datalist id={id}>
      {words.map((word) => (
        <option key={word} value={word} />
      ))}
    </datalist>
  );
}

/** The algorithms that an order may name. */
export function useAlgorithms(): Algorithm[] {
  const found = useQuery({
    queryKey: ["algorithms"],
    queryFn: () => read<{ algorithms: Algorithm[] }>("/api/algorithms"),
    staleTime: Infinity,
  });
  return found.data?.algorithms ?? [];
}

/** Which algorithm works an order: NORMAL is none. */
export function AlgorithmChoice({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const words = ["NORMAL", ...useAlgorithms().map((each) => each.name)];
  return <Choice label="Algorithm" name="exec_algorithm" value={value} words={words} onChange={onChange} />;
}

/** Words that a field of text holds, separated by blanks or commas. */
export const listOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** `name=value` pairs that a field of text holds. */
export const pairsOf = (text: string): Record<string, string> =>
  Object.fromEntries(listOf(text).map((each) => [each.split("=")[0] ?? "", each.split("=").slice(1).join("=")]));

/** What a form says without the blanks at the ends of its texts. */
export const trimmedOf = <Body extends Record<string, unknown>>(body: Body): Body =>
  Object.fromEntries(Object.entries(body).map(([name, value]) => [name, typeof value === "string" ? value.trim() : value])) as Body;
