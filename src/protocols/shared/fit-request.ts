/**
 * A request as its lane's server takes it: without settings that its model refuses, and with functions where the server
 * knows no tools with free text. One step for all writers, ahead of them.
 */
import type { Dialect } from "../../ir/dialect.ts";
import { approximated, dropped, type Loss, type WithLosses } from "../../ir/loss.ts";
import { type IrBlock, type IrRequest, type IrSampling, type IrTool, NO_SPELLING } from "../../ir/request.ts";
import { unreachable } from "../../std/unreachable.ts";
import { withCallIds } from "./call-ids.ts";
import { asSummaryRequest, withReadableText } from "./compaction.ts";
import { FREE_TEXT_LOSS, FREE_TEXT_SCHEMA, freeTextArguments, freeTextDescription } from "./free-text-tool.ts";
import { without } from "./members.ts";
import { isToolForced } from "./thinking-budget.ts";

interface FittingLane {
  readonly dialect: Dialect;
  /** The request was read from the lane's own protocol: its client's settings are the vendor's to judge. */
  readonly native: boolean;
  /** The lane's protocol has tools with free text. */
  readonly hasCustomTools: boolean;
}

export function fitRequest(request: IrRequest, lane: FittingLane): WithLosses<IrRequest> {
  const losses: Loss[] = [];
  const asked = lane.native && lane.dialect.compaction ? request : asSummaryRequest(request);
  const told = lane.native ? asked : withReadableText(asked);
  const settled = lane.native ? told : unforced(withoutRefused(told, lane.dialect, losses), lane.dialect, losses);
  const isWrapped = lane.hasCustomTools && !lane.dialect.customTools && holdsFreeText(settled);
  const wrapped = isWrapped ? withFunctions(settled, losses) : settled;
  const { callIdChars } = lane.dialect;
  return { value: callIdChars === null ? wrapped : withCallIds(wrapped, callIdChars), losses };
}

// ---------------------------------------------------------------- settings

const SAMPLING = {
  temperature: "temperature",
  top_p: "topP",
  top_k: "topK",
  seed: "seed",
  presence_penalty: "presencePenalty",
  frequency_penalty: "frequencyPenalty",
} as const satisfies Record<string, keyof IrSampling>;

function withoutRefused(request: IrRequest, { refusedSettings }: Dialect, losses: Loss[]): IrRequest {
  let fitted = request;
  for (const name of refusedSettings) {
    const without = withoutSetting(fitted, name);
    if (without !== fitted && !isUsual(name, fitted.sampling))
      losses.push(dropped(name, "the model refuses this setting"));
    fitted = without;
  }
  return fitted;
}

/** What a model does unasked. */
const USUAL = { temperature: 1, top_p: 1, presence_penalty: 0, frequency_penalty: 0 } as const;

function isUsual(name: Dialect["refusedSettings"][number], sampling: IrSampling): boolean {
  switch (name) {
    case "temperature":
    case "top_p":
    case "presence_penalty":
    case "frequency_penalty":
      return sampling[SAMPLING[name]] === USUAL[name];
    default:
      return false;
  }
}

/** Models that refuse a forced tool while they think do think unless told not to. */
function unforced(request: IrRequest, { forcedTools }: Dialect, losses: Loss[]): IrRequest {
  const { mode, effort } = request.reasoning ?? { mode: null, effort: null };
  if (forcedTools || mode === "disabled" || effort === "none" || !isToolForced(request)) return request;
  losses.push(approximated("tool_choice", "the model cannot be made to call a tool while it thinks, so it may choose"));
  return { ...request, toolChoice: { kind: "auto" } };
}

/** The same request where the client does not use the setting. */
function withoutSetting(request: IrRequest, name: Dialect["refusedSettings"][number]): IrRequest {
  switch (name) {
    case "stop":
      return request.stop.length === 0 ? request : { ...request, stop: [] };
    case "user":
      return request.user === null ? request : { ...request, user: null };
    case "logprobs":
      return request.logprobs === null ? request : { ...request, logprobs: null };
    case "temperature":
    case "top_p":
    case "top_k":
    case "seed":
    case "presence_penalty":
    case "frequency_penalty": {
      const { sampling } = request;
      return sampling[SAMPLING[name]] === null
        ? request
        : { ...request, sampling: { ...sampling, [SAMPLING[name]]: null } };
    }
    default:
      return unreachable(name);
  }
}

// ---------------------------------------------------------------- tools with free text

/** Tools, or calls of earlier turns, that only some servers know. */
export function holdsFreeText({ tools, turns }: IrRequest): boolean {
  return tools.some(({ type }) => type === "custom") || turns.some(({ blocks }) => blocks.some(isFreeCall));
}

function isFreeCall(block: IrBlock): boolean {
  return block.type === "tool-call" && block.kind === "custom";
}

function withFunctions(request: IrRequest, losses: Loss[]): IrRequest {
  const wrapped = new Set<string>();
  const tools = request.tools.map((tool, index): IrTool => {
    if (tool.type !== "custom") return tool;
    losses.push({ field: `tools[${index}]`, how: "approximated", detail: FREE_TEXT_LOSS });
    return asFunction(tool);
  });
  const turns = request.turns.map((turn) => {
    const isTouched = turn.blocks.some((block) => isFreeCall(block) || isResultOf(block, wrapped));
    return isTouched ? { ...turn, blocks: turn.blocks.map((block) => wrapBlock(block, wrapped)) } : turn;
  });
  return { ...request, tools, turns };
}

/** `holder`, `namespace`, `place`: where its client put it. What it put there is no longer what it was. */
function asFunction({ name, description, format, extras, spelling }: Extract<IrTool, { type: "custom" }>): IrTool {
  return {
    type: "function",
    name,
    description: freeTextDescription(description, format),
    parameters: FREE_TEXT_SCHEMA,
    strict: null,
    cache: null,
    extras,
    spelling: without(spelling, "tool"),
  };
}

/** `wrapped`: ids of the calls written as functions so far, whose results follow them. */
function wrapBlock(block: IrBlock, wrapped: Set<string>): IrBlock {
  if (block.type === "tool-call" && block.kind === "custom") {
    wrapped.add(block.id);
    const text = JSON.stringify(freeTextArguments(block.arguments));
    return { ...block, kind: "function", arguments: text, spelling: NO_SPELLING };
  }
  // What its client spelled is the result of another kind of call.
  return isResultOf(block, wrapped) ? { ...block, spelling: NO_SPELLING } : block;
}

function isResultOf(block: IrBlock, wrapped: ReadonlySet<string>): boolean {
  return block.type === "tool-result" && wrapped.has(block.callId);
}
