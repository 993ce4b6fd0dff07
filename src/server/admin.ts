/**
 * The admin surface: a small table of routes that exists only where an admin token is set and takes only that token.
 * It speaks JSON of its own, because no client library of a vendor ever calls it.
 */
import type { Explain } from "../exchange/probing/explain.ts";
import type { RequestParts } from "../ir/route.ts";
import { decodeUtf8 } from "../std/bytes.ts";
import type { Effects } from "../std/effects.ts";
import { asObject, JSON_LIMITS, type JsonObject, parseJson, scanJson } from "../std/json.ts";
import { WireError } from "../std/wire-error.ts";
import { type DecisionPort, decisionRoutes } from "./admin-decisions.ts";
import { explainRoutes } from "./admin-explain.ts";
import { type KeyPort, keyRoutes } from "./admin-keys.ts";
import { type LanePort, laneRoutes } from "./admin-lanes.ts";
import type { AdminAnswer, AdminRoute } from "./admin-route.ts";
import type { Arrival, Outgoing } from "./arrival.ts";
import { readBody } from "./body.ts";
import { isHostPlausible } from "./head.ts";
import { EMPTY, json } from "./respond.ts";

/** What the routes are given: each part of the program that can be administered is one. */
export interface AdminPorts {
  readonly decisions: DecisionPort;
  readonly explain: Explain;
  /** Virtual keys and their usage; null: there are none. */
  readonly keys: KeyPort | null;
  readonly lanes: LanePort;
  /** Text without any secret of the deployment. */
  readonly masked: (text: string) => string;
}

/** Every route, in one place. A new part adds a port above and its routes here. */
function adminTable(ports: AdminPorts, setTimer: Effects["setTimer"]): readonly AdminRoute[] {
  return [
    ...decisionRoutes(ports.decisions, setTimer),
    ...explainRoutes(ports.explain),
    ...laneRoutes(ports.lanes),
    ...(ports.keys === null ? [] : keyRoutes(ports.keys, ports.masked)),
  ];
}

// ---------------------------------------------------------------- serving

interface AdminOptions {
  /** Is this head's token the admin's: compared in constant time, whatever it is. */
  readonly mayAdminister: (parts: RequestParts) => boolean;
  readonly ports: AdminPorts;
  /** Ends what would never end by itself: the server stops. */
  readonly stopping: AbortSignal;
  readonly setTimer: Effects["setTimer"];
}

export interface Admin {
  serve(arrival: Arrival, parts: RequestParts): Promise<Outgoing>;
}

const ROOT = "/admin";
/** Settings and keys are short. */
const BODY_BYTES_MAX = 256 * 1024;
const BODY_TIMEOUT_MS = 10_000;

/** Is this path the admin's: `/admin` and what is below it, and nothing that merely begins like it. */
export function isAdminPath(path: string): boolean {
  return path === ROOT || path.startsWith(`${ROOT}/`);
}

export function createAdmin(options: AdminOptions): Admin {
  const table = adminTable(options.ports, options.setTimer);
  return {
    async serve(arrival, parts) {
      if (!isHostPlausible(parts.headers["host"]))
        return refusal(400, "invalid_request", "The Host header is no host.");
      // Before anything else: a caller without the token must not learn which paths there are.
      if (!options.mayAdminister(parts)) return unauthenticated();
      const matched = match(table, parts);
      if (matched.kind === "refused") return matched.answer;
      const body = await bodyOf(arrival, parts, options);
      if (typeof body === "string") return refusal(400, "invalid_request", body);
      const answer = await matched.route.handle({
        params: matched.params,
        query: new URLSearchParams(parts.query),
        headers: parts.headers,
        body,
        stopping: options.stopping,
      });
      return respondTo(answer);
    },
  };
}

type AdminMatch =
  | { readonly kind: "found"; readonly route: AdminRoute; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: "refused"; readonly answer: Outgoing };

