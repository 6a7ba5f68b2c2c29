import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";

import { useToken, whenTokenIsWanted } from "./api/client";
import { Dialog } from "./parts/dialog";
import { Halts, KillSwitch } from "./parts/kill";
import { ComparePage } from "./pages/compare";
import { ExecutePage } from "./pages/execute";
import { LogsPage } from "./pages/logs";
import { OrdersPage } from "./pages/orders";
import { PositionsPage } from "./pages/positions";
import { RunPage } from "./pages/run";
import { RunsPage } from "./pages/runs";
import { StatusPage } from "./pages/status";
import { StrategiesPage } from "./pages/strategies";
import { useStatus, useStream } from "./state/hooks";
import { PLACE, SERVED_BY, type Services, useServices } from "./state/services";

interface Page {
  key: string;
  path: string;
  name: string;
  of: "live" | "backtest" | "any";
}
const PAGES: Page[] = [
  { key: "s", path: "/status", name: "Status", of: "any" },
  { key: "e", path: "/live/execute", name: "Execute", of: "live" },
  { key: "o", path: "/live/orders", name: "Orders", of: "live" },
  { key: "p", path: "/live/positions", name: "Positions", of: "live" },
  { key: "a", path: "/live/strategies", name: "Strategies", of: "live" },
  { key: "l", path: "/live/logs", name: "Log", of: "live" },
  { key: "b", path: "/backtest/runs", name: "Backtests", of: "backtest" },
  { key: "c", path: "/backtest/compare", name: "Compare", of: "backtest" },
];
const THEME = "livexec.theme";
const KEYS = [
  ["g then s, e, o, p, a, l", "go to Status, Execute, Orders, Positions, Strategies, Log"],
  ["g then b, c", "go to Backtests, Compare"],
  ["/", "search"],
  ["K", "kill switch"],
  ["t", "dark or light"],
  ["arrows, Space, Enter", "go through rows, select one, open its order; Tab leaves the table"],
  ["Escape", "close what is open"],
  ["?", "this help"],
];

type Open = "kill" | "keys" | "token" | null;

export function App() {
  const [open, setOpen] = useState<Open>(location.hash === "#kill" ? "kill" : null);
  const [at, go] = useLocation();
  const services = useServices();
  const status = useStatus();
  useEffect(() => whenTokenIsWanted(() => setOpen("token")), []);
  const pages = PAGES.filter((page) => page.of === "any" || services[page.of] !== null);
  useKeys(pages, go, setOpen);
  return (
    <>
      <header className="top">
        <strong className="brand">livexec</strong>
        <nav aria-label="Pages">
          {pages.map((page) => (
            <To key={page.path} page={page} at={at} />
          ))}
        </nav>
        <span className="spring" />
        <Health services={services} />
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
        <Route path="/backtest/runs/:id">{({ id }) => <RunPage key={id} runId={decodeURIComponent(id)} />}</Route>
        <Route path="/backtest/runs" component={RunsPage} />
        <Route path="/backtest/compare" component={ComparePage} />
        <Route>
          <Redirect to={SERVED_BY === "backtest" ? "/backtest/runs" : "/live/orders"} replace />
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

/** A page's place in the menu; one of the other service is at its address. */
function To({ page, at }: { page: Page; at: string }) {
  const place = page.of === "any" ? "" : PLACE[page.of];
  const here = at.startsWith(page.path) ? "page" : undefined;
  return place === "" ? (
    <Link href={page.path} aria-current={here}>
      {page.name}
    </Link>
  ) : (
    <a href={`${place}${page.path}`}>{page.name}</a>
  );
}

/** Whether what is shown is what is. */
function Health({ services }: { services: Services }) {
  const stream = useStream();
  const [good, says] =
    SERVED_BY === "backtest"
      ? [services.backtest !== null, services.backtest ? "backtests" : "backtest service is away"]
      : services.live === null
        ? [false, "live service is away"]
        : [stream === "live", stream === "live" ? "live" : `${stream}: what you see may be old`];
  return (
    <span role="status" className={good ? "light good" : "light bad"}>
      {says}
    </span>
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
          <input type="password" autoComplete="off" value={token} onChange={(e) => setToken(e.target.value)} />
        </label>
        <button type="submit" className="wide" disabled={token === ""}>
          Open
        </button>
      </form>
    </Dialog>
  );
}

function useKeys(pages: Page[], go: (path: string) => void, open: (what: Open) => void): void {
  const known = useRef(pages);
  known.current = pages;
  useLayoutEffect(() => {
    let goes = false;
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const writes = target.matches("input:not([type=checkbox]), textarea, select") || target.closest("dialog") !== null;
      if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
      const page = goes ? known.current.find((each) => each.key === event.key) : undefined;
      goes = event.key === "g";
      const place = page === undefined || page.of === "any" ? "" : PLACE[page.of];
      if (page && place) location.assign(`${place}${page.path}`);
      else if (page) go(page.path);
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
