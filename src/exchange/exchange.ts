/**
 * The path of one request. Read this first: identify, facts, target and access, then the engine (decide, admit,
 * attempt), then the answer; and whatever happens, one record and one settlement.
 */

import { mayAsk } from "../governance/admit.ts";
import { readCredential } from "../governance/credential.ts";
import { type Caller, unauthenticated } from "../governance/identify.ts";
import { isLocalHost } from "../governance/local-host.ts";
import type { Target, TranslationMode } from "../ir/deployment.ts";
import { type Failure, failure } from "../ir/failure.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { findTarget } from "../routing/target.ts";
import type { Answer, Exchange, RefuseInput, RunInput } from "./contract.ts";
import { type Served, serve } from "./engine.ts";
import { openRecord, type RecordBuilder } from "./record-builder.ts";
import { letIn, withLimits } from "./request/admission.ts";
import { type Call, readOnce } from "./request/call.ts";
import { readFacts, translationMode, variantOf } from "./request/facts.ts";
import { keeping, repeatOf } from "./request/idempotency.ts";
import { discoverer } from "./request/model-list.ts";
import { identifySigned } from "./request/signed.ts";
import {
  answerStream,
  answerWhole,
  discover,
  type ExchangeInput,
  estimateCount,
  isAboutTheRequest,
  leave,
  refuse,
  replay,
} from "./respond.ts";
import { begin, beginStream, newRunning, type Running } from "./running.ts";

export interface Exchanges extends Exchange {
  /** Right now. */
  running(): { readonly exchanges: number; readonly streams: number; readonly waiting: ReadonlyMap<string, number> };
  /** Ends every running exchange with an honest error; new ones are refused. */
  stop(): void;
}

/** Characters of the random part of a request id. */
const ID_LENGTH = 24;

export function createExchange(input: ExchangeInput): Exchanges {
  const { world, protocols } = input;
  const running = newRunning();
  const open = (receivedMs: number): RecordBuilder =>
    openRecord({
      id: `req_${world.effects.randomId(ID_LENGTH)}`,
      receivedMs,
      effects: world.effects,
      onClose: input.onRecord,
    });

  return {
    credential(route, parts) {
      if (input.localHostsOnly && !isLocalHost(parts.headers["host"])) return { kind: "refused", failure: NOT_LOCAL };
      const signed = identifySigned({
        inbound: route === null ? undefined : world.protocolOf(route.protocol).carrier.auth.inbound,
        parts,
        mode: world.deployment.auth.mode,
        signer: input.signer ?? null,
        callerNamed: input.callerNamed ?? unlimited,
        wallMs: world.effects.wallMs,
      });
      if (signed !== null) return signed;
      const queryKey = route !== null && speakerOf(input, route, parts).carrier.auth.queryKey;
      const credential = readCredential(parts, { queryKey });
      if (credential.kind === "conflict") return { kind: "refused", failure: unauthenticated() };
      return input.identify(credential.kind === "one" ? credential.secret : null);
    },

    async run(given) {
      const record = open(given.receivedMs);
      const route = variantOf(given.route, given.body);
      const request = route === given.route ? given : { ...given, route };
      const protocol = speakerOf(input, request.route, request.parts);
      record.ingress = protocol.id;
      record.operation = request.route.operation;
      record.caller = request.caller.label;
      record.requestBytes = request.body.length;
      const end = begin(running, record.id, request.signal);
      try {
        const answered = await runIdentified({ input, running, record }, { ...request, signal: end.signal }, protocol);
        if (answered.body instanceof Uint8Array) end.now();
        else record.onClosed(beginStream(running, end.now));
        return answered;
      } catch (error) {
        end.now();
        input.onBug(record.id, error);
        return refuse(
          input,
          record,
          protocol,
          request.parts,
          failure("internal", "The gateway had an internal error."),
          null,
        );
      }
    },

    refuse({ route, parts, failure: failed, receivedMs }: RefuseInput) {
      const record = open(receivedMs);
      const protocol = route === null ? ownerOf(protocols, parts.path) : speakerOf(input, route, parts);
      record.ingress = protocol.id;
      record.operation = route?.operation ?? null;
      return refuse(input, record, protocol, parts, failed, null);
    },

    running: () => ({ exchanges: running.open.size, streams: running.streams, waiting: input.shared.waiting }),
    stop() {
      running.stopped = true;
      for (const stopper of running.open.values()) stopper.abort();
    },
  };
}

/** One exchange on its way. */
interface Way {
  readonly input: ExchangeInput;
  readonly running: Running;
  readonly record: RecordBuilder;
}

