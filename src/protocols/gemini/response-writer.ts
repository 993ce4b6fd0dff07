/** An answer of any vendor as a generateContent answer. */
import type { WithLosses } from "../../ir/loss.ts";
import type { IrChoice, IrResponse } from "../../ir/response.ts";
import type { JsonObject } from "../../std/json.ts";
import type { AnswerContext } from "../protocol.ts";
import { createAnswerLosses, type Losses } from "../shared/losses.ts";
import { NO_PARTS, newResponseId, writeAnswerParts } from "./answer-parts.ts";
import { writeFinish } from "./finish.ts";
import { writeGrounding } from "./grounding.ts";
import { mergeMembers } from "./members.ts";
import { writeUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function writeResponse(response: IrResponse, context: AnswerContext): WithLosses<JsonObject> {
  const losses = createAnswerLosses();
  const native = response.sourceProtocol === PROTOCOL;
  const usage = writeUsage(response.usage);
  const tier = native && response.serviceTier !== null ? { serviceTier: response.serviceTier } : {};
  const choices = native && isBlocked(response) ? [] : response.choices;
  const answer: JsonObject = {
    ...(choices.length === 0 ? {} : { candidates: choices.map((choice) => writeCandidate(choice, response, losses)) }),
    ...(usage === null ? {} : { usageMetadata: { ...usage, ...tier } }),
    modelVersion: response.model ?? context.upstreamModel,
    ...(native && response.createdMs !== null ? { createTime: new Date(response.createdMs).toISOString() } : {}),
    responseId: native ? (response.id ?? newResponseId(context)) : newResponseId(context),
  };
  if (native) return { value: mergeMembers(answer, response.extras), losses: losses.list };
  losses.dropExtras("", response.extras);
  return { value: answer, losses: losses.list };
}

/** The vendor's own refusal of a prompt is told by its feedback, without a candidate. */
function isBlocked(response: IrResponse): boolean {
  const [choice] = response.choices;
  return (
    response.extras["promptFeedback"] !== undefined &&
    choice?.finish?.reason === "content-filter" &&
    choice.blocks.length === 0
  );
}

function writeCandidate(choice: IrChoice, response: IrResponse, losses: Losses): JsonObject {
  const native = response.sourceProtocol === PROTOCOL;
  const path = `candidates[${choice.index}]`;
  const { parts, cited } = writeAnswerParts(choice.blocks, `${path}.content.parts`, { losses, native });
  const finish = writeFinish(choice.finish, {
    sourceProtocol: response.sourceProtocol,
    hasToolCalls: choice.blocks.some((block) => block.type === "tool-call"),
  });
  // An answer that the vendor itself left open stays so.
  const isOpen = native && choice.finish === null;
  if (!finish.exact && !isOpen) losses.approximate("finishReason", `written as ${finish.word}`);
  const hasLogprobs = native && choice.logprobs !== null && choice.logprobs !== undefined;
  if (!hasLogprobs && choice.logprobs != null) losses.drop("logprobs", "in the shape of another vendor");
  const grounding = choice.extras["groundingMetadata"] === undefined ? writeGrounding(cited) : null;
  if (!native && cited.some(({ citation }) => citation.url === null)) {
    losses.drop("citations", "only sources with an address can be named");
  }
  const candidate: JsonObject = {
    content: { parts: parts.length === 0 ? NO_PARTS : parts, role: "model" },
    ...(isOpen ? {} : { finishReason: finish.word }),
    index: choice.index,
    ...(grounding === null ? {} : { groundingMetadata: grounding }),
    ...(hasLogprobs ? { logprobsResult: choice.logprobs } : {}),
  };
  if (native) return mergeMembers(candidate, choice.extras);
  losses.dropExtras(path, choice.extras);
  return candidate;
}
