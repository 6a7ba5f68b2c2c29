import { useEffect, useState } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";

import { useToken, whenTokenIsWanted } from "./api/client";
import { Dialog } from "./parts/dialog";
import { Halts, KillSwitch } from "./parts/kill";
import { ExecutePage } from "./pages/execute";
import { LogsPage } from "./pages/logs";
import { OrdersPage } from "./pages/orders";
import { PositionsPage } from "./pages/positions";
import { StatusPage } from "./pages/status";
import { StrategiesPage } from "./pages/strategies";
import { useServices, useStatus, useStream } from "./state/hooks";

const LIVE_PAGES = [
  { key: "e", path: "/live/execute", name: "Execute" },
  { key: "o", path: "/live/orders", name: "Orders" },
  { key: "p", path: "/live/positions", name: "Positions" },
  { key: "a", path: "/live/strategies", name: "Strategies" },
  { key: "l", path: "/live/logs", name: "Log" },
];
const PAGES = [{ key: "s", path: "/status", name: "Status" }, ...LIVE_PAGES];
const THEME = "livexec.theme";
const KEYS = [
  ["g then s, e, o, p, a, l", "go to Status, Execute, Orders, Positions, Strategies, Log"],
  ["/", "search"],
  ["K", "kill switch"],
  ["t", "dark or light"],
  ["Enter", "open the order of the row"],
  ["?", "this help"],
];

type Open = "kill" | "keys" | "token" | null;

export function App() {
  const [open, setOpen] = useState<Open>(null);
  const [at, go] = useLocation();
  const services = useServices();
  const stream = useStream();
  const status = useStatus();
  useEffect(() => whenTokenIsWanted(() => setOpen("token")), []);
  useKeys(go, setOpen);
  const pages = services.live ? PAGES : PAGES.slice(0, 1);
  return (
    <>
      <header className="top">
        <strong className="brand">livexec</strong>
        <nav aria-label="Pages">
          {pages.map((page) => (
            <Link key={page.path} href={page.path} aria-current={at.startsWith(page.path) ? "page" : undefined}>
              {page.name}
            </Link>
          ))}
        </nav>
        <span className="spring" />
        <span role="status" className={services.live && stream === "live" ? "light good" : "light bad"}>
          {!services.live ? "live service is away" : stream === "live" ? "live" : `${stream}: what you see may be old`}
        </span>
        <button type="button" className="plain" aria-label="Dark or light" onClick={toggleTheme}>
          ◐
        </button>
        <button type="button" className="plain" aria-label="Keys" onClick={() => setOpen("keys")}>
          ?
        </button>
        <button type="button" className="danger kill" onClick={() => setOpen("kill")}>
          Kill switch
        </button>
      </header>
      <Halts halts={status.data?.halts ?? []} />
      <Switch>
        <Route path="/status" component={StatusPage} />
        <Route path="/live/execute" component={ExecutePage} />
        <Route path="/live/orders/:id">{({ id }) => <OrdersPage key={id} opened={decodeURIComponent(id)} />}</Route>
        <Route path="/live/orders">
          <OrdersPage />
        </Route>
        <Route path="/live/positions" component={PositionsPage} />
        <Route path="/live/strategies" component={StrategiesPage} />
        <Route path="/live/logs" component={LogsPage} />
        <Route>
          <Redirect to="/live/orders" replace />
        </Route>
      </Switch>
      {open === "kill" && <KillSwitch onClose={() => setOpen(null)} />}
      {open === "keys" && (
        <Dialog title="Keys" onClose={() => setOpen(null)}>
          <dl className="keys">
            {KEYS.map(([key, says]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{says}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      )}
      {open === "token" && <Login onClose={() => setOpen(null)} />}
    </>
  );
}

function Login({ onClose }: { onClose: () => void }) {
  const [token, setToken] = useState("");
  return (
    <Dialog title="The service asks for a token" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          useToken(token);
          location.reload();
        }}
      >
        <label className="field">
          <span>Token</span>
          <input type="password" autoComplete="off" autoFocus value={token} onChange={(e) => setToken(e.target.value)} />
        </label>
        <button type="submit" className="wide" disabled={token === ""}>
          Open
        </button>
      </form>
    </Dialog>
  );
}

function useKeys(go: (path: string) => void, open: (what: Open) => void): void {
  useEffect(() => {
    let goes = false;
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const writes = target.matches("input:not([type=checkbox]), textarea, select") || target.closest("dialog") !== null;
      if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
      const page = goes ? PAGES.find((each) => each.key === event.key) : undefined;
      goes = event.key === "g";
      if (page) go(page.path);
      else if (event.key === "K") open("kill");
      else if (event.key === "?") open("keys");
      else if (event.key === "t") toggleTheme();
      else if (event.key === "/") document.querySelector<HTMLElement>("input[type=search]")?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [go, open]);
}

function toggleTheme(): void {
  const now = document.documentElement.dataset["theme"];
  showTheme(now === "dark" ? "light" : "dark");
}

function showTheme(theme: string): void {
  document.documentElement.dataset["theme"] = theme;
  document.documentElement.dataset["agThemeMode"] = theme;
  localStorage.setItem(THEME, theme);
}

showTheme(localStorage.getItem(THEME) ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));
