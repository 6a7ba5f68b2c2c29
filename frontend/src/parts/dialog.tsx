import { type ReactNode, useLayoutEffect, useRef } from "react";

/** A modal dialog of the browser: its first field has the focus, Escape closes it, and the focus goes back where it was. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const own = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    own.current?.showModal();
    own.current?.querySelector<HTMLElement>("input, select")?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={own} onClose={onClose} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <button type="button" className="plain" aria-label="Close" onClick={() => own.current?.close()}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}
