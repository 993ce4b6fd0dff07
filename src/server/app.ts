/**
 * From a request to an answer: routes that arrive as data become the table of a router, and each of them is served the
 * same way. Anything that matches none is told so in the protocol its path looks like.
 */
import { type Context, Hono } from "hono";
import type { RunInput } from "../exchange/contract.ts";
import { verifySigned } from "../governance/identify.ts";
import { type Failure, failed, failure, ok, type Result } from "../ir/failure.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { Effects } from "../std/effects.ts";
import { unreachable } from "../std/unreachable.ts";
import { type Admin, isAdminPath } from "./admin.ts";
import { type BodyReading, readBody } from "./body.ts";
import { type BodiesInMemory, type BodyRoom, openRoom } from "./body-room.ts";
import { type Decoding, decodeBody, encodingsOf } from "./decode-body.ts";
import type { Gateway } from "./gateway.ts";
import { isHostPlausible, partsOf, pathOf } from "./head.ts";
import { healthz, PRESENCE_PATHS, presence, readyz } from "./health.ts";
import { type AddressFigures, OBSERVATIONS, refuseToShow } from "./observe.ts";
import { respond, respondStream } from "./respond.ts";
import { type RouteEntry, type RouteTable, routeTable } from "./route-table.ts";
import { grantLeave, judgePage, readableBy } from "./web-page.ts";

/** The runtime's server, as far as one request concerns it. */
interface Connections {
  /** Seconds a connection may be silent; 0: for ever. It holds for the connection until it is set again. */
  timeout(request: Request, seconds: number): void;
}

interface AppInput {
  readonly gateway: Gateway;
  readonly observe: AddressFigures;
  /** null: there is no admin surface. */
  readonly admin: Admin | null;
  readonly setTimer: Effects["setTimer"];
  readonly nextTurn: () => Promise<void>;
  readonly bodyBytesMax: number;
  /** Of a connection that waits for its next request. */
  readonly idleSeconds: number;
  /** Changes while the app runs. */
  readonly state: ServerState;
  /** A bug of ours ended a request; the value is for the operator's log, scrubbed. */
  readonly onBug: (error: unknown) => void;
}

export interface ServerState {
  draining: boolean;
  readonly bodies: BodiesInMemory;
  /** Requests since the start. */
  arrived: number;
}

export interface App {
  fetch(request: Request, connections: Connections): Response | Promise<Response>;
}

interface Environment {
  Bindings: Connections;
}

export function createApp(input: AppInput): App {
  const { gateway, state } = input;
  const app = new Hono<Environment>({ getPath: (request) => pathOf(request.url) });
  const table = routeTable(gateway.routes);
  /** Served without the router: a lookup instead of 1.3 µs, some 3 % of a relayed request. */
  const shortcuts = new Map<string, RouteEntry>();
  for (const entry of table.entries) {
    if (entry.route.method === "POST" && entry.params.length === 0) shortcuts.set(entry.pattern, entry);
    app.on(entry.route.method, entry.pattern, (context) =>
      serveRoute(input, entry, {
        request: context.req.raw,
        connections: context.env,
        path: context.req.path,
        params: paramsOf(entry, context),
      }),
    );
  }
  app.get("/healthz", healthz);
  app.get("/readyz", () => readyz(gateway, state.draining));
  for (const path of PRESENCE_PATHS) app.get(path, presence);
  for (const [path, show] of OBSERVATIONS) {
    app.get(path, (context) => {
      const parts = partsOf(context.req.raw, path, NO_PARAMS);
      return gateway.mayObserve(parts) ? show(input.observe) : refuseToShow(gateway, parts);
    });
  }
  app.notFound((context) => refuseUnmatched(input, table, context));
  const onBug = (error: unknown): Response => {
    input.onBug(error);
    return internalError();
  };
  app.onError(onBug);
  const serve: App["fetch"] = (request, connections) => {
    const path = pathOf(request.url);
    const entry = request.method === "POST" ? shortcuts.get(path) : undefined;
    if (entry !== undefined) {
      return serveRoute(input, entry, { request, connections, path, params: NO_PARAMS }).catch(onBug);
    }
    const { admin } = input;
    if (admin === null || !isAdminPath(path)) return app.fetch(request, connections);
    // Beside the router, which throws the body of an answer to HEAD away without ending its source.
    return admin
      .serve({
        request,
        parts: partsOf(request, path, NO_PARAMS),
        onStream: () => connections.timeout(request, 0),
        onStreamEnd: () => connections.timeout(request, input.idleSeconds),
      })
      .catch(onBug);
  };
  return {
    fetch(request, connections) {
      state.arrived += 1;
      const page = judgePage(gateway.pages, request);
      switch (page.kind) {
        case "no-page":
          return serve(request, connections);
        case "refused":
          return refusePage(input, request);
        case "listed":
          return request.method === "OPTIONS"
            ? grantLeave(page.origin, request)
            : Promise.resolve(serve(request, connections)).then((answer) => readableBy(page.origin, answer));
        default:
          return unreachable(page);
      }
    },
  };
}

