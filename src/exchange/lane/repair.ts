/**
 * One repair an attempt: a vendor refused something that the gateway added or may leave out, so the same lane is asked
 * once more without it. Each repair is told in the attempt's record; what it leaves out of the request is a loss.
 */
import type { Lane } from "../../ir/deployment.ts";
import { type Dialect, REFUSABLE_SETTINGS, type RefusableSetting } from "../../ir/dialect.ts";
import type { Failure } from "../../ir/failure.ts";
import type { Loss } from "../../ir/loss.ts";
import type { IrRequest } from "../../ir/request.ts";
import { withoutSignatures } from "../reasoning-signatures.ts";
import type { RepairId, Repairs } from "../repairs.ts";
import type { LaneContext, Prepared } from "./attempt-context.ts";
import { holdsCacheMarks, withoutCacheMarks } from "./cache-marks.ts";
import { asksCompaction } from "./foreign-parts.ts";

interface RepairRow {
  readonly id: RepairId;
  /** What the vendor says when it is this. */
  readonly said: RegExp;
  /** True when the request that was refused could be written otherwise. */
  readonly applies: (asked: AskedOnce) => boolean;
}

interface AskedOnce {
  readonly attempt: LaneContext;
  readonly lane: Lane;
  readonly prepared: Prepared;
  readonly isRelayed: boolean;
  readonly stream: boolean;
}

