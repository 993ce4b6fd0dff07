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
import type { Arrival, Outgoing } from "./arrival.ts";
import { type BodyReading, readBody } from "./body.ts";
import { type BodiesInMemory, type BodyRoom, openRoom } from "./body-room.ts";
import { type Decoding, decodeBody, encodingsOf } from "./decode-body.ts";
import type { Gateway } from "./gateway.ts";
import { isHostPlausible, partsOf, pathOf } from "./head.ts";
import { healthz, PRESENCE_PATHS, presence, readyz } from "./health.ts";
import { type AddressFigures, OBSERVATIONS, refuseToShow } from "./observe.ts";
import { EMPTY, json, outgoingOf, respond, respondStream } from "./respond.ts";
import { type RouteEntry, type RouteTable, routeTable } from "./route-table.ts";
import { grantLeave, judgePage, readableBy } from "./web-page.ts";

interface AppInput {
  readonly gateway: Gateway;
  readonly observe: AddressFigures;
  /** null: there is no admin surface. */
  readonly admin: Admin | null;
  readonly setTimer: Effects["setTimer"];
  readonly bodyBytesMax: number;
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
  fetch(arrival: Arrival): Outgoing | Promise<Outgoing>;
}

interface Environment {
  Bindings: {
    readonly arrival: Arrival;
    /** What the router's own answer stands for; null: that is the answer. */
    outgoing: Outgoing | null;
  };
}

export function createApp(input: AppInput): App {
  const { gateway, state } = input;
  const app = new Hono<Environment>({ getPath: (request) => pathOf(request.url) });
  const table = routeTable(gateway.routes);
  /** Served without the router: a lookup instead of 1.3 µs, some 3 % of a relayed request. */
  const shortcuts = new Map<string, RouteEntry>();
  for (const entry of table.entries) {
    if (entry.route.method === "POST" && entry.params.length === 0) shortcuts.set(entry.pattern, entry);
    app.on(entry.route.method, entry.pattern, (context) => {
      const params = paramsOf(entry, context);
      return standFor(
        context,
        serveRoute(input, entry, { arrival: context.env.arrival, path: context.req.path, params }),
      );
    });
  }
  app.get("/healthz", (context) => standFor(context, healthz()));
  app.get("/readyz", (context) => standFor(context, readyz(gateway, state.draining)));
  for (const path of PRESENCE_PATHS) app.get(path, (context) => standFor(context, presence()));
  for (const [path, show] of OBSERVATIONS) {
    app.get(path, (context) => {
      const parts = partsOf(context.env.arrival, path, NO_PARAMS);
      return standFor(context, gateway.mayObserve(parts) ? show(input.observe) : refuseToShow(gateway, parts));
    });
  }
  app.notFound((context) => standFor(context, refuseUnmatched(input, table, context.env.arrival)));
  const onBug = (error: unknown): Outgoing => {
    input.onBug(error);
    return internalError();
  };
  app.onError((error, context) => standFor(context, onBug(error)));
  const routed = async (arrival: Arrival): Promise<Outgoing> => {
    const environment: Environment["Bindings"] = { arrival, outgoing: null };
    const response = await app.fetch(arrival.asRequest(), environment);
    return environment.outgoing ?? outgoingOf(response, { close: state.draining });
  };
  const serve: App["fetch"] = (arrival) => {
    const path = pathOf(arrival.target);
    const entry = arrival.method === "POST" ? shortcuts.get(path) : undefined;
    if (entry !== undefined) return serveRoute(input, entry, { arrival, path, params: NO_PARAMS }).catch(onBug);
    const { admin } = input;
    if (admin === null || !isAdminPath(path)) return routed(arrival);
    return admin.serve(arrival, partsOf(arrival, path, NO_PARAMS)).catch(onBug);
  };
  return {
    fetch(arrival) {
      state.arrived += 1;
      const page = judgePage(gateway.pages, arrival);
      switch (page.kind) {
        case "no-page":
          return serve(arrival);
        case "refused":
          return refusePage(input, arrival);
        case "listed":
          return arrival.method === "OPTIONS"
            ? grantLeave(page.origin, arrival)
            : Promise.resolve(serve(arrival)).then((answer) => readableBy(page.origin, answer));
        default:
          return unreachable(page);
      }
    },
  };
}