/** Before anything of the request is read but its head. */
function refusePage({ gateway, state }: AppInput, request: Request): Response {
  const parts = partsOf(request, pathOf(request.url), NO_PARAMS);
  const receivedMs = gateway.nowMs();
  const answer = gateway.exchange.refuse({ route: null, parts, failure: WEB_PAGE, receivedMs });
  return respond(answer, { close: state.draining || !mayDiscardBody(parts) });
}

const WEB_PAGE = failure(
  "forbidden",
  "This gateway does not take requests of web pages of other origins. To let a page in, list its origin in cors.origins; that needs auth.mode: token.",
);

/** The answer when the exchange itself has failed. It shows no page, no stack and no cause. */
export function internalError(): Response {
  return Response.json(
    { error: { message: "The gateway had an internal error.", type: "server_error", code: "internal" } },
    { status: 500, headers: { "cache-control": "no-store" } },
  );
}

const NO_PARAMS: RequestParts["params"] = {};
const NO_BODY: BodyReading = { kind: "whole", bytes: new Uint8Array(0) };

/** One request to a known route. */
interface RoutedRequest {
  readonly request: Request;
  readonly connections: Connections;
  readonly path: string;
  readonly params: RequestParts["params"];
}

async function serveRoute(input: AppInput, entry: RouteEntry, arrival: RoutedRequest): Promise<Response> {
  const { gateway, state } = input;
  const { exchange } = gateway;
  const { route } = entry;
  const receivedMs = gateway.nowMs();
  const { request, connections } = arrival;
  const parts = partsOf(request, arrival.path, arrival.params);

  const refuse = (refusal: Failure, close: boolean): Response =>
    respond(exchange.refuse({ route, parts, failure: refusal, receivedMs }), { close: close || state.draining });
  if (!isHostPlausible(parts.headers["host"])) return refuse(BAD_HOST, true);
  const who = exchange.credential(route, parts);
  if (!who.ok) return refuse(who.failure, !mayDiscardBody(parts));

  const room = openRoom(state.bodies, gateway.limits, who.value.mayHaveSigned === undefined);
  /** A stream gives the room back at its own end. */
  let isStreaming = false;
  try {
    const read = route.method === "POST" ? await readBodyOf(input, { request, parts, room }) : NO_BODY;
    if (read.kind !== "whole") return refuse(BODY_FAILURES[read.kind], true);
    const { signal } = request;
    const sent: Sent = { parts, caller: who.value, body: read.bytes };
    const encodings = encodingsOf(parts.headers["content-encoding"]);
    const plain = encodings === null ? ok(sent) : await decoded(input, sent, { encodings, room });
    if (!plain.ok) return refuse(plain.failure, false);
    const answer = await exchange.run({ route, ...plain.value, signal, receivedMs });
    if (answer.body instanceof Uint8Array) return respond(answer, { close: state.draining });
    // From here on silence may be a model thinking. The setting outlives the request, so it is taken back at its end.
    connections.timeout(request, 0);
    const onEnd = (): void => {
      room.release();
      connections.timeout(request, input.idleSeconds);
    };
    const { nowMs } = gateway;
    const stream = { source: answer.body, signal, nowMs, setTimer: input.setTimer, onEnd };
    const response = respondStream(answer, stream, { close: state.draining });
    isStreaming = true;
    return response;
  } finally {
    if (!isStreaming) room.release();
  }
}

function readBodyOf(
  { setTimer, nextTurn, bodyBytesMax }: AppInput,
  { request, parts, room }: { readonly request: Request; readonly parts: RequestParts; readonly room: BodyRoom },
): Promise<BodyReading> {
  const bytesMax = Math.min(bodyBytesMax, room.bytesMax);
  return readBody({ request, contentLength: parts.headers["content-length"], setTimer, nextTurn, room, bytesMax });
}

/** A request whose body is there. */
type Sent = Pick<RunInput, "parts" | "caller" | "body">;

/** As if the client had sent it without an encoding. A signature covers what was sent, so it is looked at first. */
async function decoded(
  { bodyBytesMax }: AppInput,
  { parts, caller, body }: Sent,
  { encodings, room }: { readonly encodings: NonNullable<ReturnType<typeof encodingsOf>>; readonly room: BodyRoom },
): Promise<Result<Sent>> {
  const verified = verifySigned(caller, body);
  if (!verified.ok) return verified;
  const bytesMax = Math.min(bodyBytesMax, room.bytesMax);
  const read = await decodeBody(body, { encodings, room, bytesMax });
  if (read.kind !== "whole") return failed(BODY_FAILURES[read.kind]);
  const { "content-encoding": _encoding, ...headers } = parts.headers;
  return ok({ parts: { ...parts, headers }, caller: verified.value, body: read.bytes });
}