/** The vendor's word for "I do not know this member". */
const UNKNOWN =
  /unsupported|not (?:be )?(?:supported|permitted|allowed|available|compatible)|does(?:n't| not) support|unknown|unrecogni[sz]ed|unexpected|deprecated|extra (?:input|field)|invalid (?:parameter|argument)|cannot both|additional propert/i;

const ROWS: readonly RepairRow[] = [
  {
    id: "stream_usage",
    said: /stream_options|include_usage/i,
    applies: ({ stream }) => stream,
  },
  {
    id: "signatures",
    said: /signature|encrypted[_ ]content|`?thinking`? (?:or `?redacted_thinking`? )?blocks?\b.{0,80}(?:modif|invalid|must remain)/i,
    // What the gateway put back is not in the client's own request.
    applies: ({ prepared, attempt }) =>
      prepared.context.request === null ||
      holdsReasoning(prepared.context.request) ||
      (attempt.reasoningBack?.found.size ?? 0) > 0,
  },
  {
    id: "cache_marks",
    said: /cache[_ ]?control|cache[_ ]?points?|prompt caching/i,
    applies: ({ lane, prepared }) =>
      prepared.context.request === null || lane.dialect.cacheMarks || holdsCacheMarks(prepared.context.request),
  },
  {
    id: "developer_role",
    said: /\bdeveloper\b/i,
    applies: ({ lane, isRelayed }) => !isRelayed && lane.dialect.developerRole,
  },
  {
    id: "reasoning_back",
    said: /reasoning_content.{0,120}(?:missing|required|must be (?:passed|provided|included|given))|(?:missing|required?|must (?:pass|provide|include)).{0,120}reasoning_content/is,
    applies: ({ lane, prepared, attempt, isRelayed }) =>
      lane.dialect.reasoningBack !== "required" &&
      (isRelayed ? relaysReasoningText(attempt) : holdsReasoningText(prepared)),
  },
  {
    id: "no_reasoning_back",
    said: new RegExp(
      `reasoning_content[^]{0,200}(?:${UNKNOWN.source})|(?:${UNKNOWN.source})[^]{0,200}reasoning_content`,
      "i",
    ),
    applies: ({ lane, prepared, attempt, isRelayed }) =>
      isRelayed
        ? lane.dialect.reasoningBack !== "refused" && relaysReasoningText(attempt)
        : lane.dialect.reasoningBack === "required" && holdsReasoningText(prepared),
  },
  {
    id: "compaction",
    said: /compact/i,
    applies: ({ attempt, isRelayed }) => isRelayed && asksCompaction(attempt),
  },
  // A role has the same name as the end user, and is refused for other reasons.
  ...REFUSABLE_SETTINGS.filter((id) => id !== "user").map(settingRow),
];

/** A setting of a translated request; a client of the vendor's own protocol is told what its vendor says. */
function settingRow(id: RefusableSetting): RepairRow {
  const name = id === "stop" ? "stop(?:_sequences)?" : id;
  return {
    id,
    said: new RegExp(`\\b${name}\\b[^]{0,200}(?:${UNKNOWN.source})|(?:${UNKNOWN.source})[^]{0,200}\\b${name}\\b`, "i"),
    applies: ({ lane, isRelayed }) => !isRelayed && !lane.dialect.refusedSettings.includes(id),
  };
}

/** What may mend the request that was refused; null: nothing that the gateway may change. */
export function repairFor(
  attempt: LaneContext,
  prepared: Prepared,
  { kind, upstream }: Failure,
  tried: Repairs,
): RepairId | null {
  const { lane, relayed, call } = attempt;
  if (upstream === null || call.request.facts.operation !== "chat") return null;
  // Of what a server does not have it may say that it was not found.
  const isMissing = upstream.status === 404 || kind === "model-missing";
  if (isMissing && relayed && !tried.has("compaction") && asksCompaction(attempt)) return "compaction";
  if (kind !== "rejected") return null;
  const text = `${upstream.code ?? ""} ${upstream.type ?? ""} ${upstream.message ?? ""}`;
  const isRelayed = relayed && prepared.context.request === null;
  const asked = { attempt, lane, prepared, isRelayed, stream: call.request.facts.stream };
  return ROWS.find(({ id, said, applies }) => !tried.has(id) && said.test(text) && applies(asked))?.id ?? null;
}

/** What the lane's server takes, as it was found to be. */
export function repairedDialect({ dialect }: Lane, repairs: Repairs): Dialect {
  if (repairs.size === 0) return dialect;
  const settings = REFUSABLE_SETTINGS.filter((name) => repairs.has(name));
  const back = repairs.has("no_reasoning_back") ? "refused" : repairs.has("reasoning_back") ? "required" : null;
  return {
    ...dialect,
    streamUsage: dialect.streamUsage && !repairs.has("stream_usage"),
    compaction: dialect.compaction && !repairs.has("compaction"),
    developerRole: dialect.developerRole && !repairs.has("developer_role"),
    reasoningBack: back ?? dialect.reasoningBack,
    cacheMarks: dialect.cacheMarks && !repairs.has("cache_marks"),
    refusedSettings: [...new Set([...dialect.refusedSettings, ...settings])],
  };
}

const MARKS_DROPPED: Loss = { field: "cache_control", how: "dropped", detail: "the provider refused it" };

/** True where the client's own bytes hold what is to be left out. */
export function mustBeRewrittenFor(repairs: Repairs): boolean {
  return repairs.has("signatures") || repairs.has("cache_marks");
}

/** Signatures are reported by the writer, which knows their places. */
export function repairedRequest(
  request: IrRequest,
  repairs: Repairs,
): { readonly request: IrRequest; readonly losses: readonly Loss[] } {
  const unsigned = repairs.has("signatures") ? withoutSignatures(request) : request;
  if (!repairs.has("cache_marks") || !holdsCacheMarks(unsigned)) return { request: unsigned, losses: [] };
  return { request: withoutCacheMarks(unsigned), losses: [MARKS_DROPPED] };
}

function holdsReasoning({ turns }: IrRequest): boolean {
  return turns.some(({ blocks }) =>
    blocks.some((block) => block.type === "reasoning" || (block.type === "tool-call" && block.signature !== null)),
  );
}

/** A client of Chat Completions gives reasoning back as a member of its messages, whose name a relay may change. */
function relaysReasoningText({ call, egress }: LaneContext): boolean {
  if (egress.payload.fitMembers === undefined) return false;
  const read = call.ir();
  return read.ok && read.value.value.turns.some(({ blocks }) => blocks.some(({ type }) => type === "reasoning"));
}

function holdsReasoningText({ context: { request } }: Prepared): boolean {
  return request?.turns.some(({ blocks }) => blocks.some(({ type }) => type === "reasoning")) ?? false;
}
