/**
 * A request that the gateway makes itself. It runs through the engine like a client's and is answered in one piece. Its
 * attempts are written into the record of the exchange it serves and billed there.
 */
import type { Lane, Target } from "../ir/deployment.ts";
import { UNKNOWN_SERVER } from "../ir/dialect.ts";
import { failed, failure, ok, type Result } from "../ir/failure.ts";
import type { AttemptRecord } from "../ir/record.ts";
import type { IrRequest } from "../ir/request.ts";
import type { IrResponse } from "../ir/response.ts";
import type { RouterWishes } from "../ir/router-wishes.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { findTarget } from "../routing/target.ts";
import { asObject, type JsonObject } from "../std/json.ts";
import type { StopSignal } from "../std/stop-signal.ts";
import { WireError } from "../std/wire-error.ts";
import { MALFORMED } from "./answer/classify.ts";
import { jsonOrNull } from "./answer/collect.ts";
import type { Outcome } from "./answer/outcome.ts";
import { type AnswerRule, answerRulesOf } from "./answer/verdict.ts";
import type { Attempt } from "./attempt.ts";
import type { ExchangeInput } from "./contract.ts";
import { serve } from "./engine.ts";
import type { RecordBuilder } from "./record-builder.ts";
import { onlyDataWishes } from "./request/router-wishes.ts";
import { syntheticCall } from "./request/synthetic-call.ts";
import type { SubAnswer, SubRequest } from "./verdict-contract.ts";

interface SubCallInput {
  readonly input: Pick<ExchangeInput, "world" | "shared" | "protocols">;
  /** Of the exchange that pays for it; null: it is written nowhere. */
  readonly record: Pick<RecordBuilder, "id" | "startedMs" | "attempts"> | null;
  /** Of that exchange: what it says of its data holds for the requests made for it. */
  readonly wishes: RouterWishes | null;
  readonly signal: StopSignal;
}

export async function subCall(
  { input, record, wishes, signal }: SubCallInput,
  request: SubRequest,
): Promise<Result<SubAnswer>> {
  const { world, shared, protocols } = input;
  const found = findTarget(world.deployment, request.target);
  const target = found === null ? null : targetFor(found, request, world.deployment.lanes);
  if (target === null)
    return failed(failure("unknown-model", `Nothing is called ${JSON.stringify(request.target)} here.`));
  const first: Lane | undefined = world.deployment.lanes[target.members[0]?.lanes[0] ?? ""];
  const ingress = protocols.find(({ id }) => id === (request.protocol ?? first?.doors[0].protocol));
  if (ingress === undefined) return failed(failure("invalid-request", "There is no such protocol."));
  const call = syntheticCall({
    id: record?.id ?? "sub-call",
    world,
    ingress,
    operation: "chat",
    model: request.target,
    body: request.body ?? (request.request === undefined ? null : written(ingress, request.request)),
    headers: {},
    translation: request.body === null ? "lenient" : target.translation,
    signal,
  });
  if (!call.ok) return call;
  if (call.value.request.facts.stream)
    return failed(failure("invalid-request", "A sub-call is answered in one piece."));
  const attempts: AttemptRecord[] = [];
  const served = await serve({
    world,
    shared,
    call: { ...call.value, wishes: wishes === null ? null : onlyDataWishes(wishes) },
    // The choice among lanes that a record tells of is the client's request's.
    record: {
      startedMs: record?.startedMs ?? call.value.startedMs,
      attempts,
      offered: [],
      skipped: [],
      queuedMs: 0,
      trimmed: null,
    },
    target,
    pass: null,
    rulesOf: (each) => [...answerRulesOf(each), WHOLE],
  });
  if (served.kind === "served") endOwn(served.attempt, served.outcome);
  record?.attempts.push(...attempts.map((attempt): AttemptRecord => ({ ...attempt, isVerdict: true })));
  switch (served.kind) {
    case "abandoned":
      return failed(failure("client-gone", "The request was given up before it was answered."));
    case "failed":
      return failed(served.failure);
    case "served": {
      const body = served.outcome.kind === "answered" ? asObject(jsonOrNull(served.outcome.body)) : undefined;
      if (served.outcome.kind !== "answered" || body === undefined) return failed(MALFORMED);
      return ok({ lane: served.lane, body, usage: served.outcome.usage, read: () => readAnswer(ingress, body) });
    }
  }
}

/** A request of its own belongs to no session, and what it may not ask is not there. */
function targetFor(target: Target, { mayServe }: SubRequest, lanes: Readonly<Record<string, Lane>>): Target {
  if (mayServe === undefined) return { ...target, affinity: null };
  const may = (id: string): boolean => {
    const lane = lanes[id];
    return lane !== undefined && mayServe(lane);
  };
  return {
    ...target,
    affinity: null,
    members: target.members.map((member) => ({ ...member, lanes: member.lanes.filter(may) })),
    substitutes: target.substitutes.filter(may),
    onExhausted: { action: "reject" },
  };
}

function written({ payload }: Protocol, request: IrRequest): JsonObject {
  return payload.writeRequest(request, {
    upstreamModel: request.model,
    defaultMaxOutputTokens: DEFAULT_OUTPUT_TOKENS,
    dialect: UNKNOWN_SERVER,
    maxOutputTokens: null,
  }).value;
}

const DEFAULT_OUTPUT_TOKENS = 4_096;

function readAnswer({ payload }: Protocol, body: JsonObject): IrResponse | null {
  try {
    return payload.readResponse(body).value;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** Holds the answer until it is whole, whatever it is. */
const WHOLE: AnswerRule = { hold: "until-end", judge: () => null };

/** Ends an attempt that no client waits for: a whole answer is billed to the attempt, a stream has told enough. */
export function endOwn(attempt: Attempt, outcome: Outcome): void {
  switch (outcome.kind) {
    case "answered": {
      const { status, reportedModel, usage } = outcome;
      attempt.end({ kind: "answered", status, reportedModel, billed: { usage, isWhole: true } });
      return;
    }
    case "streaming":
      outcome.body.cancel();
      attempt.end({ kind: "answered", status: outcome.status, reportedModel: outcome.flow.note.model });
      return;
    case "failed":
    case "abandoned":
      attempt.end(outcome);
  }
}