function match(table: readonly AdminRoute[], { path, method }: RequestParts): AdminMatch {
  const fitting = table.flatMap((route) => {
    const params = paramsOf(route.path, path.slice(ROOT.length));
    return params === null ? [] : [{ kind: "found", route, params } as const];
  });
  const found = fitting.find(({ route }) => route.method === (method === "HEAD" ? "GET" : method));
  if (found !== undefined) return found;
  if (fitting.length === 0) {
    return { kind: "refused", answer: refusal(404, "not_found", "There is nothing at this path.") };
  }
  const allow = [...new Set(fitting.map(({ route }) => route.method))].join(", ");
  return { kind: "refused", answer: refusal(405, "method_not_allowed", `This path takes ${allow}.`, { allow }) };
}

function respondTo(answer: AdminAnswer): Outgoing {
  switch (answer.kind) {
    case "refused":
      return refusal(answer.status, answer.code, answer.message);
    case "document":
      return answer.body === null
        ? { status: answer.status, headers: NO_STORE, body: EMPTY, close: false }
        : json(answer.body, answer.status, NO_STORE);
    case "stream":
      return {
        status: 200,
        headers: { ...NO_STORE, "content-type": answer.contentType, "x-accel-buffering": "no" },
        body: { source: answer.source, onEnd: () => undefined },
        close: false,
      };
  }
}

/** The body as an object, or a sentence about what is wrong with it. */
async function bodyOf(arrival: Arrival, parts: RequestParts, { setTimer }: AdminOptions): Promise<JsonObject | string> {
  if (parts.method !== "POST" && parts.method !== "PATCH") return {};
  const read = await readBody({ arrival, setTimer, bytesMax: BODY_BYTES_MAX, timeoutMs: BODY_TIMEOUT_MS });
  if (read.kind !== "whole") return BODY_TROUBLE[read.kind];
  if (read.bytes.length === 0) return {};
  const type = (parts.headers["content-type"] ?? "").toLowerCase().split(";")[0]?.trim();
  if (type !== "application/json") return "The body must be JSON. Send it with content-type: application/json.";
  const scanned = scanJson(read.bytes, JSON_LIMITS);
  if (scanned.kind === "bad") return scanned.message;
  const names = scanned.members.map(({ name }) => name);
  if (new Set(names).size !== names.length) return "The body names a member twice.";
  try {
    const body = asObject(parseJson(decodeUtf8(read.bytes))) ?? "The body must be a JSON object.";
    return isExact(body) ? body : "The body has a number that is too large.";
  } catch (error) {
    if (error instanceof WireError) return "The body is not JSON.";
    throw error;
  }
}

/** Between processes it would be null, which lifts a limit instead of setting one. */
function isExact(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isExact);
}

const BODY_TROUBLE = {
  "too-large": "The body is too large.",
  "no-room": "There is no room for the body now.",
  timeout: "The body did not arrive in time.",
  gone: "The client closed the connection.",
  broken: "The body could not be read.",
} as const;

const NO_STORE = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

function refusal(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Outgoing {
  return json({ error: { code, message } }, status, { ...NO_STORE, ...headers });
}

function unauthenticated(): Outgoing {
  return refusal(401, "unauthenticated", "Send the admin token as Authorization: Bearer or X-Admin-Token.", {
    "www-authenticate": "Bearer",
  });
}

/** What stands where the pattern has names; null: the path is another one. */
function paramsOf(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = joined(path.split("/"), wanted);
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const is = given[index] ?? "";
    if (!segment.startsWith(":")) {
      if (segment !== is) return null;
      continue;
    }
    const decoded = decodedSegment(is);
    if (decoded === null || decoded === "") return null;
    params[segment.slice(1).replace(/\+$/, "")] = decoded;
  }
  return params;
}

/** A name with a plus stands for one segment or more, which are one word with slashes. */
function joined(given: readonly string[], wanted: readonly string[]): readonly string[] {
  const at = wanted.findIndex((segment) => segment.endsWith("+"));
  const extra = given.length - wanted.length;
  if (at === -1 || extra <= 0) return given;
  return [...given.slice(0, at), given.slice(at, at + extra + 1).join("/"), ...given.slice(at + extra + 1)];
}

function decodedSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A lone percent sign names nothing of ours.
    return null;
  }
}
