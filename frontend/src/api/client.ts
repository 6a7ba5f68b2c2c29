// Requests to the live service, with the shapes of its OpenAPI document; a refusal is thrown as what it says.

import type { components } from "./schema";

type Schemas = components["schemas"];
export type Order = Schemas["ListedOrderAnswer"];
export type OrderDetail = Schemas["OrderDetailAnswer"];
export type Position = Schemas["PositionAnswer"];
export type Instrument = Schemas["InstrumentAnswer"];
export type Venue = Schemas["VenueAnswer"];
export type Halt = Schemas["HaltAnswer"];
export type Status = Schemas["StatusAnswer"];
export type Explained = Schemas["ExplainAnswer"];
export type Controlled = Schemas["ControlAnswer"];
export type Check = Schemas["CheckAnswer"];
export type Verdict = Schemas["VerdictAnswer"];
export type Exposure = Schemas["ExposureAnswer"];
export type ExposureGroup = Schemas["ExposureGroup"];
export type Break = Schemas["BreakAnswer"];
export type Algorithm = Schemas["AlgorithmAnswer"];
export type Alert = Schemas["AlertAnswer"];
export type PositionChange = Schemas["PositionChangeAnswer"];
export type Limits = Schemas["LimitsAnswer"];
export type Strategy = Schemas["StrategyAnswer"];

const TOKEN = "livexec.token";
const ANSWER_WITHIN_MS = 10_000;

/** A refusal in the service's own words. `status` 0: no answer came, and nothing is known. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly field = "",
  ) {
    super(message);
  }
}

let onTokenWanted: () => void = () => undefined;

/** Say what is to happen when the service asks who we are. */
export function whenTokenIsWanted(act: () => void): void {
  onTokenWanted = act;
}

/** Keep a token for as long as this tab lives; nowhere else. */
export function useToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

export function headers(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Turn an answer that is not OK into what it says. */
export async function refusalOf(answer: Response): Promise<Refusal> {
  if (answer.status === 401) onTokenWanted();
  const said: unknown = await answer.json().catch(() => null);
  if (said !== null && typeof said === "object" && "error_message" in said) {
    const { error_message, field } = said as Schemas["ErrorAnswer"];
    return new Refusal(answer.status, error_message, field);
  }
  return new Refusal(answer.status, `the service answered ${answer.status}`);
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = {
    method,
    headers: { ...headers(), "Content-Type": "application/json" },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  };
  if (body !== undefined) init.body = JSON.stringify(body);
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch {
    throw new Refusal(0, "no answer from the service: it may or may not have heard this");
  }
  if (!answer.ok) throw await refusalOf(answer);
  return (await answer.json()) as T;
}

export const read = <T>(path: string): Promise<T> => ask("GET", path);
export const post = <T>(path: string, body: unknown): Promise<T> => ask("POST", path, body);
export const patch = <T>(path: string, body: unknown): Promise<T> => ask("PATCH", path, body);
export const remove = <T>(path: string): Promise<T> => ask("DELETE", path);

/** Where one order is read, amended and cancelled. */
export const orderPath = (operationId: string): string => `/api/orders/${encodeURIComponent(operationId)}`;
