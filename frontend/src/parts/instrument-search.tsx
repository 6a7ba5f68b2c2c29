import { type KeyboardEvent, useMemo, useState } from "react";

import type { Instrument } from "../api/client";

const MOST_SHOWN = 12;

interface Given {
  instruments: Instrument[];
  value: string;
  onChange: (key: string) => void;
}

/** A field that finds an instrument by any words of its key, in any order; SMART stands for several venues. */
export function InstrumentSearch({ instruments, value, onChange }: Given) {
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const keys = useMemo(() => offered(instruments), [instruments]);
  const words = value.toUpperCase().split(/[\s,]+/).filter(Boolean);
  const found = keys.filter((key) => words.every((word) => key.includes(word))).slice(0, MOST_SHOWN);
  const shows = open && value !== "" && !keys.includes(value) && found.length > 0;
  const choose = (key: string) => {
    onChange(key);
    setOpen(false);
  };
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((Math.min(at, found.length - 1) + step + found.length) % Math.max(found.length, 1));
    else if (event.key === "Enter" && found[at]) choose(found[at]);
    else if (event.key === "Escape") setOpen(false);
    else return;
    event.preventDefault();
  };
  return (
    <span className="search-field">
      <input
        name="instrument_key"
        role="combobox"
        aria-label="Instrument"
        aria-expanded={shows}
        aria-controls="instruments"
        aria-autocomplete="list"
        aria-activedescendant={shows ? `instrument-${at}` : undefined}
        value={value}
        autoComplete="off"
        spellCheck={false}
        placeholder="btc perp okx"
        onChange={(event) => {
          onChange(event.target.value.trimStart());
          setOpen(true);
          setAt(0);
        }}
        onBlur={() => setOpen(false)}
        onKeyDown={shows ? pressed : undefined}
      />
      <ul id="instruments" role="listbox" aria-label="Instruments" hidden={!shows}>
        {found.map((key, place) => (
          <li
            key={key}
            id={`instrument-${place}`}
            role="option"
            aria-selected={place === at}
            onMouseDown={(event) => (event.preventDefault(), choose(key))}
          >
            {key}
          </li>
        ))}
      </ul>
    </span>
  );
}

/** Every key that is listed, and SMART in the venue's place where several venues list the same. */
function offered(instruments: Instrument[]): string[] {
  const listed = instruments.map((each) => each.instrument_key);
  const counts = new Map<string, number>();
  for (const key of listed) {
    const smart = key.replace(/^[^:]*/, "SMART");
    counts.set(smart, (counts.get(smart) ?? 0) + 1);
  }
  return [...[...counts].flatMap(([key, count]) => (count > 1 ? [key] : [])), ...listed];
}
