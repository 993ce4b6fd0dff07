/**
 * The gateway's core in one process under virtual time: exchange, routing, protocols and upstream wired by hand to a
 * scripted network. What a test may turn to make the core misbehave is an argument here, and nothing else is replaced.
 */
import type { Answer as Answered, World } from "../../src/exchange/contract.ts";
import { createExchange, type Exchanges } from "../../src/exchange/exchange.ts";
import { createHeaderFilters } from "../../src/exchange/header-filter.ts";
import type { IdempotencyStore } from "../../src/exchange/named-requests.ts";
import { createReasoningMemory, type ReasoningMemory } from "../../src/exchange/reasoning-memory.ts";
import { createReasoningSignatures } from "../../src/exchange/reasoning-signatures.ts";
import { createRepairMemory } from "../../src/exchange/repairs.ts";
import { createLastingState, type SharedState, sharedOf } from "../../src/exchange/shared-state.ts";
import { createStoredAnswers } from "../../src/exchange/stored-answers.ts";
import type { Verdicts } from "../../src/exchange/verdict-contract.ts";
import type { Admission } from "../../src/governance/admission.ts";
import { type Caller, createIdentify } from "../../src/governance/identify.ts";
import type { UsageRow } from "../../src/governance/ledger-messages.ts";
import { toUsageRow } from "../../src/governance/usage-row.ts";
import type { Deployment } from "../../src/ir/deployment.ts";
import type { Operation } from "../../src/ir/facts.ts";
import type { ExchangeRecord } from "../../src/ir/record.ts";
import type { RequestParts, Route } from "../../src/ir/route.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import type { Change } from "../../src/routing/condition.ts";
import { createHealth, type Health } from "../../src/routing/health.ts";
import { concatBytes, encodeUtf8 } from "../../src/std/bytes.ts";
import { Secret } from "../../src/std/secret.ts";
import { createSend } from "../../src/upstream/send.ts";
import { takePushed } from "./pushed.ts";
import { type Answer, createVirtualEffects, settle, type VirtualEffects } from "./virtual-effects.ts";

export interface CoreInput {
  readonly deployment: Deployment;
  /** The network. */
  readonly answer: Answer;
  readonly seed?: number;
  /** Absent: its own, of one process. */
  readonly reasoning?: ReasoningMemory;
  readonly metered?: boolean;
  readonly clientTokens?: readonly string[];
  readonly localHostsOnly?: boolean;
  readonly admission?: Admission;
  readonly idempotency?: IdempotencyStore;
  readonly verdicts?: Verdicts;
  /** Instead of the table's. */
  readonly protocols?: readonly Protocol[];
  /** Plants a fault: what the core is given instead of the real part. */
  readonly tamper?: {
    readonly world?: (world: World) => World;
    readonly health?: (health: Health, deployment: Deployment) => Health;
  };
}

export interface Ask {
  /** Protocol the client speaks. */
  readonly protocol: string;
  readonly body: object | string | Uint8Array;
  readonly operation?: Operation;
  /** Of several routes of an operation, the one with this path. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly caller?: Caller;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
}

export interface Asked {
  readonly answer: Promise<Answered>;
  /** The client closes its connection before it has an answer. */
  leave(): void;
}

/** A whole answer as the client got it. */
export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly bytes: Uint8Array;
}

export interface Core {
  readonly exchange: Exchanges;
  readonly effects: VirtualEffects;
  readonly shared: SharedState;
  readonly world: World;
  readonly protocols: readonly Protocol[];
  readonly records: readonly ExchangeRecord[];
  readonly rows: readonly UsageRow[];
  readonly bugs: readonly unknown[];
  readonly changes: readonly Change[];
  start(ask: Ask): Asked;
  /** Asks, reads the whole answer, and lets virtual time run as far as it must, at most `withinMs`. */
  ask(ask: Ask, withinMs?: number): Promise<Got>;
  read(answer: Answered): Promise<Got>;
  /** Lets virtual time run in small steps until the promise is settled. */
  until<T>(promise: Promise<T>, withinMs?: number): Promise<T>;
  /** Attempts that hold a slot now, over all lanes. */
  inflight(): number;
}

export const ANONYMOUS: Caller = { label: "anonymous", allowedTargets: null, passthrough: null, key: null };

/** Virtual time a test may take unless it says otherwise: more than any default timer but the total one. */
const WITHIN_MS = 400_000;
const STEP_MS = 250;
/** Turns of the event loop granted to work that waits on no timer before virtual time moves. */
const TURNS_BEFORE_TIME = 12;
/** Bytes of one answer a test reads; more is a runaway stream. */
const READ_BYTES_MAX = 64 * 1024 * 1024;

