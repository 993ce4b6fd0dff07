/**
 * Puts remembered reasoning back before the tool calls it led to, where the client lost it and the lane wants it: its
 * text where the vendor demands it, seals where the lane can open them.
 */
import { sessionNameOf } from "../../governance/request-headers.ts";
import type { Lane } from "../../ir/deployment.ts";
import type { Loss } from "../../ir/loss.ts";
import type { RememberedBlock, RememberedReasoning } from "../../ir/remembered-reasoning.ts";
import {
  type IrBlock,
  type IrRequest,
  type IrTurn,
  NO_EXTRAS,
  NO_SPELLING,
  type ReasoningBlock,
  type ReasoningSignature,
} from "../../ir/request.ts";
import type { Payload } from "../../protocols/protocol.ts";
import { reasoningKey } from "../reasoning-memory.ts";
import type { ClientCall } from "../request/call.ts";
import { firstSaid } from "../request/session.ts";
import type { AnswerSource, LaneContext, ReasoningBack } from "./attempt-context.ts";

// ---------------------------------------------------------------- whether

/** Calls looked for in one request: the newest ones. */
const CALLS_MAX = 1_000;

function usesTools({ request: { facts } }: ClientCall): boolean {
  return facts.operation === "chat" && facts.needs.tools;
}

/** An answer that a later request may bring back without its reasoning. Relayed ones only where their text is demanded. */
export function isRecorded({ call, egress, relayed, target }: AnswerSource): boolean {
  if (!usesTools(call)) return false;
  return (!relayed && egress.payload.signatureMembers.length > 0) || target.demandsReasoning;
}

/** Null: nothing is missing that this lane would want. A promise only where another process is asked. */
export function recallReasoning(attempt: LaneContext): ReasoningBack | null | Promise<ReasoningBack | null> {
  const { world, call, lane, egress, relayed } = attempt;
  if (!usesTools(call)) return null;
  const wantsText = lane.dialect.reasoningBack === "required";
  if (!wantsText && (relayed || egress.payload.signatureMembers.length === 0)) return null;
  const read = call.ir();
  if (!read.ok) return null;
  const calls = callsWithout(read.value.value, wantsText);
  if (calls.length === 0) return null;
  const scope = reasoningScope(attempt);
  const recalled = world.reasoning.recall(calls.slice(-CALLS_MAX).map((each) => reasoningKey(scope, each)));
  return recalled instanceof Promise ? recalled.then((all) => ({ ...all, scope })) : { ...recalled, scope };
}

/** Calls that no reasoning stands before, or reasoning that lost its text or seal on the way. */
function callsWithout({ turns }: IrRequest, wantsText: boolean): Extract<IrBlock, { type: "tool-call" }>[] {
  const isWhole = (block: ReasoningBlock): boolean =>
    block.text !== "" && (wantsText || block.signature !== null || block.encrypted !== null);
  return runsOf(turns).flatMap((run) => {
    // Calls made at once share what stands before the first of them.
    let isCovered = false;
    return stepsOf(run).flatMap(({ call, before }) => {
      const kept = before.flatMap(({ block }) => (block.type === "reasoning" ? [block] : []));
      isCovered = kept.some(isWhole) || (isCovered && kept.length === 0);
      return call === null || isCovered ? [] : [call];
    });
  });
}

/** Who is calling; where all callers are one, also the session. */
export function reasoningScope({ world, call }: Pick<LaneContext, "world" | "call">): string {
  const { key, label, credentialDigest } = call.caller;
  if (key !== null) return `key ${key.id}`;
  if (credentialDigest !== undefined) return `credential ${credentialDigest()}`;
  return world.deployment.auth.mode === "none" ? `session ${conversationOf(call)}` : `caller ${label}`;
}

/** The name an agent gives it, else what the user said first. */
function conversationOf(call: ClientCall): string {
  const name = sessionNameOf(call.parts.headers);
  return name === null ? (firstSaid(call) ?? "") : `named ${name}`;
}

// ---------------------------------------------------------------- putting it back

interface Step {
  /** Null: what follows the last call. */
  readonly call: Extract<IrBlock, { type: "tool-call" }> | null;
  /** Since the call before, in one answer. */
  readonly before: readonly Placed[];
  readonly turn: number;
}

interface Placed {
  readonly turn: number;
  readonly block: IrBlock;
}

/** Neighbouring turns of the assistant's are one answer. */
function runsOf(turns: readonly IrTurn[]): (readonly { readonly at: number; readonly turn: IrTurn }[])[] {
  const runs: { at: number; turn: IrTurn }[][] = [];
  let open: { at: number; turn: IrTurn }[] | null = null;
  for (const [at, turn] of turns.entries()) {
    if (turn.role !== "assistant") open = null;
    else if (open === null) {
      open = [{ at, turn }];
      runs.push(open);
    } else open.push({ at, turn });
  }
  return runs;
}

