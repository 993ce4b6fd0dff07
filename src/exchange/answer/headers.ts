/** What the client is told around an answer: the gateway's own headers, and failures in the client's own protocol. */
import type { AliasWay, Deployment, Lane } from "../../ir/deployment.ts";
import type { Failure, FailureKind } from "../../ir/failure.ts";
import type { RateLimits } from "../../ir/limits.ts";
import type { Loss } from "../../ir/loss.ts";
import { groupLosses } from "../../ir/loss-groups.ts";
import { type Grade, isPassing } from "../../ir/quality.ts";
import type { LaneSwitch } from "../../ir/record.ts";
import type { RequestParts } from "../../ir/route.ts";
import type { AnswerContext, FrameJoiner, Payload, Protocol } from "../../protocols/protocol.ts";
import { concatBytes, encodeUtf8 } from "../../std/bytes.ts";
import { redact } from "../../std/redact.ts";
import type { Answer, WholeAnswer } from "../contract.ts";
import { type HeaderFilter, isAboutLimits } from "../header-filter.ts";
import type { AnswerSource } from "../lane/attempt-context.ts";
import type { LimitsNotice } from "../request/admission.ts";
import type { ClientCall } from "../request/call.ts";

/** Of a relayed answer: what may pass of the lane's own headers. */
export function relayHeaders(attempt: AnswerSource, headers: Readonly<Record<string, string>>): Record<string, string> {
  const { ingress, id } = attempt.call;
  const passed = attempt.world.responseFilter(attempt.egress, ingress)(headers);
  const own = ingress.carrier.answerHeaders(id);
  for (const name in own) passed[name] ??= own[name] ?? "";
  passed["content-type"] = headers["content-type"] ?? "application/json";
  return passed;
}

interface GatewayHeadersInput {
  readonly style: Deployment["responseHeaders"];
  readonly requestId: string;
  /** Lane that answered; null: none did. */
  readonly lane: Lane | null;
  readonly attempts: number;
  /** Another lane answered than the one that was meant; null: that one, or none. */
  readonly switch: LaneSwitch | null;
  /** As its vendor names it; null: it did not. */
  readonly reportedModel: string | null;
  readonly losses: readonly Loss[];
  readonly lossCount: number;
  /** From `aliasHeader`. */
  readonly alias: string | null;
  /** The answer was held until it was whole and graded. */
  readonly isBuffered: boolean;
  /** Turns that were left out; null: none. */
  readonly trimmed: NonNullable<ClientCall["trimmed"]> | null;
  /** What the answer was graded with; null: it was not. */
  readonly grade: Grade | null;
}

/** Bytes of `x-ringmain-losses`: proxies refuse headers of 4 to 8 KB. */
const LOSSES_HEADER_CHARS_MAX = 2_048;

/** Put into the headers of an answer. */
export function addGatewayHeaders(headers: Record<string, string>, input: GatewayHeadersInput): void {
  if (input.style === "off") return;
  headers["x-ringmain-request-id"] = input.requestId;
  if (input.alias !== null) headers["x-ringmain-alias"] = input.alias;
  if (input.isBuffered) headers["x-ringmain-buffered"] = "quality";
  if (input.grade !== null) addGrade(headers, input.grade);
  if (input.trimmed !== null) headers["x-ringmain-trimmed"] = trimHeader(input.trimmed);
  if (input.lossCount > 0) headers["x-ringmain-losses"] = lossesHeader(input.losses, input.lossCount);
  if (input.style === "minimal") return;
  if (input.lane !== null) {
    headers["x-ringmain-model"] = headerText(input.lane.model);
    headers["x-ringmain-lane"] = headerText(input.lane.id);
    if (input.reportedModel !== null) {
      headers["x-ringmain-upstream-model"] = headerText(input.reportedModel.slice(0, REPORTED_CHARS_MAX));
    }
    if (input.switch !== null) headers["x-ringmain-switch"] = switchHeader(input.switch);
  }
  headers["x-ringmain-attempts"] = String(input.attempts);
}

/** `turns=12; order=oldest` */
function trimHeader({ order, turns }: NonNullable<ClientCall["trimmed"]>): string {
  return `turns=${turns}; order=${order === "trim-oldest" ? "oldest" : "middle"}`;
}