export function createCore(input: CoreInput): Core {
  const { deployment, tamper } = input;
  const effects = createVirtualEffects({ seed: input.seed ?? 1, answer: input.answer });
  const protocols: readonly Protocol[] = input.protocols ?? Object.values(PROTOCOLS);
  const records: ExchangeRecord[] = [];
  const rows: UsageRow[] = [];
  const bugs: unknown[] = [];
  const changes: Change[] = [];
  const health = (tamper?.health ?? same)(createHealth(deployment, effects.random), deployment);
  const shared = sharedOf(
    createLastingState(health, { wallMs: effects.wallMs, answers: null }),
    (more) => void changes.push(...more),
  );
  const world = (tamper?.world ?? same)(worldOf(input, effects, protocols));
  const exchange = createExchange({
    world,
    shared,
    protocols,
    identify: createIdentify({
      mode: deployment.auth.mode,
      clientTokens: (input.clientTokens ?? []).map((token) => new Secret(token)),
    }),
    onRecord(record) {
      records.push(record);
      rows.push(toUsageRow(record));
    },
    onBug: (_id, error) => void bugs.push(error),
    startedWallMs: effects.wallMs(),
    localHostsOnly: input.localHostsOnly ?? false,
    admission: input.admission ?? null,
    idempotency: input.idempotency ?? null,
    ...(input.verdicts === undefined ? {} : { verdicts: input.verdicts }),
  });

  const until = async <T>(promise: Promise<T>, withinMs = WITHIN_MS): Promise<T> => {
    let over = false;
    promise.then(
      () => {
        over = true;
      },
      () => {
        over = true;
      },
    );
    for (let turn = 0; turn < TURNS_BEFORE_TIME && !over; turn++) await settle();
    for (let spentMs = 0; spentMs < withinMs && !over; spentMs += STEP_MS) {
      await effects.run(STEP_MS);
      await settle();
    }
    if (!over) throw new Error(`nothing came of it within ${withinMs} virtual ms`);
    return promise;
  };

  const start = (ask: Ask): Asked => {
    const client = new AbortController();
    const stream = saysOf(ask.body).stream === true;
    const route = routeOf(protocols, ask.protocol, ask.operation ?? "chat", { path: ask.path, stream });
    const answer = exchange.run({
      route,
      parts: partsOf(route, ask),
      caller: ask.caller ?? ANONYMOUS,
      body: bytesOf(ask.body),
      signal: client.signal,
      receivedMs: effects.nowMs(),
    });
    return { answer, leave: () => client.abort() };
  };

  return {
    exchange,
    effects,
    shared,
    world,
    protocols,
    records,
    rows,
    bugs,
    changes,
    start,
    until,
    read: (answer) => readAnswer(answer),
    ask: (ask, withinMs) => until(start(ask).answer.then(readAnswer), withinMs),
    inflight: () =>
      Object.values(deployment.lanes).reduce((sum, lane) => sum + health.facts(lane, effects.nowMs()).inflight, 0),
  };
}

function worldOf(input: CoreInput, effects: VirtualEffects, protocols: readonly Protocol[]): World {
  const { deployment } = input;
  const send = createSend(effects);
  const protocolOf = (id: string): Protocol => {
    const found = protocols.find((protocol) => protocol.id === id);
    if (found === undefined) throw new Error(`no protocol ${id}`);
    return found;
  };
  return {
    deployment,
    effects,
    // The upstreams of these tests are scripted as answers to fetch.
    send: (sending) => send({ ...sending, client: "fetch" }),
    protocolOf,
    secretOf: (lane) => (lane.credential?.kind === "env" ? new Secret(lane.credential.name) : null),
    masked: (text) => text,
    signatures: createReasoningSignatures({ deployment, protocolOf, nowMs: effects.nowMs }),
    reasoning: input.reasoning ?? createReasoningMemory({ nowMs: effects.nowMs, copy: null }),
    repairs: createRepairMemory(effects.nowMs),
    storedAnswers: createStoredAnswers({ deployment, protocolOf, nowMs: effects.nowMs }),
    caOf: () => null,
    ...createHeaderFilters(deployment, protocols),
    userAgent: "ringmain/test",
    asksUsage: () => input.metered ?? false,
    pricedOnly: false,
    keepsDecisions: true,
  };
}

/** By its path; else the body names the target where the protocol has such a route, else the path, which also says whether it streams. */
export function routeOf(
  protocols: readonly Protocol[],
  protocol: string,
  operation: Operation,
  by: { readonly path?: string | undefined; readonly stream?: boolean } = {},
): Route {
  const routes = protocols.find((each) => each.id === protocol)?.carrier.routes ?? [];
  const fitting = routes.filter(
    (each) => each.operation === operation && (by.path === undefined || each.path === by.path),
  );
  const found =
    fitting.find((each) => each.target.from !== "param" || by.path !== undefined) ??
    fitting.find((each) => each.stream.from === "fixed" && each.stream.value === (by.stream ?? false));
  if (found === undefined) throw new Error(`${protocol} has no route for ${operation}`);
  return found;
}

function partsOf(route: Route, ask: Ask): RequestParts {
  const { model } = saysOf(ask.body);
  const name = route.target.from === "param" ? route.target.names[0] : undefined;
  return {
    method: route.method,
    path: route.path,
    // Clients that read events ask for them.
    query: ask.query ?? (route.stream.from === "fixed" && route.stream.value ? "alt=sse" : ""),
    headers: { "content-type": "application/json", ...ask.headers },
    params: ask.params ?? (name === undefined || model === undefined ? {} : { [name]: model }),
  };
}

/** What a body says of its target and stream; nothing where it is none. */
function saysOf(body: Ask["body"]): { readonly model?: string; readonly stream?: boolean } {
  try {
    return JSON.parse(new TextDecoder().decode(bytesOf(body))) ?? {};
  } catch {
    return {};
  }
}

function bytesOf(body: Ask["body"]): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return encodeUtf8(typeof body === "string" ? body : JSON.stringify(body));
}

async function readAnswer(answer: Answered): Promise<Got> {
  const bytes = answer.body instanceof Uint8Array ? answer.body : await drain(answer.body);
  return { status: answer.status, headers: answer.headers, bytes, text: new TextDecoder().decode(bytes) };
}

async function drain(source: Exclude<Answered["body"], Uint8Array>): Promise<Uint8Array> {
  // As the server takes it; what can only be asked is asked.
  if (source.pushTo !== undefined) return await takePushed(source, null, READ_BYTES_MAX).bytes;
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const bytes = await source.next();
    if (bytes === null) return concatBytes(parts);
    if (bytes.length === 0) throw new Error("a source gave empty bytes");
    parts.push(bytes);
    size += bytes.length;
    if (size > READ_BYTES_MAX) throw new Error("a source never ends");
  }
}

const same = <T>(value: T): T => value;