/** The router knows no answers but its own; ours goes beside it. */
async function standFor(context: Context<Environment>, answer: Outgoing | Promise<Outgoing>): Promise<Response> {
  context.env.outgoing = await answer;
  return new Response(null);
}

/** Before anything of the request is read but its head. */
function refusePage({ gateway, state }: AppInput, arrival: Arrival): Outgoing {
  const parts = partsOf(arrival, pathOf(arrival.target), NO_PARAMS);
  const receivedMs = gateway.nowMs();
  const answer = gateway.exchange.refuse({ route: null, parts, failure: WEB_PAGE, receivedMs });
  return respond(answer, { close: state.draining || !mayDiscardBody(parts) });
}

const WEB_PAGE = failure(
  "forbidden",
  "This gateway does not take requests of web pages of other origins. To let a page in, list its origin in cors.origins; that needs auth.mode: token.",
);

/** The answer when the exchange itself has failed. It shows no page, no stack and no cause. */
export function internalError(): Outgoing {
  const error = { message: "The gateway had an internal error.", type: "server_error", code: "internal" };
  return json({ error }, 500, { "cache-control": "no-store" });
}

const NO_PARAMS: RequestParts["params"] = {};
const NO_BODY: BodyReading = { kind: "whole", bytes: new Uint8Array(0) };

/** One request to a known route. */
interface RoutedRequest {
  readonly arrival: Arrival;
  readonly path: string;
  readonly params: RequestParts["params"];
}

async function serveRoute(
  input: AppInput,
  entry: RouteEntry,
  { arrival, path, params }: RoutedRequest,
): Promise<Outgoing> {
  const { gateway, state } = input;
  const { exchange } = gateway;
  const { route } = entry;
  const receivedMs = gateway.nowMs();
  const parts = partsOf(arrival, path, params);

  const refuse = (refusal: Failure, close: boolean): Outgoing =>
    respond(exchange.refuse({ route, parts, failure: refusal, receivedMs }), { close: close || state.draining });
  if (!isHostPlausible(parts.headers["host"])) return refuse(BAD_HOST, true);
  const who = exchange.credential(route, parts);
  if (!who.ok) return refuse(who.failure, !mayDiscardBody(parts));

  const room = openRoom(state.bodies, gateway.limits, who.value.mayHaveSigned === undefined);
  /** A stream gives the room back at its own end. */
  let isStreaming = false;
  try {
    const reading = route.method === "POST" ? readBodyOf(input, arrival, room) : NO_BODY;
    const read = reading instanceof Promise ? await reading : reading;
    if (read.kind !== "whole") return refuse(BODY_FAILURES[read.kind], true);
    const { signal } = arrival;
    const sent: Sent = { parts, caller: who.value, body: read.bytes };
    const encodings = encodingsOf(parts.headers["content-encoding"]);
    const plain = encodings === null ? ok(sent) : await decoded(input, sent, { encodings, room });
    if (!plain.ok) return refuse(plain.failure, false);
    const answer = await exchange.run({ route, ...plain.value, signal, receivedMs });
    if (answer.body instanceof Uint8Array) return respond(answer, { close: state.draining });
    isStreaming = true;
    return respondStream(answer, () => room.release(), { close: state.draining });
  } finally {
    if (!isStreaming) room.release();
  }
}

function readBodyOf(
  { setTimer, bodyBytesMax }: AppInput,
  arrival: Arrival,
  room: BodyRoom,
): BodyReading | Promise<BodyReading> {
  return readBody({ arrival, setTimer, room, bytesMax: Math.min(bodyBytesMax, room.bytesMax) });
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

/** An unread body is thrown away. Closing the connection costs less where the body is large or of unknown length. */
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
function refuseUnmatched({ gateway, state }: AppInput, table: RouteTable, arrival: Arrival): Outgoing {
  const path = pathOf(arrival.target);
  const receivedMs = gateway.nowMs();
  const parts = partsOf(arrival, path, NO_PARAMS);
  const { methods, route } = callsUnknownAction(parts.method, table, path) ? UNKNOWN_PATH : methodsOf(table, path);
  if (methods.length > 0 && parts.method === "OPTIONS") {
    const headers = { allow: methods.join(", "), "cache-control": "no-store" };
    return { status: 204, headers, body: EMPTY, close: state.draining };
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
