/**
 * The path of one request. Read this first: identify, facts, target and access, then the engine (decide, admit,
 * attempt), then the answer; and whatever happens, one record and one settlement.
 */

import type { Identified } from "../governance/identify.ts";
import { type Caller, mayAsk, readCredential, type UsageRow, unauthenticated } from "../governance/index.ts";
import type { Target, TranslationMode } from "../ir/deployment.ts";
import { type Failure, failure } from "../ir/failure.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { ExchangeRecord } from "../observability/record.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { findTarget } from "../routing/index.ts";
import type { Secret } from "../std/secret.ts";
import { gatewayHeaders, writeFailure } from "./answers.ts";
import { type Book, openBook, outcomeOf } from "./book.ts";
import { type Call, readOnce, type World } from "./call.ts";
import type { Answer, ByteSource, Exchange, RefuseInput, RunInput } from "./contract.ts";
import { discoverer, listModels } from "./discovery.ts";
import { type Served, type Standing, serve } from "./engine.ts";
import { readFacts, translationMode } from "./facts.ts";
import { createPump } from "./pump.ts";

export interface ExchangeInput {
  readonly world: World;
  readonly standing: Standing;
  readonly protocols: readonly Protocol[];
  readonly identify: (credential: Secret | null) => Identified;
  readonly onRecord: (record: ExchangeRecord, row: UsageRow) => void;
  /** A bug ended an exchange; the message is for the operator's log only. */
  readonly onBug: (id: string, error: unknown) => void;
  readonly startedWallMs: number;
}

export interface Exchanges extends Exchange {
  /** Right now. */
  running(): { readonly exchanges: number; readonly streams: number; readonly waiting: ReadonlyMap<string, number> };
  /** Ends every running exchange with an honest error; new ones are refused. */
  stop(): void;
}

/** What is running: one entry an exchange, so that stopping reaches each of them. */
interface Running {
  readonly open: Map<string, AbortController>;
  streams: number;
  stopped: boolean;
}

/** Characters of the random part of a request id. */
const ID_LENGTH = 24;

export function createExchange(input: ExchangeInput): Exchanges {
  const { world, protocols } = input;
  const running: Running = { open: new Map(), streams: 0, stopped: false };
  const open = (receivedMs: number): Book =>
    openBook({
      id: `req_${world.effects.randomId(ID_LENGTH)}`,
      receivedMs,
      effects: world.effects,
      onClose: input.onRecord,
    });

  return {
    credential(_route, parts) {
      const credential = readCredential(parts);
      if (credential.kind === "conflict") return { kind: "refused", failure: unauthenticated() };
      return input.identify(credential.kind === "one" ? credential.secret : null);
    },

    async run(request) {
      const book = open(request.receivedMs);
      const protocol = speakerOf(input, request.route, request.parts);
      book.ingress = protocol.id;
      book.operation = request.route.operation;
      book.caller = request.caller.label;
      book.requestBytes = request.body.length;
      const end = begin(running, book.id, request.signal);
      try {
        const answered = await runIdentified({ input, running, book }, { ...request, signal: end.signal }, protocol);
        if (answered.body instanceof Uint8Array) end.now();
        return answered.body instanceof Uint8Array
          ? answered
          : { ...answered, body: endingWith(answered.body, running, end.now) };
      } catch (error) {
        end.now();
        input.onBug(book.id, error);
        return refuse(
          input,
          book,
          protocol,
          request.parts,
          failure("internal", "The gateway had an internal error."),
          null,
        );
      }
    },

    refuse({ route, parts, failure: failed, receivedMs }: RefuseInput) {
      const book = open(receivedMs);
      const protocol = route === null ? ownerOf(protocols, parts.path) : speakerOf(input, route, parts);
      book.ingress = protocol.id;
      book.operation = route?.operation ?? null;
      return refuse(input, book, protocol, parts, failed, null);
    },

    running: () => ({ exchanges: running.open.size, streams: running.streams, waiting: input.standing.waiting }),
    stop() {
      running.stopped = true;
      for (const controller of running.open.values()) controller.abort();
    },
  };
}

