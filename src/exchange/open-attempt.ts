/** One attempt's record while it is under way: written into the exchange's record exactly once, when the attempt has ended. */
import { costOf } from "../governance/prices.ts";
import type { Lane } from "../ir/deployment.ts";
import type { QuotaFact } from "../ir/quota.ts";
import type { Usage } from "../ir/usage.ts";
import type { AttemptRecord, QuotaReading } from "../observability/record.ts";
import { wayOf } from "./lane/mode.ts";
import type { RecordBuilder } from "./record-builder.ts";
import type { Call, World } from "./request/call.ts";

export interface OpenAttempt {
  /** What the vendor told of its limits; of several calls the last one's word counts. */
  hear(facts: readonly QuotaFact[]): void;
  /** Writes the attempt's record; the first call counts. */
  close(
    ending: Pick<AttemptRecord, "outcome" | "status" | "ambiguous" | "retryAfterMs" | "reportedModel"> & {
      readonly firstByte: boolean;
      /** What the vendor has done for it although it came to nothing; absent: nothing that is known. */
      readonly billed?: Usage | null;
    },
  ): void;
}

export function openAttempt(
  run: { readonly world: World; readonly call: Call; readonly record: RecordBuilder },
  lane: Lane,
  startedMs: number,
): OpenAttempt {
  const { world, call, record } = run;
  let closed = false;
  let quotas: readonly QuotaReading[] = [];
  return {
    hear(facts) {
      const wallMs = world.effects.wallMs();
      quotas = facts.map(({ window, scope, leftShare, resetsInMs }) => ({
        window,
        scope,
        leftShare,
        resetsWallMs: resetsInMs === null ? null : wallMs + resetsInMs,
      }));
    },
    close(ending) {
      if (closed) return;
      closed = true;
      const now = world.effects.nowMs();
      const { firstByte, billed = null, ...rest } = ending;
      record.attempts.push({
        lane: lane.id,
        provider: lane.provider,
        account: lane.account,
        model: lane.model,
        upstreamModel: lane.upstreamModel,
        egress: lane.protocol,
        way: wayOf(call.request.facts.operation, call.ingress, world.protocolOf(lane.protocol)) ?? "relay",
        ...rest,
        startedMs: startedMs - call.startedMs,
        firstByteMs: firstByte ? now - startedMs : null,
        durationMs: now - startedMs,
        quotas,
        ...(billed === null ? {} : { billed: { usage: billed, costNanos: costOf(billed, lane.prices) } }),
      });
    },
  };
}
