/** A server over a scripted exchange: what reached the exchange is kept, what it answers is the test's to say. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer, ByteSource, RefuseInput, RunInput } from "../../src/exchange/contract.ts";
import { FAILURES, failed, failure, ok } from "../../src/ir/failure.ts";
import type { Route } from "../../src/ir/route.ts";
import { createSeries } from "../../src/observability/series.ts";
import type { DecisionPort } from "../../src/server/admin-decisions.ts";
import type { KeyPort } from "../../src/server/admin-keys.ts";
import type { LanePort } from "../../src/server/admin-lanes.ts";
import type { Gateway } from "../../src/server/gateway.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import type { PageRule } from "../../src/server/web-page.ts";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { createVirtualEffects, type VirtualEffects } from "../harness/virtual-effects.ts";

export const ROUTES: readonly Route[] = [
  route("POST", "/:target/v1/messages"),
  route("POST", "/v1/messages"),
  route("POST", "/v1/chat/completions"),
  route("GET", "/v1/models/:id"),
  route("GET", "/v1/models/newest"),
  route("POST", "/:provider/:account/v1/messages"),
];

function route(method: Route["method"], path: string): Route {
  return {
    protocol: "openai",
    operation: "chat",
    method,
    path,
    target: { from: "body", member: "model" },
    stream: { from: "body", member: "stream" },
  };
}

export const BODY_BYTES_MAX = 1_000_000;
export const BODIES_BYTES = 2_500_000;
export const UNKNOWN_BODIES_BYTES = 300_000;

const NO_DECISIONS: DecisionPort = {
  list: async () => ({ decisions: [], next: null }),
  find: async () => ({ found: null }),
  watch: () => () => undefined,
};

const NO_ORDERS: Omit<LanePort, "stats"> = { orders: async () => [], order: async () => null };

export interface FakeServer extends AsyncDisposable {
  readonly server: RunningServer;
  readonly port: number;
  readonly runs: readonly RunInput[];
  readonly refusals: readonly RefuseInput[];
  /** What ended requests as bugs. */
  readonly bugs: readonly unknown[];
  readonly time: VirtualEffects;
  /** How exchanges that are run are answered from now on. */
  answer(script: (input: RunInput) => Answer | Promise<Answer>): void;
  state: { ready: boolean; mayObserve: boolean; mayAdminister: boolean };
}

export function startFake(
  decisions: DecisionPort = NO_DECISIONS,
  keys: KeyPort | null = null,
  pages?: PageRule,
  orders: Omit<LanePort, "stats"> = NO_ORDERS,
): FakeServer {
  const runs: RunInput[] = [];
  const refusals: RefuseInput[] = [];
  const bugs: unknown[] = [];
  const time = createVirtualEffects();
  const state = { ready: true, mayObserve: false, mayAdminister: false };
  let script: (input: RunInput) => Answer | Promise<Answer> = (input) => text(200, `run ${input.route.path}`);
  const gateway: Gateway = {
    routes: ROUTES,
    masked: (text) => text,
    limits: { bodiesBytes: BODIES_BYTES, unknownBodiesBytes: UNKNOWN_BODIES_BYTES },
    pages: pages ?? { kind: "listed", origins: [] },
    exchange: {
      credential: (_route, parts) =>
        parts.headers["authorization"] === "Bearer wrong"
          ? failed(failure("unauthenticated", "No."))
          : ok({
              label: "anonymous",
              allowedTargets: null,
              passthrough: null,
              key: null,
              ...(parts.headers["authorization"] === "signed" ? { mayHaveSigned: () => true } : {}),
            }),
      async run(input) {
        runs.push(input);
        return script(input);
      },
      refuse(input) {
        refusals.push(input);
        return text(FAILURES[input.failure.kind].status, input.failure.kind);
      },
    },
    mayObserve: () => state.mayObserve,
    mayAdminister: decisions === NO_DECISIONS && keys === null ? null : () => state.mayAdminister,
    explain: async () => failed(failure("unknown-model", "Nothing is called that.")),
    stats() {
      throw new Error("the server asks the process for figures");
    },
    metrics: () => createSeries().snapshot(),
    ready: () => ({ ok: state.ready, reason: "no usable lanes" }),
    inFlight: () => 0,
    stop: () => undefined,
    nowMs: time.nowMs,
  };
  const started = startServer({
    gateway,
    observe: { stats: async () => ({ pools: {} }), metrics: async () => [gateway.metrics()] },
    adminPorts: { decisions, keys, orders },
    host: "127.0.0.1",
    port: 0,
    reusePort: false,
    socketsFolder: join(tmpdir(), "/"),
    onBug: (error) => bugs.push(error),
    wallMs: () => time.wallMs(),
    setTimer: time.setTimer,
    bodyBytesMax: BODY_BYTES_MAX,
  });
  if (started.kind === "failed") throw new Error(`no free port: ${started.code}`);
  const { server } = started;
  return {
    server,
    port: server.port,
    runs,
    refusals,
    bugs,
    time,
    state,
    answer(next) {
      script = next;
    },
    async [Symbol.asyncDispose]() {
      server.stopNow();
    },
  };
}

export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { "content-type": "text/plain", ...headers }, body: encodeUtf8(body) };
}

export interface FakeSource extends ByteSource {
  /** How often bytes were asked for. */
  asked(): number;
  /** How often it was cancelled. */
  cancelled(): number;
  /** Resolves at the first cancellation. */
  readonly gone: Promise<void>;
}

/** Gives `chunks`, then ends; with `silent` it says nothing more and never ends. */
export function source(chunks: Iterable<Uint8Array>, { silent }: { readonly silent: boolean }): FakeSource {
  const iterator = chunks[Symbol.iterator]();
  const gone = Promise.withResolvers<void>();
  let asked = 0;
  let cancelled = 0;
  return {
    gone: gone.promise,
    isCut: false,
    asked: () => asked,
    cancelled: () => cancelled,
    async next() {
      asked += 1;
      const { done, value } = iterator.next();
      if (done !== true) return value;
      if (!silent) return null;
      await gone.promise;
      return null;
    },
    cancel() {
      cancelled += 1;
      gone.resolve();
    },
  };
}