/** One controller an exchange, fed by the client's signal and by `stop`; the listener goes with the exchange. */
function begin(running: Running, id: string, client: AbortSignal): { readonly signal: AbortSignal; now(): void } {
  const controller = new AbortController();
  const onClient = (): void => controller.abort();
  if (client.aborted) controller.abort();
  else client.addEventListener("abort", onClient, { once: true });
  running.open.set(id, controller);
  return {
    signal: controller.signal,
    now() {
      running.open.delete(id);
      client.removeEventListener("abort", onClient);
    },
  };
}

/** The same source; `end` once it is over. */
function endingWith(source: ByteSource, running: Running, end: () => void): ByteSource {
  running.streams++;
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    running.streams--;
    end();
  };
  return {
    async next() {
      const bytes = await source.next();
      if (bytes === null) finish();
      return bytes;
    },
    cancel() {
      source.cancel();
      finish();
    },
  };
}

/** One exchange on its way. */
interface Way {
  readonly input: ExchangeInput;
  readonly running: Running;
  readonly book: Book;
}

async function runIdentified({ input, running, book }: Way, request: RunInput, ingress: Protocol): Promise<Answer> {
  const { world } = input;
  const { route, parts, caller } = request;
  if (route.operation === "models") return discover(input, request, book, ingress);
  const read = readFacts({ route, parts, body: request.body, payload: ingress.payload });
  if (read.kind === "refused") return refuse(input, book, ingress, parts, read.failure, null);
  const { facts } = read.request;
  book.stream = facts.stream;
  book.asked = facts.target;
  const target = findTarget(world.deployment, facts.target);
  const refused = access(target, caller, facts.target);
  if (target === null || refused !== null)
    return refuse(input, book, ingress, parts, refused ?? unknownModel(facts.target), null);
  book.target = target.name;
  const translation = translationMode(target.translation, parts.headers["x-ringmain-translation"]);
  if (typeof translation !== "string") return refuse(input, book, ingress, parts, translation, null);
  const call = callOf(book, request, ingress, read.request, translation);
  if (running.stopped) return refuse(input, book, ingress, parts, STOPPING, null);
  const served = await serve({ world, standing: input.standing, call, book, target });
  if (served.kind === "abandoned" && running.stopped) return refuse(input, book, ingress, parts, STOPPING, null);
  return answer(input, call, book, served);
}

const STOPPING = failure("shutting-down", "The gateway is shutting down. Send the request again.", 1_000);

function callOf(
  book: Book,
  request: RunInput,
  ingress: Protocol,
  parsed: Call["request"],
  translation: TranslationMode,
): Call {
  return {
    id: book.id,
    route: request.route,
    parts: request.parts,
    caller: request.caller,
    ingress,
    request: parsed,
    translation,
    signal: request.signal,
    startedMs: request.receivedMs,
    ir: readOnce(ingress, parsed),
  };
}

function access(target: Target | null, caller: Caller, asked: string): Failure | null {
  if (target !== null && mayAsk(caller, target.name)) return null;
  // A restricted caller learns nothing about names it may not ask for.
  if (caller.allowedTargets !== null) return failure("forbidden", "This key may not use the requested model.");
  return unknownModel(asked);
}

/** Characters of the client's own word in a refusal. */
const ASKED_CHARS_MAX = 120;

function unknownModel(asked: string): Failure {
  return failure(
    "unknown-model",
    `The model "${asked.slice(0, ASKED_CHARS_MAX)}" does not exist. GET /v1/models lists what there is.`,
  );
}

function answer(input: ExchangeInput, call: Call, book: Book, served: Served): Answer {
  switch (served.kind) {
    case "abandoned":
      return refuse(
        input,
        book,
        call.ingress,
        call.parts,
        failure("client-gone", "The client closed the connection."),
        null,
      );
    case "failed":
      if (call.request.facts.operation === "count" && !isAboutTheRequest(served.failure))
        return estimateCount(input, call, book);
      return refuse(input, book, call.ingress, call.parts, served.failure, served.from);
    case "served":
      return served.outcome.kind === "answered"
        ? answerWhole(input, book, served)
        : answerStream(input, call, book, served);
  }
}