/** What is served below the threshold is marked, also where headers are few. */
function addGrade(headers: Record<string, string>, grade: Grade): void {
  headers["x-ringmain-quality"] = `score=${grade.score}; threshold=${grade.threshold}`;
  if (!isPassing(grade)) headers["x-ringmain-degraded"] = "quality";
}

/** A longer name is no model's. */
const REPORTED_CHARS_MAX = 200;

function switchHeader({ from, to, reason, tier, unverified }: LaneSwitch): string {
  const doubt = unverified === true ? "; unverified" : "";
  return `from=${headerText(from)}; to=${headerText(to)}; reason=${reason}; tier=${tier}${doubt}`;
}

/** Of a stream that is opened before its answer is known. */
export function openingHeaders({
  style,
  requestId,
  alias,
  isBuffered,
}: Pick<GatewayHeadersInput, "style" | "requestId" | "alias" | "isBuffered">): Record<string, string> {
  if (style === "off") return {};
  const headers: Record<string, string> = { "x-ringmain-request-id": requestId, "x-ringmain-opened": "true" };
  if (isBuffered) headers["x-ringmain-buffered"] = "quality";
  return alias === null ? headers : { ...headers, "x-ringmain-alias": alias };
}

/** `asked=gpt-mini; target=fast`; null: the target was asked for by its own name. */
export function aliasHeader(
  record: { readonly alias: AliasWay | null; readonly asked: string | null; readonly target: string },
  masked: (text: string) => string,
): string | null {
  if (record.alias === null) return null;
  const asked = redact(masked((record.asked ?? "").slice(0, ASKED_CHARS_MAX)));
  return `asked=${headerText(asked).replaceAll(";", "%3B")}; target=${headerText(record.target).replaceAll(";", "%3B")}`;
}

/** Of a name that a client made up. */
const ASKED_CHARS_MAX = 120;

/** A count, then by kind as many as fit: `3; content 1 (messages[1].content[0] dropped), sampling 2 (top_k dropped, seed dropped)`. */
function lossesHeader(losses: readonly Loss[], count: number): string {
  let text = `${count};`;
  for (const [index, { kind, count: ofKind, entries }] of groupLosses(losses).entries()) {
    let group = `${index === 0 ? " " : ", "}${kind} ${ofKind} (`;
    const room = LOSSES_HEADER_CHARS_MAX - text.length - 1;
    for (const [at, entry] of entries.entries()) {
      const next = `${at === 0 ? "" : ", "}${entry.split(" ").map(headerText).join(" ")}`;
      if (group.length + next.length > room) break;
      group += next;
    }
    if (group.endsWith("(")) break;
    text += `${group})`;
  }
  return text;
}

/** Header values are visible ASCII; what else a name holds is escaped as in a URL, a lone surrogate as U+FFFD. */
function headerText(text: string): string {
  return VISIBLE.test(text) ? text : text.toWellFormed().replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent);
}

/** As nearly every name is: then there is nothing to search for. */
const VISIBLE = /^[\x21-\x7e]*$/;

interface RefusalInput {
  readonly protocol: Protocol;
  readonly failure: Failure;
  /** Protocol whose words the failure carries; null: none. */
  readonly from: Protocol | null;
  readonly requestId: string;
  readonly parts: RequestParts;
  readonly detail: Deployment["errorDetail"];
  readonly filter: HeaderFilter | null;
}

/** Failures that speak of our account, or are no answer to the request: never shown in the vendor's words. */
const OURS: ReadonlySet<FailureKind> = new Set<FailureKind>(["credential", "billing", "redirect", "malformed"]);

