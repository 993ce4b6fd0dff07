/**
 * The path of one request. Read this first: identify, facts, target and access, then the engine (decide, admit,
 * attempt), then the answer; and whatever happens, one record and one settlement.
 */

import { readCredential } from "../governance/credential.ts";
import { type Caller, verifySigned } from "../governance/identify.ts";
import { isLocalHost } from "../governance/local-host.ts";
import type { Lane, Target } from "../ir/deployment.ts";
import { failed, failure } from "../ir/failure.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { ModelEnding } from "../routing/asked-name.ts";
import type { StopSignal } from "../std/stop-signal.ts";
import { withLimits } from "./answer/headers.ts";
import { withNotices } from "./answer/notices.ts";
import type { AnsweredOutcome, StreamingOutcome } from "./answer/outcome.ts";
import { withRouterMetadata } from "./answer/router-metadata.ts";
import { type AnswerRule, answerRulesOf } from "./answer/verdict.ts";
import type { Answer, Exchange, ExchangeInput, RefuseInput, RunInput } from "./contract.ts";
import { type Served, type ServeInput, serve } from "./engine.ts";
import { isFit } from "./lane/fitness.ts";
import { runNamed } from "./named-call.ts";
import { orOpened } from "./opening.ts";
import { isGated, openGate } from "./quality/gate.ts";
import { openRecord } from "./record-builder.ts";
import { type AdmittedRequest, admit, UNLIMITED } from "./request/admission.ts";
import { type ClientCall, readOnce } from "./request/call.ts";
import { type ParsedRequest, readFacts, variantOf } from "./request/facts.ts";
import { type Keeping, keepAnswer, nameOf } from "./request/idempotency.ts";
import { discoverer } from "./request/model-list.ts";
import { DEBUG_HEADER, readWishes, wishesOf } from "./request/router-wishes.ts";
import { identifyClient } from "./request/signed.ts";
import { unknownModel } from "./request/unknown-name.ts";
import {
  type JudgedRequest,
  judgeRequest,
  mayDebug,
  type RequestRule,
  requestRules,
  STOPPING,
} from "./request/verdict.ts";
import { CLIENT_GONE, discover, type ExchangeContext, refuse, respond } from "./respond.ts";
import { begin, beginStream } from "./shared-state.ts";
import { subCall } from "./sub-call.ts";
import { askVerdict, type JudgedExchange, type RequestDraft } from "./verdict-contract.ts";

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
  const { running } = input.shared;
  const given = { deployment: world.deployment, isStopped: () => running.stopped };
  const afterMs = world.deployment.streamOpenAfterMs;
  const rules = requestRules(given, []);
  const rulesWith: RulesWith = (own) => (own.length === 0 ? rules : requestRules(given, own));
  const open = (ingress: Protocol, parts: RequestParts, receivedMs: number): ExchangeContext => {
    const id = `req_${world.effects.randomId(ID_LENGTH)}`;
    const record = openRecord({ id, receivedMs, effects: world.effects, onClose: input.onRecord });
    record.ingress = ingress.id;
    return { input, record, ingress, parts, wishes: null, debug: null };
  };

  return {
    credential(route, parts) {
      if (input.localHostsOnly && !isLocalHost(parts.headers["host"])) return failed(NOT_LOCAL);
      const queryKey = route !== null && speakerOf(input, route, parts).carrier.auth.queryKey;
      const credential = readCredential(parts, { queryKey });
      const { mode } = world.deployment.auth;
      return identifyClient({
        inbound: route === null ? undefined : world.protocolOf(route.protocol).carrier.auth.inbound,
        parts,
        mode,
        signer: input.signer ?? null,
        callerNamed: input.callerNamed ?? unlimited,
        wallMs: world.effects.wallMs,
        credential,
        identify: input.identify,
        tokensName: mode === "token" || input.callerNamed !== undefined,
      });
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
        const answering = told(exchange, runIdentified(exchange, { ...request, signal: end.signal }, rulesWith));
        const mayOpen = afterMs > 0 && record.stream && route.operation === "chat";
        const answered = await (mayOpen && answering instanceof Promise
          ? orOpened(exchange, {
              answering,
              afterMs,
              failed: (error) => refuseBug(exchange, error),
              stop: () => end.stop(),
            })
          : answering);
        if (answered.body instanceof Uint8Array) end.over();
        else record.onClosed(beginStream(running, () => end.over()));
        return answered;
      } catch (error) {
        end.over();
        return refuseBug(exchange, error);
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

function refuseBug(exchange: ExchangeContext, error: unknown): Answer {
  exchange.input.onBug(exchange.record.id, error);
  return refuse(exchange, failure("internal", "The gateway had an internal error."));
}

/** With what was decided beside it, where the client asks for that and may. */
function told(exchange: ExchangeContext, answering: Answer | Promise<Answer>): Answer | Promise<Answer> {
  const { input, record, parts } = exchange;
  if (parts.headers[DEBUG_HEADER] === undefined) return answering;
  const tell = (answer: Answer): Answer => {
    const { debug } = exchange;
    return debug === null ? answer : withRouterMetadata(answer, { debug, deployment: input.world.deployment, record });
  };
  return answering instanceof Promise ? answering.then(tell) : tell(answering);
}

/** The verdicts on requests, with an operator's own among them. */
type RulesWith = (own: readonly RequestRule[]) => readonly RequestRule[];

/** From the whole request to what is asked of whom. */
function runIdentified(exchange: ExchangeContext, request: RunInput, rulesWith: RulesWith): Answer | Promise<Answer> {
  const { record, ingress } = exchange;
  const { route, parts, caller, body, signal } = request;
  const verified = verifySigned(caller, body);
  if (!verified.ok) return refuse(exchange, verified.failure);
  const wishes = readWishes(parts.headers);
  if (!wishes.ok) return refuse(exchange, wishes.failure);
  if (route.operation === "models") return discover(exchange, request);
  const read = readFacts({ route, parts, body, protocol: ingress });
  if (!read.ok) return refuse(exchange, read.failure);
  const { facts, named } = read.value;
  const asked = wishesOf(wishes.value, read.value);
  if (!asked.ok) return refuse(exchange, asked.failure);
  exchange.wishes = asked.value;
  record.stream = facts.stream;
  record.asked = facts.target;
  const { onRequest, rulesOf } = boundVerdicts(exchange, signal);
  const draft: RequestDraft = {
    caller,
    parts,
    facts,
    body: read.value.body,
    named,
    wishes: asked.value,
    target: null,
    translation: "lenient",
  };
  const judging = judgeRequest(rulesWith(onRequest), draft);
  const parsed = read.value;
  return judging instanceof Promise
    ? judging.then((judged) => runJudged(exchange, request, { judged, parsed, rulesOf }))
    : runJudged(exchange, request, { judged: judging, parsed, rulesOf });
}

interface JudgedRun {
  readonly judged: JudgedRequest;
  readonly parsed: ParsedRequest;
  readonly rulesOf: ServeInput["rulesOf"];
}

function runJudged(
  exchange: ExchangeContext,
  request: RunInput,
  { judged, parsed, rulesOf }: JudgedRun,
): Answer | Promise<Answer> {
  const { input, record } = exchange;
  const { caller, target, translation, wishes, alias, ending } = judged.draft;
  record.target = target?.name ?? record.target;
  record.alias = alias ?? null;
  if (wishes?.debug === true && mayDebug(input.world.deployment, caller))
    exchange.debug = { caller, task: wishes.task };
  if (judged.kind === "refused") return refuse(exchange, judged.failure);
  if (judged.kind === "stopped") return refuse(exchange, input.shared.running.stopped ? STOPPING : CLIENT_GONE);
  if (target === null) return refuse(exchange, unknownModel(parsed.facts.target, null));
  const call = callOf(exchange, request, parsed, { translation, wishes, ending });
  const admitted = {
    call,
    target,
    keep: null,
    rulesOf: gatedRules(exchange, { call, target }, rulesOf),
    isKept: false,
  };
  record.isBuffered = record.stream && isGated(call, target);
  const { idempotency: kept } = input;
  if (wishes === null && kept === null) return runCall(exchange, admitted);
  const hasCallers = input.world.deployment.auth.mode !== "none";
  const name = nameOf({ request, wishes, kept, memory: input.shared.answers, hasCallers });
  if (!name.ok) return refuse(exchange, name.failure);
  return name.value === null
    ? runCall(exchange, admitted)
    : runNamed(exchange, request, {
        name: name.value,
        wishes,
        run: (keep) => runCall(exchange, { ...admitted, keep }),
      });
}

interface AdmittedCall {
  readonly call: ClientCall;
  readonly target: Target;
  /** Where its answer is kept; null: it does not name itself. */
  readonly keep: Keeping | null;
  readonly rulesOf: ServeInput["rulesOf"];
}

/** Limits, then lanes, then the answer. */
function runCall(exchange: ExchangeContext, admittedCall: AdmittedCall): Answer | Promise<Answer> {
  const { admission, world } = exchange.input;
  const { call, target } = admittedCall;
  if (admission === null) return runAdmitted(exchange, admittedCall, UNLIMITED);
  const couldServe = (lane: Lane): boolean => isFit(world, call, lane);
  const admitting = admit(admission, { deployment: world.deployment, call, target, couldServe });
  return admitting instanceof Promise
    ? admitting.then((admitted) => runAdmitted(exchange, admittedCall, admitted))
    : runAdmitted(exchange, admittedCall, admitting);
}

function runAdmitted(
  exchange: ExchangeContext,
  admittedCall: AdmittedCall,
  admitted: AdmittedRequest,
): Answer | Promise<Answer> {
  const { input, record } = exchange;
  const { world, shared } = input;
  const { call, target, rulesOf } = admittedCall;
  if (admitted.kind === "refused") {
    const refusal = refuse(exchange, admitted.failure);
    return withLimits(refusal, call, admitted.notice, world.effects.wallMs());
  }
  record.pass = admitted.pass;
  // One step of its own instead of a function that waits, which costs more.
  return serve({ world, shared, call, record, target, pass: admitted.pass, rulesOf }).then((served) =>
    answerOf(exchange, admittedCall, served),
  );
}

function answerOf(exchange: ExchangeContext, admittedCall: AdmittedCall, served: Served): Answer {
  const { input, record } = exchange;
  const { world, shared } = input;
  const { call, keep } = admittedCall;
  if (served.kind === "abandoned" && shared.running.stopped) return refuse(exchange, STOPPING);
  const answer = respond(exchange, call, served);
  const isKept = served.kind === "served" && keep !== null;
  // Limits are those of the moment, and notices this request's wish: both are told beside the answer and not kept with it.
  const kept = isKept ? keepAnswer(keep, answer, () => isSound(served.outcome)) : answer;
  const told = withNotices(kept, {
    headers: call.parts.headers,
    record,
    style: world.deployment.responseHeaders,
    places: call.ingress.payload.noticePlaces,
    framing: call.framing,
  });
  const limited = record.pass === null ? told : withLimits(told, call, record.pass, world.effects.wallMs());
  if (isKept) keep.isTaken = true;
  return limited;
}

function isSound(outcome: AnsweredOutcome | StreamingOutcome): boolean {
  return outcome.kind === "answered" || outcome.flow.note.failure === null;
}

/** The operator's verdicts about this exchange; nothing is made where there are none. */
function boundVerdicts(
  exchange: ExchangeContext,
  signal: StopSignal,
): { readonly onRequest: readonly RequestRule[]; readonly rulesOf: ServeInput["rulesOf"] } {
  const { verdicts } = exchange.input;
  if (verdicts === undefined) return OWN_VERDICTS;
  const judged = judgedExchange(exchange, signal);
  return {
    onRequest: verdicts.onRequest.map((verdict) => (draft) => askVerdict(judged, (context) => verdict(draft, context))),
    rulesOf: (target) => [
      ...answerRulesOf(target),
      ...verdicts.onAnswer(target).map(
        (verdict): AnswerRule => ({
          hold: verdict.hold,
          judge: (answer) => askVerdict(judged, (context) => verdict.judge(answer, context)),
        }),
      ),
    ],
  };
}

function judgedExchange(
  exchange: Pick<ExchangeContext, "input" | "record" | "wishes">,
  signal: StopSignal,
): JudgedExchange {
  const { input, record, wishes } = exchange;
  return {
    id: record.id,
    signal,
    setTimer: input.world.effects.setTimer,
    subCall: (request, until) => subCall({ input, record, wishes, signal: until }, request),
  };
}

/** Quality is judged last: what another verdict refuses needs no grade. */
function gatedRules(
  exchange: ExchangeContext,
  { call, target }: Pick<AdmittedCall, "call" | "target">,
  rulesOf: ServeInput["rulesOf"],
): ServeInput["rulesOf"] {
  if (target.quality === null && target.onExhausted.action !== "fallback-pool") return rulesOf;
  const gate = openGate({ call, exchange: judgedExchange(exchange, call.signal), world: exchange.input.world });
  return (each) => {
    const rule = gate.ruleOf(each);
    return rule === null ? rulesOf(each) : [...rulesOf(each), rule];
  };
}

const OWN_VERDICTS = { onRequest: [], rulesOf: answerRulesOf };

/** Who signs where there are no virtual keys. */
function unlimited(label: string): Caller {
  return { label, allowedTargets: null, passthrough: null, key: null };
}

const NOT_LOCAL = failure(
  "forbidden",
  "This gateway is open on its own machine only, and the Host header names another one. Call it as localhost.",
);

function callOf(
  { record, ingress, parts }: ExchangeContext,
  request: RunInput,
  parsed: ClientCall["request"],
  {
    translation,
    wishes,
    ending,
  }: Pick<RequestDraft, "translation" | "wishes"> & { readonly ending: ModelEnding | undefined },
): ClientCall {
  const call: ClientCall = {
    id: record.id,
    route: request.route,
    parts,
    caller: request.caller,
    ingress,
    framing: ingress.carrier.framingFor(parts),
    request: parsed,
    translation,
    wishes,
    signal: request.signal,
    startedMs: request.receivedMs,
    ir: readOnce(ingress, parsed),
  };
  return ending === undefined ? call : { ...call, ending };
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