type ServedLane = Extract<Served, { kind: "served" }>;

function answerWhole(input: ExchangeInput, book: Book, served: ServedLane): Answer {
  const { outcome, lane, guard } = served;
  if (outcome.kind !== "answered") throw new Error("a streamed outcome is answered as a stream");
  const { nowMs } = input.world.effects;
  input.standing.onChanges(served.target, guard.succeeded(nowMs()));
  guard.release(nowMs());
  book.committed();
  served.attempt.close({
    outcome: "answered",
    status: outcome.status,
    ambiguous: false,
    retryAfterMs: null,
    reportedModel: outcome.reportedModel,
    firstByte: true,
  });
  book.addLosses(outcome.losses, outcome.losses.length);
  book.close({
    outcome: "answered",
    status: outcome.status,
    failure: null,
    lane,
    usage: outcome.usage,
    usageEstimated: outcome.usage === null,
    answerBytes: outcome.body.length,
  });
  return {
    status: outcome.status,
    headers: { ...outcome.headers, ...ownHeaders(input, book, served, outcome.losses, outcome.losses.length) },
    body: outcome.body,
  };
}

function answerStream(input: ExchangeInput, call: Call, book: Book, served: ServedLane): Answer {
  const { outcome } = served;
  if (outcome.kind !== "streaming") throw new Error("a whole outcome is answered whole");
  const { world } = input;
  const { note } = outcome.flow;
  book.committed();
  const translated = !outcome.relayed;
  const source: ByteSource = createPump({
    body: outcome.body,
    flow: outcome.flow,
    held: outcome.held,
    closed: outcome.closed,
    endsAtEnding: translated,
    keepAlive: translated ? call.ingress.carrier.keepAlive : null,
    setTimer: world.effects.setTimer,
    onEnd: ({ clientGone, bytes }) =>
      closeStream(input, book, served, { clientGone: clientGone && !note.ended, bytes }),
  });
  const known = [...outcome.losses, ...note.losses];
  const headers = ownHeaders(
    input,
    book,
    { ...served, attempts: book.attempts.length + 1 },
    known,
    outcome.losses.length + note.lossCount,
  );
  return { status: outcome.status, headers: { ...outcome.headers, ...headers }, body: source };
}

/** Step the cell, settle, close: once, when the last byte is out or the client has left. */
function closeStream(
  input: ExchangeInput,
  book: Book,
  served: ServedLane,
  end: { clientGone: boolean; bytes: number },
): void {
  const { outcome, guard, lane } = served;
  if (outcome.kind !== "streaming") return;
  const { note } = outcome.flow;
  const now = input.world.effects.nowMs();
  const changes = end.clientGone
    ? guard.abandoned(now)
    : note.failure !== null
      ? guard.failed(note.failure, now)
      : guard.succeeded(now);
  guard.release(now);
  input.standing.onChanges(served.target, changes);
  const how = end.clientGone ? "abandoned" : note.failure !== null ? "cut" : "answered";
  served.attempt.close({
    outcome: how,
    status: outcome.status,
    ambiguous: false,
    retryAfterMs: null,
    reportedModel: note.model,
    firstByte: true,
  });
  book.addLosses([...outcome.losses, ...note.losses], outcome.losses.length + note.lossCount);
  book.close({
    outcome: end.clientGone ? "client-gone" : how === "cut" ? "cut" : "answered",
    status: outcome.status,
    failure: note.failure?.kind ?? null,
    lane,
    usage: note.usage,
    usageEstimated: end.clientGone || note.failure !== null || note.usage === null,
    answerBytes: end.bytes,
  });
}

function ownHeaders(
  input: ExchangeInput,
  book: Book,
  served: Pick<ServedLane, "lane" | "switched"> & { attempts?: number },
  losses: Parameters<typeof gatewayHeaders>[0]["losses"],
  lossCount: number,
): Record<string, string> {
  return gatewayHeaders({
    style: input.world.deployment.responseHeaders,
    requestId: book.id,
    lane: served.lane,
    attempts: served.attempts ?? book.attempts.length,
    switched: served.switched,
    losses,
    lossCount,
  });
}

