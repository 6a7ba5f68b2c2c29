// Orders and positions, kept current by the event stream. Everything shown goes through textContent: nothing from the
// service is ever read as HTML.
"use strict";

const ORDERS = ["operation_id", "status", "side", "amount", "filled_amount", "price", "average_price", "instrument_key",
  "strategy_id", "error_message"];
const POSITIONS = ["instrument_key", "account", "strategy_id", "quantity", "average_entry_price", "current_price",
  "realized_pnl", "unrealized_pnl", "settlement_currency"];
const NUMBERS = new Set(["amount", "filled_amount", "price", "average_price", "quantity", "average_entry_price",
  "current_price", "realized_pnl", "unrealized_pnl"]);
const NEWEST_EVENTS = 50;
const REFRESH_MS = 500;
const RETRY_MS = 2000;

const at = (id) => document.getElementById(id);
let token = "";
let sequence = "";
let waiting = false;

function say(text, bad) {
  at("state").textContent = text;
  at("state").className = bad ? "bad" : "quiet";
}

function headers() {
  return token ? { Authorization: "Bearer " + token } : {};
}

async function read(path) {
  const answer = await fetch(path, { headers: headers() });
  if (answer.status === 401) {
    at("login").hidden = false;
    throw new Error("a token is needed");
  }
  if (!answer.ok) throw new Error((await answer.json()).error_message);
  return answer;
}

function cell(kind, text, name) {
  const made = document.createElement(kind);
  made.textContent = text;
  if (NUMBERS.has(name)) made.className = "number";
  return made;
}

function fill(table, columns, rows) {
  const head = document.createElement("tr");
  head.append(...columns.map((name) => cell("th", name.replaceAll("_", " "), "")));
  const body = rows.map((row) => {
    const line = document.createElement("tr");
    line.append(...columns.map((name) => cell("td", row[name] ?? "", name)));
    return line;
  });
  table.replaceChildren(head, ...body);
}

function showHalts(halts) {
  const said = halts.map((halt) => `${halt.mode} ${halt.scope} ${halt.scope_value} (${halt.reason})`);
  at("halts").textContent = said.join("; ") || "nothing is halted";
  at("halts").className = halts.length ? "bad" : "quiet";
}

async function control() {
  const resumes = at("mode").value === "resume";
  const body = { scope: at("scope").value, scope_value: at("value").value.trim(), reason: at("reason").value };
  if (!resumes) body.mode = at("mode").value;
  const answer = await fetch(resumes ? "/api/control/resume" : "/api/control/halt", {
    method: "POST",
    headers: { ...headers(), "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error_message);
  showHalts(told.halts);
  at("sure").checked = false;
  return told.warning ? `done; ${told.warning}` : "done";
}

async function refresh() {
  waiting = false;
  const reads = ["/api/orders?limit=100", "/api/positions", "/api/status"].map(read);
  const [orders, positions, status] = await Promise.all(reads);
  showHalts((await status.json()).halts);
  fill(at("orders"), ORDERS, (await orders.json()).orders);
  fill(at("positions"), POSITIONS, (await positions.json()).positions);
}

function soon() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => refresh().catch((error) => say(error.message, true)), REFRESH_MS);
}

function show(block) {
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("id: ")) sequence = line.slice(4);
    if (line.startsWith("data: ")) data += line.slice(6);
  }
  if (!data) return;
  const fact = JSON.parse(data);
  const order = fact.fact.operation_id ?? fact.fact.terms?.operation_id ?? "";
  at("events").prepend(cell("li", `${fact.sequence} ${fact.kind} ${order}`, ""));
  while (at("events").children.length > NEWEST_EVENTS) at("events").lastChild.remove();
  soon();
}

async function follow() {
  const answer = await read("/api/events?after=" + sequence);
  say("live", false);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("the stream ended");
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    blocks.forEach(show);
  }
}

async function run() {
  try {
    await refresh();
    at("login").hidden = true;
    await follow();
  } catch (error) {
    say(error.message, true);
    if (at("login").hidden) setTimeout(run, RETRY_MS);
  }
}

at("control").addEventListener("submit", (event) => {
  event.preventDefault();
  at("done").textContent = "asked";
  control().then(
    (said) => (at("done").textContent = said),
    (error) => (at("done").textContent = error.message),
  );
});
at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value;
  at("token").value = "";
  run();
});
run();