function paramsOf(entry: RouteEntry, context: Context<Environment>): RequestParts["params"] {
  if (entry.params.length === 0) return NO_PARAMS;
  // The router decodes the percent signs of a named segment, once.
  return Object.fromEntries(
    entry.params.map(({ name, key, suffix }) => {
      const segment = context.req.param(key) ?? "";
      return [name, segment.slice(0, segment.length - suffix.length)];
    }),
  );
}

/** The runtime throws an unread body away. Closing the connection costs less where the body is large or of unknown length. */
function mayDiscardBody({ method, headers }: RequestParts): boolean {
  if (headers["transfer-encoding"] !== undefined || method === "CONNECT") return false;
  return Number(headers["content-length"] ?? 0) <= DISCARDED_BYTES_MAX;
}

const DISCARDED_BYTES_MAX = 256 * 1024;

const BAD_HOST = failure("invalid-request", "The Host header is not the name of one host.");

const BODY_FAILURES: Readonly<Record<Exclude<(BodyReading | Decoding)["kind"], "whole">, Failure>> = {
  "too-large": failure("body-too-large", "The request body is larger than this gateway takes."),
  "no-room": failure(
    "bodies-full",
    "The gateway holds as many request bodies as it may. Send the request again.",
    1_000,
  ),
  timeout: failure("body-timeout", "The request body did not arrive in time."),
  gone: failure("client-gone", "The client closed the connection."),
  broken: failure("invalid-request", "The request body could not be read."),
  undecodable: failure(
    "invalid-request",
    "The request body is not what its content-encoding says, or it is cut short.",
  ),
};

/** No route takes this method on this path: the path may be known all the same. */
function refuseUnmatched({ gateway, state }: AppInput, table: RouteTable, context: Context<Environment>): Response {
  const request = context.req.raw;
  const path = pathOf(request.url);
  const receivedMs = gateway.nowMs();
  const parts = partsOf(request, path, NO_PARAMS);
  const { methods, route } = callsUnknownAction(parts.method, table, path) ? UNKNOWN_PATH : methodsOf(table, path);
  if (methods.length > 0 && parts.method === "OPTIONS") {
    return new Response(null, { status: 204, headers: { allow: methods.join(", "), "cache-control": "no-store" } });
  }
  const failed = methods.length === 0 ? UNKNOWN_ROUTE : wantsWebSocket(parts, methods) ? NO_WEBSOCKET : WRONG_METHOD;
  const answer = gateway.exchange.refuse({ route, parts, failure: failed, receivedMs });
  const headers = {
    ...answer.headers,
    ...(methods.length > 0 ? { allow: methods.join(", ") } : {}),
    // RFC 9110 section 15.5.22: what to speak instead.
    ...(failed === NO_WEBSOCKET ? { upgrade: "HTTP/1.1" } : {}),
  };
  return respond({ ...answer, headers }, { close: state.draining || !mayDiscardBody(parts) });
}

/** Clients that would rather speak WebSocket where others POST go on with a POST at once when they are told this way. */
function wantsWebSocket({ method, headers }: RequestParts, methods: readonly string[]): boolean {
  return method === "GET" && methods.includes("POST") && headers["upgrade"]?.toLowerCase() === "websocket";
}

const NO_WEBSOCKET = failure("upgrade-refused", "This path takes no WebSocket. Send a POST.");
const WRONG_METHOD = failure("method-not-allowed", "This path does not take this method.");
const UNKNOWN_ROUTE = failure("unknown-route", "There is nothing at this path.");

/** `methods` empty: the path is unknown. `route` is one of those that share it; null: the path is the gateway's own. */
function methodsOf(table: RouteTable, path: string): { methods: readonly string[]; route: Route | null } {
  if (OWN_PATHS.has(path)) return { methods: ["GET", "HEAD", "OPTIONS"], route: null };
  const fitting = table.fitting(path);
  const [first] = fitting;
  if (first === undefined) return { methods: [], route: null };
  const methods = new Set<string>();
  for (const { route } of fitting) {
    methods.add(route.method);
    if (route.method === "GET") methods.add("HEAD");
  }
  return { methods: [...methods, "OPTIONS"], route: first.route };
}

/** A POST of an action that no route has, where a model of that very name could be looked at: that path is unknown. */
function callsUnknownAction(method: string, table: RouteTable, path: string): boolean {
  return method === "POST" && ACTION.test(path) && table.fitting(path).every(({ route }) => route.method === "GET");
}

/** As Google's APIs name what is done to a thing: `/v1beta/models/m:predict`. */
const ACTION = /:[a-z][A-Za-z]*$/;

const UNKNOWN_PATH = { methods: [], route: null } as const;

const OWN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz", ...PRESENCE_PATHS, ...OBSERVATIONS.keys()]);