async function runIdentified({ input, running, record }: Way, request: RunInput, ingress: Protocol): Promise<Answer> {
  const { world } = input;
  const { route, parts, caller } = request;
  if (caller.mayHaveSigned?.(request.body) === false)
    return refuse(input, record, ingress, parts, unauthenticated(), null);
  if (route.operation === "models") return discover(input, request, record, ingress);
  const read = readFacts({ route, parts, body: request.body, protocol: ingress });
  if (read.kind === "refused") return refuse(input, record, ingress, parts, read.failure, null);
  const { facts } = read.request;
  record.stream = facts.stream;
  record.asked = facts.target;
  const target = findTarget(world.deployment, facts.target);
  const refused = access(target, caller, facts.target);
  if (target === null || refused !== null) {
    const told = target === null && !read.request.named ? unnamedModel(facts.target) : refused;
    return refuse(input, record, ingress, parts, told ?? unknownModel(facts.target), null);
  }
  record.target = target.name;
  const translation = translationMode(target.translation, parts.headers["x-ringmain-translation"]);
  if (typeof translation !== "string") return refuse(input, record, ingress, parts, translation, null);
  const call = callOf(record, request, ingress, read.request, translation);
  if (running.stopped) return refuse(input, record, ingress, parts, STOPPING, null);
  const repeat = input.repeats === null ? null : await repeatOf(input.repeats, request);
  if (repeat?.kind === "replay") return replay(input, record, repeat.answer);
  if (repeat?.kind === "refused") return refuse(input, record, ingress, parts, repeat.failure, null);
  const forget = (): void => {
    if (repeat !== null) input.repeats?.remember(repeat.key, null);
  };
  try {
    const notLetIn = await letIn(input, call, record, target);
    if (notLetIn !== null) {
      forget();
      const told = refuse(input, record, ingress, parts, notLetIn.failure, null);
      return withLimits(told, call, notLetIn.told, world.effects.wallMs());
    }
    const served = await serve({ world, shared: input.shared, call, record, target });
    if (served.kind === "served" && repeat !== null && input.repeats !== null) {
      const { outcome } = served;
      const isSound = (): boolean => outcome.kind === "answered" || outcome.flow.note.failure === null;
      // Limits are those of the moment, so they are told beside the answer and not kept with it.
      const kept = keeping(input.repeats, repeat.key, answer(input, call, record, served), isSound);
      return withLimits(kept, call, record.pass, world.effects.wallMs());
    }
    forget();
    if (served.kind === "abandoned" && running.stopped) return refuse(input, record, ingress, parts, STOPPING, null);
    return withLimits(answer(input, call, record, served), call, record.pass, world.effects.wallMs());
  } catch (error) {
    forget();
    throw error;
  }
}

/** Who signs where there are no virtual keys. */
function unlimited(label: string): Caller {
  return { label, allowedTargets: null, passthrough: null, key: null };
}

const NOT_LOCAL = failure(
  "forbidden",
  "This gateway is open on its own machine only, and the Host header names another one. Call it as localhost.",
);

const STOPPING = failure("shutting-down", "The gateway is shutting down. Send the request again.", 1_000);

function callOf(
  record: RecordBuilder,
  request: RunInput,
  ingress: Protocol,
  parsed: Call["request"],
  translation: TranslationMode,
): Call {
  return {
    id: record.id,
    route: request.route,
    parts: request.parts,
    caller: request.caller,
    ingress,
    framing: ingress.carrier.framingFor(request.parts),
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

/** The vendor would have chosen; here only the operator may. */
function unnamedModel(absent: string): Failure {
  return failure(
    "invalid-request",
    `The request names no model, and no model here is called "${absent}" to stand in for it. Send "model"; GET /v1/models lists what there is.`,
  );
}

function answer(input: ExchangeInput, call: Call, record: RecordBuilder, served: Served): Answer {
  switch (served.kind) {
    case "abandoned":
      return leave(input, call, record);
    case "failed":
      if (call.request.facts.operation === "count" && !isCountRefused(input, call, served))
        return estimateCount(input, call, record);
      return refuse(input, record, call.ingress, call.parts, served.failure, served.from);
    case "served":
      return served.outcome.kind === "answered"
        ? answerWhole(input, call, record, served)
        : answerStream(input, call, record, served);
  }
}

/** What a vendor says against a translation need not be the client's fault; an estimate stands in for its number. */
function isCountRefused(input: ExchangeInput, call: Call, served: Extract<Served, { kind: "failed" }>): boolean {
  const translated = served.from !== null && input.world.protocolOf(served.from).payload.id !== call.ingress.payload.id;
  return !translated && isAboutTheRequest(served.failure);
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
