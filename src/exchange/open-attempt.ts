/** One attempt's record while it is under way: written into the exchange's book exactly once, when the attempt has ended. */
import type { Lane } from "../ir/deployment.ts";
import type { QuotaFact } from "../ir/quota.ts";
import type { AttemptRecord, QuotaReading } from "../observability/record.ts";
import type { Book } from "./book.ts";
import type { Call, World } from "./call.ts";
import { wayOf } from "./ways.ts";

export interface OpenAttempt {
  /** What the vendor told of its limits; of several calls the last one's word counts. */
  hear(facts: readonly QuotaFact[]): void;
  /** Writes the attempt's record; the first call counts. */
  close(
    ending: Pick<AttemptRecord, "outcome" | "status" | "ambiguous" | "retryAfterMs" | "reportedModel"> & {
      readonly firstByte: boolean;
    },
  ): void;
}

export function openAttempt(
  run: { readonly world: World; readonly call: Call; readonly book: Book },
  lane: Lane,
  startedMs: number,
): OpenAttempt {
  const { world, call, book } = run;
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
      const { firstByte, ...rest } = ending;
      book.attempts.push({
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
      });
    },
  };
}
