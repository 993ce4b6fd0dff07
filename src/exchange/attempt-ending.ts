/** How one attempt may end, and what of it stands in its record. */
import { costOf } from "../governance/prices.ts";
import type { Lane } from "../ir/deployment.ts";
import type { Failure } from "../ir/failure.ts";
import type { AttemptRecord } from "../ir/record.ts";
import { isTold } from "../ir/usage.ts";
import { unreachable } from "../std/unreachable.ts";
import type { Billing, UnansweredOutcome } from "./answer/outcome.ts";

export type AttemptEnd = UnansweredOutcome | BegunEnd | { readonly kind: "bug" };

/** The answer had begun: it came to its end, broke off, or its client left. */
type BegunEnd = {
  readonly status: number;
  readonly reportedModel: string | null;
} /** `billed`: of an answer that is not the exchange's own; absent: its usage is the record's. */ & (
  | { readonly kind: "answered"; readonly billed?: Billing }
  | { readonly kind: "client-gone" }
  | { readonly kind: "cut"; readonly failure: Failure }
);

type RecordedEnd = Pick<
  AttemptRecord,
  "outcome" | "status" | "ambiguous" | "retryAfterMs" | "reportedModel" | "billed"
>;

export function endingOf(how: AttemptEnd, lane: Lane): RecordedEnd {
  switch (how.kind) {
    case "answered":
      return { ...begun(how), ...billedFor(how.billed, lane), outcome: "answered" };
    case "cut":
      return { ...begun(how), outcome: "cut" };
    case "client-gone":
      return { ...begun(how), outcome: "abandoned" };
    case "abandoned":
      return { ...NOTHING_BACK, outcome: "abandoned" };
    case "bug":
      return { ...NOTHING_BACK, outcome: "internal" };
    case "failed": {
      const { kind, retryAfterMs } = how.failure;
      return {
        outcome: kind,
        status: how.status,
        ambiguous: how.mayHaveRun && AMBIGUOUS.has(kind),
        retryAfterMs,
        reportedModel: how.reportedModel,
        ...billedFor(how.billed, lane),
      };
    }
    default:
      return unreachable(how);
  }
}

function billedFor(billed: Billing | undefined, { prices }: Lane): Pick<AttemptRecord, "billed"> {
  const usage = billed?.usage ?? null;
  if (billed === undefined || usage === null) return {};
  const isWhole = billed.isWhole && isTold(usage);
  return { billed: { usage, costNanos: costOf(usage, prices), ...(isWhole ? { isWhole } : {}) } };
}

/** The attempt ended before anything came back; whether the vendor did the work is unknown. */
const NOTHING_BACK = { status: null, ambiguous: true, retryAfterMs: null, reportedModel: null };

function begun({ status, reportedModel }: BegunEnd): Omit<RecordedEnd, "outcome"> {
  return { status, ambiguous: false, retryAfterMs: null, reportedModel };
}

/** Kinds that leave open whether the vendor did the work. */
const AMBIGUOUS: ReadonlySet<string> = new Set(["timeout", "network", "malformed", "wrong-model"]);
