/**
 * Calls and their results as vendors demand them: each call has one result, right behind the turn that called. Agents
 * send other histories. A user who interrupts leaves a call open. A session that is taken up again repeats results. A hint
 * while a tool runs parts a result from its call. Results of no call stay where they are, for the writer to tell.
 */
import {
  type IrBlock,
  type IrRequest,
  type IrTurn,
  NO_EXTRAS,
  NO_SPELLING,
  plainText,
  type ToolCallBlock,
  type ToolResultBlock,
} from "../../ir/request.ts";
import type { Losses } from "./losses.ts";

/** The very same request where nothing is to be settled. */
export function settleCalls(request: IrRequest, losses: Losses): IrRequest {
  return isSettled(request.turns) ? request : { ...request, turns: settledTurns(request.turns, losses) };
}

/** One look at a history as nearly every client sends it. */
function isSettled(turns: readonly IrTurn[]): boolean {
  /** Calls of the assistant that spoke last without their results so far. */
  const open: string[] = [];
  let isAssistant = false;
  /** Since the assistant spoke. */
  let hasWords = false;
  for (const { role, blocks } of turns) {
    if (role === "assistant" && !isAssistant && open.length > 0) return false;
    isAssistant = role === "assistant";
    // In one turn results may stand anywhere: writers put them first.
    const mayAnswer: boolean = (role === "user" || role === "tool") && !hasWords;
    for (const block of blocks) {
      if (block.type === "tool-result") {
        const place = open.indexOf(block.callId);
        if (place === -1 || !mayAnswer) return false;
        open.splice(place, 1);
      } else if (block.type === "tool-call" && isAssistant) open.push(block.id);
      else hasWords = true;
    }
    if (isAssistant) hasWords = false;
  }
  return isAssistant || open.length === 0;
}

/** Neighbouring turns of the assistant, which are one to most vendors. */
interface Run {
  /** Behind the last of them. */
  end: number;
  readonly calls: MadeCall[];
}

interface MadeCall {
  readonly call: ToolCallBlock;
  readonly run: Run;
  result: ToolResultBlock | null;
}

function settledTurns(turns: readonly IrTurn[], losses: Losses): readonly IrTurn[] {
  const { runs, taken, second, isLate } = pairUp(turns);
  if (isLate) losses.approximate("messages", "a result that came late is moved behind its call");
  if (second.size > 0) losses.approximate("messages", "another result of the same call is written as text");
  const settled = turns.map((turn) =>
    turn.blocks.some((block) => taken.has(block) || second.has(block))
      ? { ...turn, blocks: turn.blocks.filter((block) => !taken.has(block)).flatMap((block) => asWords(block, second)) }
      : turn,
  );
  // From the end, so that the places of those before stay what they are.
  for (const { end, calls } of runs.toReversed()) {
    // Calls that nothing follows still wait for their results.
    if (end === turns.length) continue;
    const results = calls.map(({ call, result }) => result ?? unanswered(call, losses));
    if (results.length > 0) placeResults(settled, end, results);
  }
  return settled;
}

interface Pairs {
  readonly runs: readonly Run[];
  /** Results that go to their calls, and those that only say again what came before. */
  readonly taken: ReadonlySet<IrBlock>;
  /** Results of calls that had another one. */
  readonly second: ReadonlySet<IrBlock>;
  readonly isLate: boolean;
}

function pairUp(turns: readonly IrTurn[]): Pairs {
  const runs: Run[] = [];
  const open = new Map<string, MadeCall[]>();
  const taken = new Set<IrBlock>();
  const second = new Set<IrBlock>();
  /** What was told since the assistant last spoke, and of each call: repeated results may name no call. */
  let told = new Set<string>();
  const toldOf = new Map<string, string>();
  let isLate = false;
  for (const [at, { role, blocks }] of turns.entries()) {
    if (role === "assistant" && runs.at(-1)?.end !== at) {
      runs.push({ end: at, calls: [] });
      told = new Set();
    }
    const run = runs.at(-1);
    if (role === "assistant" && run !== undefined) run.end = at + 1;
    for (const block of blocks) {
      if (block.type === "tool-call" && role === "assistant" && run !== undefined) {
        const made: MadeCall = { call: block, run, result: null };
        run.calls.push(made);
        open.set(block.id, [...(open.get(block.id) ?? []), made]);
      }
      if (block.type !== "tool-result") continue;
      const [made, ...others] = open.get(block.callId) ?? [];
      const words = wordsOf(block);
      if (made !== undefined) {
        made.result = block;
        open.set(block.callId, others);
        isLate ||= made.run !== run;
      }
      if (made !== undefined || told.has(words) || toldOf.get(block.callId) === words) taken.add(block);
      else if (toldOf.has(block.callId)) second.add(block);
      told.add(words);
      toldOf.set(block.callId, words);
    }
  }
  return { runs, taken, second, isLate };
}

function asWords(block: IrBlock, second: ReadonlySet<IrBlock>): readonly IrBlock[] {
  return block.type === "tool-result" && second.has(block)
    ? [plainText("Result of a tool call:"), ...block.content]
    : [block];
}

/** Equal for results that say the same. */
function wordsOf({ name, content, isError }: ToolResultBlock): string {
  return JSON.stringify([name, content, isError]);
}

/** Into the turn that follows, ahead of all else there; a turn of their own where the assistant goes on. */
function placeResults(turns: IrTurn[], end: number, results: readonly ToolResultBlock[]): void {
  const next = turns[end];
  if (next !== undefined && (next.role === "user" || next.role === "tool")) {
    turns[end] = { ...next, blocks: [...results, ...next.blocks], wasString: false };
  } else {
    const own = { name: null, wasString: false, extras: NO_EXTRAS, spelling: NO_SPELLING };
    turns.splice(end, 0, { role: "tool", blocks: results, ...own });
  }
}

function unanswered({ id, name }: ToolCallBlock, losses: Losses): ToolResultBlock {
  losses.approximate("messages", "a call that was never answered is given a result that says so");
  return {
    type: "tool-result",
    callId: id,
    name,
    content: [plainText("The call was not answered.")],
    wasString: true,
    isError: true,
    cache: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
}