function refuse(
  input: ExchangeInput,
  book: Book,
  protocol: Protocol,
  parts: RequestParts,
  failed: Failure,
  from: string | null,
): Answer {
  const { world } = input;
  const speaker = from === null ? null : world.protocolOf(from);
  const written = writeFailure({
    protocol,
    failure: failed,
    from: speaker,
    requestId: book.id,
    parts,
    detail: world.deployment.errorDetail,
    filter: speaker === null ? null : world.responseFilter(speaker, protocol),
  });
  const bytes = written.body instanceof Uint8Array ? written.body.length : 0;
  book.close({
    outcome: outcomeOf(failed.kind),
    status: written.status,
    failure: failed.kind,
    lane: null,
    usage: null,
    usageEstimated: false,
    answerBytes: bytes,
  });
  const headers = gatewayHeaders({
    style: world.deployment.responseHeaders,
    requestId: book.id,
    lane: null,
    attempts: book.attempts.length,
    switched: false,
    losses: [],
    lossCount: 0,
  });
  return { ...written, headers: { ...written.headers, ...headers } };
}

/** A refusal that an estimate would hide; a vendor that cannot count answers 404 or 405. */
function isAboutTheRequest(failed: Failure): boolean {
  if (failed.kind === "invalid-request" || failed.kind === "caller-credential") return true;
  return failed.kind === "rejected" && failed.upstream?.status !== 404 && failed.upstream?.status !== 405;
}

/** Counting never fails for want of a lane: the estimate says that it is one. */
function estimateCount(input: ExchangeInput, call: Call, book: Book): Answer {
  const { count } = call.ingress.operations;
  if (count === undefined)
    return refuse(input, book, call.ingress, call.parts, failure("unknown-route", "There is no such path."), null);
  const body = new TextEncoder().encode(JSON.stringify(count.writeCount(call.request.facts.inputTokensEstimate)));
  book.close({
    outcome: "answered",
    status: 200,
    failure: null,
    lane: null,
    usage: null,
    usageEstimated: true,
    answerBytes: body.length,
  });
  return {
    status: 200,
    headers: {
      "content-type": "application/json",
      ...call.ingress.carrier.answerHeaders(book.id),
      "x-ringmain-request-id": book.id,
      "x-ringmain-estimated": "true",
    },
    body,
  };
}

function discover(input: ExchangeInput, request: RunInput, book: Book, protocol: Protocol): Answer {
  const listed = listModels({
    deployment: input.world.deployment,
    protocol,
    parts: request.parts,
    caller: request.caller,
    startedWallMs: input.startedWallMs,
  });
  if ("kind" in listed) return refuse(input, book, protocol, request.parts, listed, null);
  const bytes = listed.body instanceof Uint8Array ? listed.body.length : 0;
  book.close({
    outcome: "answered",
    status: listed.status,
    failure: null,
    lane: null,
    usage: null,
    usageEstimated: false,
    answerBytes: bytes,
  });
  return {
    ...listed,
    headers: { ...listed.headers, ...protocol.carrier.answerHeaders(book.id), "x-ringmain-request-id": book.id },
  };
}

/** The protocol a route's client speaks; model lists may share a path. */
function speakerOf(input: ExchangeInput, route: Route, parts: RequestParts): Protocol {
  const shared = route.operation === "models" ? discoverer(route, parts, input.protocols) : undefined;
  return shared ?? input.world.protocolOf(route.protocol);
}

/** Which envelope an unknown path gets: the first protocol that owns it, else the last of the table. */
function ownerOf(protocols: readonly Protocol[], path: string): Protocol {
  const owner = protocols.find((protocol) => protocol.carrier.ownsPath(path)) ?? protocols.at(-1);
  if (owner === undefined) throw new Error("the table of protocols is empty");
  return owner;
}
