/**
 * What was decided for a request, told to a client that asks with `x-router-debug`: in a header, and in whole JSON answers as
 * the member `router`. Both say what is known when the answer begins. Only lanes that the caller may ask for are named.
 */
import { mayAsk } from "../../governance/admit.ts";
import type { Caller } from "../../governance/identify.ts";
import type { Deployment, Lane, Target } from "../../ir/deployment.ts";
import { FAILURES } from "../../ir/failure.ts";
import type { AttemptRecord, LaneSwitch } from "../../ir/record.ts";
import type { Task } from "../../ir/task.ts";
import { encodeUtf8 } from "../../std/bytes.ts";
import { insertDeep } from "../../std/json-insert.ts";
import type { Answer } from "../contract.ts";

/** Who is told, and what only the request says. */
export interface RouterDebug {
  readonly caller: Caller;
  /** null: it was not decided. */
  readonly task: Task | null;
}

interface MetadataInput {
  readonly debug: RouterDebug;
  readonly deployment: Pick<Deployment, "targets" | "lanes">;
  readonly record: {
    readonly id: string;
    readonly target: string;
    readonly queuedMs: number;
    readonly attempts: readonly AttemptRecord[];
    readonly offered: readonly string[];
    readonly skipped: readonly { readonly lane: string; readonly because: string }[];
    readonly switch: LaneSwitch | null;
    readonly trimmed: { readonly turns: number } | null;
    /** null: no lane serves. */
    readonly serving: Serving | null;
  };
}

/** The lane whose answer goes to the client, and what that was graded with. */
interface Serving {
  readonly lane: Lane;
  readonly score: number | null;
}

const HEADER = "x-router-metadata";
/** Of the header's value; with other headers it must pass proxies that take 8 KB. */
const HEADER_CHARS_MAX = 4_096;
const MEMBER = "router";

export function withRouterMetadata(answer: Answer, input: MetadataInput): Answer {
  const metadata = metadataOf(input);
  const headers = { ...answer.headers, [HEADER]: headerOf(metadata) };
  const { body } = answer;
  const isJson = answer.headers["content-type"]?.startsWith("application/json") === true;
  if (!isJson || !(body instanceof Uint8Array)) return { ...answer, headers };
  const told = insertDeep(body, { path: [], name: MEMBER, jsonText: JSON.stringify(metadata) });
  return { ...answer, headers, body: told ?? body };
}

interface Metadata {
  readonly requestId: string;
  readonly target: string;
  readonly taskType: Task | null;
  readonly selectedModelId: string | null;
  readonly waitedMs: number;
  readonly trimmedTurns?: number;
  readonly switch?: LaneSwitch;
  readonly attempts: readonly TriedModel[];
  readonly considered?: readonly string[];
  readonly skipped?: readonly { readonly lane: string; readonly because: string }[];
  /** Absent: everything is there. */
  readonly truncated?: true;
}

interface TriedModel {
  readonly modelId: string;
  readonly outcome: OutcomeWord;
  readonly lane: string;
  /** The gateway's own word for what went wrong; null: nothing did. */
  readonly failure: string | null;
  readonly status: number | null;
  readonly score?: number;
  readonly startedMs?: number;
  readonly durationMs?: number;
  /** Asked by the gateway itself, to judge an answer. */
  readonly verdict?: true;
}

function metadataOf({ debug, deployment, record }: MetadataInput): Metadata {
  const mayName = createMayName(deployment, debug.caller);
  const { serving } = record;
  const attempts = record.attempts.filter(({ lane }) => mayName(lane)).map(triedOf);
  const isCounted = record.attempts.some(({ lane, outcome }) => lane === serving?.lane.id && outcome === "answered");
  const isNamed = serving !== null && mayName(serving.lane.id);
  return {
    requestId: record.id,
    target: record.target,
    taskType: debug.task,
    selectedModelId: isNamed ? serving.lane.model : null,
    waitedMs: Math.round(record.queuedMs),
    ...(record.trimmed === null ? {} : { trimmedTurns: record.trimmed.turns }),
    ...(record.switch !== null && mayName(record.switch.from) && mayName(record.switch.to)
      ? { switch: record.switch }
      : {}),
    attempts: isNamed && !isCounted ? [...attempts, begunOf(serving)] : attempts,
    considered: record.offered.filter(mayName),
    skipped: record.skipped.filter(({ lane }) => mayName(lane)),
  };
}

/** A lane of some name that the caller may ask for itself. */
function createMayName({ targets }: MetadataInput["deployment"], caller: Caller): (lane: string) => boolean {
  if (caller.allowedTargets === null) return () => true;
  const named = new Set(
    Object.values(targets)
      .filter(({ name }) => mayAsk(caller, name))
      .flatMap(lanesOf),
  );
  return (lane) => named.has(lane);
}

function lanesOf({ members, substitutes }: Target): readonly string[] {
  return [...members.flatMap(({ lanes }) => lanes), ...substitutes];
}

function triedOf(attempt: AttemptRecord): TriedModel {
  const { model, lane, outcome, status, grade, startedMs, durationMs, isVerdict } = attempt;
  return {
    modelId: model,
    outcome: wordFor(outcome),
    lane,
    failure: outcome === "answered" ? null : outcome.replaceAll("-", "_"),
    status,
    ...(grade === undefined ? {} : { score: grade.score }),
    startedMs: Math.round(startedMs),
    durationMs: Math.round(durationMs),
    ...(isVerdict === true ? { verdict: isVerdict } : {}),
  };
}

/** A stream whose answer is still on its way. */
function begunOf({ lane, score }: Serving): TriedModel {
  return {
    modelId: lane.model,
    outcome: "success",
    lane: lane.id,
    failure: null,
    status: null,
    ...(score === null ? {} : { score }),
  };
}

/** As the router names them whose headers these are. */
type OutcomeWord = "success" | "eval_fail" | "rate_limit" | "transient" | "quota" | "permanent";

function wordFor(outcome: AttemptRecord["outcome"]): OutcomeWord {
  switch (outcome) {
    case "answered":
      return "success";
    case "cut":
    case "abandoned":
      return "transient";
    case "low-quality":
      return "eval_fail";
    case "rate-limited":
    case "overloaded":
      return "rate_limit";
    case "billing":
    case "quota-words":
      return "quota";
    default: {
      const { blame, next } = FAILURES[outcome];
      return next === "next-lane" && blame === "upstream" ? "transient" : "permanent";
    }
  }
}

/** What does not fit is left out: lanes that were not asked first, then the oldest attempts. */
function headerOf(metadata: Metadata): string {
  const whole = encoded(metadata);
  if (whole.length <= HEADER_CHARS_MAX) return whole;
  const { considered: _, skipped: __, ...few } = metadata;
  for (let from = 0; from < few.attempts.length; from++) {
    const text = encoded({ ...few, attempts: few.attempts.slice(from), truncated: true });
    if (text.length <= HEADER_CHARS_MAX) return text;
  }
  return encoded({ ...few, attempts: [], truncated: true });
}

function encoded(metadata: Metadata): string {
  return Buffer.from(encodeUtf8(JSON.stringify(metadata))).toString("base64");
}