/** In the client's protocol: the vendor's own bytes where it speaks the same one, else the protocol's own envelope. */
export function writeFailure(input: RefusalInput): WholeAnswer {
  const { failure, protocol, from } = input;
  const common: Record<string, string> = {
    "x-ringmain-error": failure.kind.replaceAll("-", "_"),
    ...retryAfter(failure),
  };
  const { upstream } = failure;
  if (
    upstream?.body != null &&
    upstream.body.length > 0 &&
    from?.carrier.envelope === protocol.carrier.envelope &&
    !OURS.has(failure.kind)
  ) {
    const passed = input.filter === null ? {} : input.filter(upstream.headers);
    return {
      status: upstream.status,
      headers: {
        ...protocol.carrier.answerHeaders(input.requestId),
        ...withoutOddWait(passed),
        ...common,
        "content-type": upstream.headers["content-type"] ?? "application/json",
      },
      body: upstream.body,
    };
  }
  const written = protocol.payload.writeError(failure, {
    requestId: input.requestId,
    path: input.parts.path,
    details: input.detail === "full",
  });
  return {
    status: written.status,
    headers: {
      "content-type": "application/json",
      ...protocol.carrier.answerHeaders(input.requestId),
      ...common,
      ...written.headers,
    },
    body: encodeUtf8(JSON.stringify(written.body)),
  };
}

/** A stream that holds nothing but its ending, in the client's protocol and framing. */
export function writeStreamFailure(
  { carrier, payload }: Protocol,
  parts: RequestParts,
  failed: Failure,
  context: AnswerContext,
): Uint8Array {
  return concatBytes(failureInStream(payload, carrier.framingFor(parts).createJoiner(), failed, context));
}

/** The failure as the last of a stream, in the protocol's own shape, written by a fresh writer. */
export function failureInStream(
  payload: Payload,
  joiner: FrameJoiner,
  failed: Failure,
  context: AnswerContext,
): Uint8Array[] {
  const frames = payload.createStreamWriter(context).push({ type: "failed", failure: failed });
  return [...frames.map((frame) => joiner.write(frame)), joiner.end()].filter((bytes) => bytes.length > 0);
}

/** A `Retry-After` of zero makes clients spin, and one that is neither seconds nor a date has no meaning. */
function withoutOddWait(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { "retry-after": wait, ...others } = headers;
  if (wait === undefined) return headers;
  if (/^\s*0+(?:\.0*)?\s*$/.test(wait)) return { ...others, "retry-after": "1" };
  return /^\s*\d+(?:\.\d+)?\s*$|GMT\s*$/.test(wait) ? headers : others;
}

/** Whole seconds, at least one: the form every client reads. */
function retryAfter(failure: Failure): Record<string, string> {
  if (failure.retryAfterMs === null) return {};
  return { "retry-after": String(Math.max(1, Math.ceil(failure.retryAfterMs / 1000))) };
}

/** For a caller with limits of its own, ours are the ones it should heed: the vendor's are about our account. */
export function withLimits(answer: Answer, call: ClientCall, notice: LimitsNotice | null, wallMs: number): Answer {
  if (notice === null || (call.caller.key === null && notice.warnings.length === 0)) return answer;
  const limits = notice.limits();
  const isSilent = limits === null && notice.warnings.length === 0 && !notice.projectIgnored;
  // Most answers neither tell of limits nor have a vendor's word on them to be taken out.
  if (isSilent && !namesLimits(answer.headers)) return answer;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) if (!isAboutLimits(name)) headers[name] = value;
  if (limits !== null) {
    const { carrier } = call.ingress;
    Object.assign(headers, carrier.limitHeaders?.(limits, wallMs) ?? limitHeaders(limits));
  }
  if (notice.warnings.length > 0) headers["x-ringmain-budget-warning"] = notice.warnings.join(", ");
  if (notice.projectIgnored) headers["x-ringmain-project-ignored"] = "true";
  return { ...answer, headers };
}

function namesLimits(headers: Answer["headers"]): boolean {
  for (const name in headers) if (isAboutLimits(name)) return true;
  return false;
}

/** As OpenAI's API names them (platform.openai.com, rate limits, read 2026-11), which most clients look for. */
function limitHeaders({ requests, tokens }: RateLimits): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [kind, limit] of [
    ["requests", requests],
    ["tokens", tokens],
  ] as const) {
    if (limit === null) continue;
    headers[`x-ratelimit-limit-${kind}`] = String(limit.limit);
    headers[`x-ratelimit-remaining-${kind}`] = String(limit.left);
    headers[`x-ratelimit-reset-${kind}`] = `${Math.ceil(limit.resetMs / 1_000)}s`;
  }
  return headers;
}
