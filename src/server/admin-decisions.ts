/** `/admin/decisions`: what was decided and why, in pages and live. Whose decisions they are is the process's to say. */
import type { ByteSource } from "../exchange/contract.ts";
import type { Decision } from "../observability/decision.ts";
import { type DecisionFilter, type DecisionPage, type DecisionQuery, fitsFilter } from "../observability/decisions.ts";
import { encodeUtf8 } from "../std/bytes.ts";
import type { Cancel, Effects } from "../std/effects.ts";
import { type AdminAnswer, type AdminRequest, type AdminRoute, document, refused } from "./admin-route.ts";

/** The decisions of all processes that serve this address. Never rejects. */
export interface DecisionPort {
  /** null: the supervisor, which keeps them, did not answer in time. */
  list(query: DecisionQuery): Promise<DecisionPage | null>;
  /** `found` null: never seen, or forgotten. null: as above. */
  find(id: string): Promise<{ readonly found: Decision | null } | null>;
  /** Tells of each new one until it is cancelled. */
  watch(onDecision: (decision: Decision) => void): Cancel;
}

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;
/** Filters are names out of the configuration. */
const FILTER_CHARS_MAX = 300;

/** Live streams one process sends; each costs a copy of every decision. */
const WATCHERS_MAX = 32;
/** Decisions that wait for a slow reader; beyond that it is told how many it missed. */
const WAITING_MAX = 256;
const ALIVE_MS = 15_000;

export function decisionRoutes(port: DecisionPort, setTimer: Effects["setTimer"]): readonly AdminRoute[] {
  let watchers = 0;
  const watch = (request: AdminRequest): AdminAnswer => {
    const filter = filterOf(request.query);
    if (typeof filter === "string") return refused(400, "invalid_request", filter);
    if (watchers >= WATCHERS_MAX) return refused(503, "too_many_streams", "Too many live streams are open. Close one.");
    watchers += 1;
    const onEnd = (): void => {
      watchers -= 1;
    };
    const source = liveSource({ port, filter, setTimer, onEnd, stopping: request.stopping });
    return { kind: "stream", contentType: "text/event-stream; charset=utf-8", source };
  };
  return [
    { method: "GET", path: "/decisions/stream", handle: watch },
    {
      method: "GET",
      path: "/decisions",
      handle: (request) => (wantsEvents(request) ? watch(request) : list(port, request)),
    },
    { method: "GET", path: "/decisions/:id", handle: (request) => find(port, request) },
  ];
}

function wantsEvents({ headers }: AdminRequest): boolean {
  return (headers["accept"] ?? "").toLowerCase().includes("text/event-stream");
}

async function list(port: DecisionPort, { query }: AdminRequest): Promise<AdminAnswer> {
  const filter = filterOf(query);
  if (typeof filter === "string") return refused(400, "invalid_request", filter);
  const limit = countOf(query, "limit", LIMIT_MAX);
  const before = countOf(query, "before", Number.MAX_SAFE_INTEGER);
  if (limit === "bad") return refused(400, "invalid_request", `limit must be a number from 1 to ${LIMIT_MAX}.`);
  if (before === "bad") return refused(400, "invalid_request", "before must be the `next` of another page.");
  const page = await port.list({ ...filter, before, limit: limit ?? LIMIT_DEFAULT });
  return page === null ? UNAVAILABLE : document({ decisions: page.decisions, next: page.next });
}

async function find(port: DecisionPort, { params }: AdminRequest): Promise<AdminAnswer> {
  const answer = await port.find((params["id"] ?? "").slice(0, FILTER_CHARS_MAX));
  if (answer === null) return UNAVAILABLE;
  if (answer.found === null)
    return refused(404, "not_found", "No decision with this id is kept. It may be older than what is kept.");
  return document(answer.found);
}

const UNAVAILABLE = refused(503, "unavailable", "The decisions cannot be read right now. Try again.");

const FILTERS = ["target", "lane", "caller", "outcome", "failure", "served"] as const;
const KNOWN: ReadonlySet<string> = new Set([...FILTERS, "since", "until", "limit", "before"]);

/** A sentence: something in the query cannot be understood. An unknown parameter is refused, not ignored. */
function filterOf(query: URLSearchParams): DecisionFilter | string {
  for (const name of query.keys()) {
    if (!KNOWN.has(name))
      return `The parameter ${JSON.stringify(name.slice(0, 40))} is not known. Known are ${[...KNOWN].join(", ")}.`;
  }
  const filter: Record<string, string | number | null> = {};
  for (const name of FILTERS) filter[name] = query.get(name)?.slice(0, FILTER_CHARS_MAX) ?? null;
  for (const name of ["since", "until"] as const) {
    const text = query.get(name);
    const moment = text === null ? null : momentOf(text);
    if (Number.isNaN(moment)) return `${name} must be a time such as 2026-11-20T09:30:00Z.`;
    filter[`${name}Ms`] = moment;
  }
  return filter;
}

/** An ISO time or milliseconds since 1970; NaN: neither. */
function momentOf(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
}

/** null: not given. */
function countOf(query: URLSearchParams, name: string, max: number): number | null | "bad" {
  const text = query.get(name);
  if (text === null) return null;
  const count = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= max ? count : "bad";
}

// ---------------------------------------------------------------- live

interface DecisionStream {
  readonly port: DecisionPort;
  readonly filter: DecisionFilter;
  readonly setTimer: Effects["setTimer"];
  readonly stopping: AbortSignal;
  readonly onEnd: () => void;
}

/** Server-sent events at the reader's pace. A slow reader misses decisions and is told how many; it delays no other reader. */
function liveSource({ port, filter, setTimer, stopping, onEnd }: DecisionStream): ByteSource {
  const waiting: Decision[] = [];
  let missed = 0;
  let over = false;
  let isFirst = true;
  let wake: (() => void) | null = null;
  const stopWatching = port.watch((decision) => {
    if (!fitsFilter(decision, filter)) return;
    if (waiting.length < WAITING_MAX) waiting.push(decision);
    else missed += 1;
    wake?.();
  });
  const silence = (): Promise<void> =>
    new Promise((resolve) => {
      const cancelTimer = setTimer(ALIVE_MS, () => wake?.());
      wake = () => {
        cancelTimer();
        wake = null;
        resolve();
      };
    });
  const end = (): void => {
    if (over) return;
    over = true;
    stopping.removeEventListener("abort", end);
    stopWatching();
    onEnd();
    wake?.();
  };
  stopping.addEventListener("abort", end);
  if (stopping.aborted) end();
  return {
    async next() {
      if (isFirst) {
        // Says at once that the stream stands.
        isFirst = false;
        return encodeUtf8(": watching\n\n");
      }
      if (waiting.length === 0 && missed === 0 && !over) await silence();
      if (over) return null;
      const events = waiting.splice(0).map((decision) => eventText("decision", decision.seq, decision));
      if (missed > 0) events.push(eventText("missed", null, { count: missed }));
      missed = 0;
      return encodeUtf8(events.length === 0 ? ": alive\n\n" : events.join(""));
    },
    cancel: end,
    isCut: false,
  };
}

function eventText(event: string, id: number | null, data: object): string {
  return `${id === null ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
