/**
 * A request that the gateway makes itself. It runs through the engine like a client's and is answered in one piece. Its
 * attempts are written into the record of the exchange it serves and billed there.
 */
import type { Lane } from "../ir/deployment.ts";
import { failed, failure, ok, type Result } from "../ir/failure.ts";
import { findTarget } from "../routing/target.ts";
import { asObject } from "../std/json.ts";
import type { StopSignal } from "../std/stop-signal.ts";
import { MALFORMED } from "./answer/classify.ts";
import { jsonOrNull } from "./answer/collect.ts";
import type { Outcome } from "./answer/outcome.ts";
import { type AnswerRule, answerRulesOf } from "./answer/verdict.ts";
import type { Attempt } from "./attempt.ts";
import type { ExchangeInput } from "./contract.ts";
import { serve } from "./engine.ts";
import type { RecordBuilder } from "./record-builder.ts";
import { syntheticCall } from "./request/synthetic-call.ts";
import type { SubAnswer, SubRequest } from "./verdict-contract.ts";

interface SubCallInput {
  readonly input: Pick<ExchangeInput, "world" | "shared" | "protocols">;
  /** Of the exchange that pays for it; null: it is written nowhere. */
  readonly record: Pick<RecordBuilder, "id" | "startedMs" | "attempts"> | null;
  readonly signal: StopSignal;
}

export async function subCall(
  { input, record, signal }: SubCallInput,
  request: SubRequest,
): Promise<Result<SubAnswer>> {
  const { world, shared, protocols } = input;
  const target = findTarget(world.deployment, request.target);
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
    body: request.body,
    headers: {},
    translation: target.translation,
    signal,
  });
  if (!call.ok) return call;
  if (call.value.request.facts.stream)
    return failed(failure("invalid-request", "A sub-call is answered in one piece."));
  const served = await serve({
    world,
    shared,
    call: call.value,
    // The choice among lanes that a record tells of is the client's request's.
    record: {
      startedMs: record?.startedMs ?? call.value.startedMs,
      attempts: record?.attempts ?? [],
      offered: [],
      skipped: [],
      queuedMs: 0,
    },
    target,
    pass: null,
    rulesOf: (each) => [...answerRulesOf(each), WHOLE],
  });
  switch (served.kind) {
    case "abandoned":
      return failed(failure("client-gone", "The request was given up before it was answered."));
    case "failed":
      return failed(served.failure);
    case "served": {
      endOwn(served.attempt, served.outcome);
      const body = served.outcome.kind === "answered" ? asObject(jsonOrNull(served.outcome.body)) : undefined;
      if (served.outcome.kind !== "answered" || body === undefined) return failed(MALFORMED);
      return ok({ lane: served.lane, body, usage: served.outcome.usage });
    }
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