function stepsOf(run: readonly { readonly at: number; readonly turn: IrTurn }[]): Step[] {
  const steps: Step[] = [];
  let before: Placed[] = [];
  for (const { at, turn } of run) {
    for (const block of turn.blocks) {
      if (block.type === "tool-call") {
        steps.push({ call: block, before, turn: at });
        before = [];
      } else before.push({ turn: at, block });
    }
  }
  if (before.length > 0) steps.push({ call: null, before, turn: run.at(-1)?.at ?? 0 });
  return steps;
}

interface Restored {
  readonly request: IrRequest;
  readonly losses: readonly Loss[];
}

const LATE: Loss = {
  field: "messages",
  how: "dropped",
  detail: "reasoning that another worker may know did not come in time",
};

/** `request`: its seals are judged for the lane already. */
export function withReasoningBack(request: IrRequest, attempt: LaneContext): Restored {
  const { lane, egress, reasoningBack: back } = attempt;
  const losses = back?.isLate === true ? [LATE] : [];
  if (back === undefined || back.found.size === 0) return { request, losses };
  const added = new Map<number, Placed[]>();
  for (const run of runsOf(request.turns)) {
    const out: Placed[] = [];
    let last: RememberedReasoning | undefined;
    for (const step of stepsOf(run)) {
      const { call, before } = step;
      const found = call === null ? undefined : back.found.get(reasoningKey(back.scope, call));
      const blocks = found === undefined || isSame(found, last) ? [] : openable(found, lane, egress.payload);
      const isMissing = blocks.length > 0 && !holds(before, blocks);
      const rest = isMissing ? before.filter(({ block }) => block.type !== "reasoning") : before;
      if (isMissing)
        out.push(...placed(blocks, true, rest[0]?.turn ?? step.turn), ...rest, ...placed(blocks, false, step.turn));
      else out.push(...rest);
      if (call !== null) out.push({ turn: step.turn, block: call });
      last = found ?? last;
    }
    for (const { at } of run)
      added.set(
        at,
        out.filter(({ turn }) => turn === at),
      );
  }
  const turns = request.turns.map((turn, at) => {
    const blocks = added.get(at);
    return blocks === undefined ? turn : { ...turn, blocks: blocks.map(({ block }) => block) };
  });
  return { request: { ...request, turns }, losses };
}

/** What this lane may see: under seals that it can open, or bare text where its vendor demands it. */
function openable(found: RememberedReasoning, lane: Lane, payload: Payload): RememberedBlock[] {
  const wantsText = lane.dialect.reasoningBack === "required";
  if (found.issuer !== lane.sealIssuer)
    return wantsText
      ? found.blocks.flatMap((block) => (block.text === "" ? [] : [{ ...block, signature: null, encrypted: null }]))
      : [];
  const own = (seal: ReasoningSignature | null): ReasoningSignature | null =>
    seal?.issuer === found.payload ? { ...seal, issuer: payload.id } : seal;
  const blocks = found.blocks.map((block) => ({
    ...block,
    signature: own(block.signature),
    encrypted: own(block.encrypted),
  }));
  return wantsText || blocks.some(isSealed) ? blocks : [];
}

function isSealed({ signature, encrypted }: Pick<RememberedBlock, "signature" | "encrypted">): boolean {
  return signature !== null || encrypted !== null;
}

/** The client kept it: all that is sealed with its seal, and text where there was some. */
function holds(before: readonly Placed[], blocks: readonly RememberedBlock[]): boolean {
  const kept = before.flatMap(({ block }) => (block.type === "reasoning" ? [block] : []));
  return blocks.every(({ text, signature, encrypted }) =>
    signature === null && encrypted === null
      ? text === "" || kept.some((block) => block.text !== "")
      : kept.some(
          (block) =>
            (block.signature?.value ?? block.encrypted?.value) === (signature?.value ?? encrypted?.value) &&
            (block.text !== "" || text === ""),
        ),
  );
}

/** Calls made at once remember the same reasoning, which stands before the first of them. */
function isSame(found: RememberedReasoning, last: RememberedReasoning | undefined): boolean {
  return last === found || (last !== undefined && JSON.stringify(last) === JSON.stringify(found));
}

function placed(blocks: readonly RememberedBlock[], leads: boolean, turn: number): Placed[] {
  return blocks.filter((block) => block.leads === leads).map((block) => ({ turn, block: reasoningOf(block) }));
}

/** Chat vendors that demand it name it `reasoning_content`; no other protocol reads that spelling. */
function reasoningOf({ text, signature, encrypted }: RememberedBlock): ReasoningBlock {
  const spelling = signature === null && encrypted === null ? { field: "reasoning_content" } : NO_SPELLING;
  return { type: "reasoning", text, signature, encrypted, extras: NO_EXTRAS, spelling };
}
