/**
 * The path of one request. Read this first: identify, facts, target and access, then the engine (decide, admit,
 * attempt), then the answer; and whatever happens, one record and one settlement.
 */

import { mayAsk } from "../governance/admit.ts";
import { readCredential } from "../governance/credential.ts";
import { type Caller, unauthenticated } from "../governance/identify.ts";
import { isLocalHost } from "../governance/local-host.ts";
import type { Target, TranslationMode } from "../ir/deployment.ts";
import { type Failure, failed, failure } from "../ir/failure.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { findTarget } from "../routing/target.ts";
import { withLimits } from "./answer/headers.ts";
import type { Answer, Exchange, ExchangeInput, RefuseInput, RunInput } from "./contract.ts";
import { serve } from "./engine.ts";
import { openRecord } from "./record-builder.ts";
import { admit } from "./request/admission.ts";
import { type ClientCall, readOnce } from "./request/call.ts";
import { readFacts, translationMode, variantOf } from "./request/facts.ts";
import { keepAnswer, recall } from "./request/idempotency.ts";
import { discoverer } from "./request/model-list.ts";
import { identifySigned } from "./request/signed.ts";
import { discover, type ExchangeContext, refuse, replay, respond } from "./respond.ts";
import { begin, beginStream, newRunning, type Running } from "./shared-state.ts";

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
  const open = (ingress: Protocol, parts: RequestParts, receivedMs: number): ExchangeContext => {
    const id = `req_${world.effects.randomId(ID_LENGTH)}`;
    const record = openRecord({ id, receivedMs, effects: world.effects, onClose: input.onRecord });
    record.ingress = ingress.id;
    return { input, record, ingress, parts };
  };

  return {
    credential(route, parts) {
      if (input.localHostsOnly && !isLocalHost(parts.headers["host"])) return failed(NOT_LOCAL);
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
      if (credential.kind === "conflict") return failed(unauthenticated());
      return input.identify(credential.kind === "one" ? credential.secret : null);
    },

    async run(given) {
      const route = variantOf(given.route, given.body);
      const request = route === given.route ? given : { ...given, route };
      const exchange = open(speakerOf(input, route, given.parts), given.parts, given.receivedMs);
      const { record } = exchange;
      record.operation = route.operation;
      record.caller = request.caller.label;
      record.requestBytes = request.body.length;
      const end = begin(running, record.id, request.signal);
      try {
        const answered = await runIdentified(exchange, { ...request, signal: end.signal }, running);
        if (answered.body instanceof Uint8Array) end.now();
        else record.onClosed(beginStream(running, end.now));
        return answered;
      } catch (error) {
        end.now();
        input.onBug(record.id, error);
        return refuse(exchange, failure("internal", "The gateway had an internal error."));
      }
    },

    refuse({ route, parts, failure: failed, receivedMs }: RefuseInput) {
      const ingress = route === null ? ownerOf(protocols, parts.path) : speakerOf(input, route, parts);
      const exchange = open(ingress, parts, receivedMs);
      exchange.record.operation = route?.operation ?? null;
      return refuse(exchange, failed);
    },

    running: () => ({ exchanges: running.open.size, streams: running.streams, waiting: input.shared.waiting }),
    stop() {
      running.stopped = true;
      for (const stopper of running.open.values()) stopper.abort();
    },
  };
}

async function runIdentified(exchange: ExchangeContext, request: RunInput, running: Running): Promise<Answer> {
  const { input, record, ingress } = exchange;
  const { world, idempotency } = input;
  const { route, parts, caller, body } = request;
  if (caller.mayHaveSigned?.(body) === false) return refuse(exchange, unauthenticated());
  if (route.operation === "models") return discover(exchange, request);
  const read = readFacts({ route, parts, body, protocol: ingress });
  if (!read.ok) return refuse(exchange, read.failure);
  const { facts, named } = read.value;
  record.stream = facts.stream;
  record.asked = facts.target;
  const target = findTarget(world.deployment, facts.target);
  const refused = access(target, caller, facts.target);
  if (target === null || refused !== null) {
    const told = target === null && !named ? unnamedModel(facts.target) : refused;
    return refuse(exchange, told ?? unknownModel(facts.target));
  }
  record.target = target.name;
  const translation = translationMode(target.translation, parts.headers["x-ringmain-translation"]);
  if (!translation.ok) return refuse(exchange, translation.failure);
  const call = callOf(exchange, request, read.value, translation.value);
  if (running.stopped) return refuse(exchange, STOPPING);
  const recalled = idempotency === null ? null : await recall(idempotency, request);
  if (recalled?.ok === false) return refuse(exchange, recalled.failure);
  const repeat = recalled?.value ?? null;
  if (repeat?.kind === "replay") return replay(exchange, repeat.answer);
  const forget = (): void => {
    if (repeat !== null) idempotency?.remember(repeat.key, null);
  };
  try {
    const admitted = await admit(input.admission, { deployment: world.deployment, call, target });
    if (admitted.kind === "refused") {
      forget();
      return withLimits(refuse(exchange, admitted.failure), call, admitted.notice, world.effects.wallMs());
    }
    record.pass = admitted.pass;
    const served = await serve({ world, shared: input.shared, call, record, target });
    if (served.kind === "abandoned" && running.stopped) {
      forget();
      return refuse(exchange, STOPPING);
    }
    let answer = respond(exchange, call, served);
    if (served.kind !== "served") forget();
    else if (repeat !== null && idempotency !== null) {
      const { outcome } = served;
      const isSound = (): boolean => outcome.kind === "answered" || outcome.flow.note.failure === null;
      // Limits are those of the moment, so they are told beside the answer and not kept with it.
      answer = keepAnswer(idempotency, repeat.key, answer, isSound);
    }
    return withLimits(answer, call, record.pass, world.effects.wallMs());
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
  { record, ingress, parts }: ExchangeContext,
  request: RunInput,
  parsed: ClientCall["request"],
  translation: TranslationMode,
): ClientCall {
  return {
    id: record.id,
    route: request.route,
    parts,
    caller: request.caller,
    ingress,
    framing: ingress.carrier.framingFor(parts),
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
