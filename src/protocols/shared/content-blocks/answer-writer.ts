/** What whole and streamed answers in Messages and Converse share, whichever vendor gave them. */
import type { WithLosses } from "../../../ir/loss.ts";
import type { IrBlock, ReasoningBlock } from "../../../ir/request.ts";
import type { IrFinish, IrResponse } from "../../../ir/response.ts";
import type { Usage } from "../../../ir/usage.ts";
import type { JsonObject } from "../../../std/json.ts";
import type { AnswerContext } from "../../protocol.ts";
import { createAnswerLosses, type Losses } from "../losses.ts";
import { mergeMembers } from "../members.ts";
import type { TaggedSignature } from "../signature-tag.ts";
import type { AnswerShape, WrittenFinish } from "./finish.ts";

export interface AnswerFormat {
  readonly protocol: string;
  /** How losses call the API. */
  readonly api: string;
  /** The reason told for extras of another protocol. */
  readonly noPlace?: string;
  /** Name of the member that holds the reason for the end. */
  readonly finishMember: string;
  writeFinish(finish: IrFinish | null, shape: AnswerShape): WrittenFinish;
}

interface WholeAnswerFormat extends AnswerFormat {
  /** Null: it cannot be written. */
  writeBlock(block: IrBlock, path: string, writer: AnswerWriter): JsonObject | null;
  writeBody(response: IrResponse, written: WrittenAnswer, writer: AnswerWriter): JsonObject;
}

export interface AnswerWriter {
  readonly context: AnswerContext;
  readonly protocol: string;
  readonly losses: Losses;
  /** The answer was read from this protocol. */
  readonly native: boolean;
}

export interface WrittenAnswer {
  readonly content: readonly JsonObject[];
  readonly finish: IrFinish | null;
  readonly finishWord: string;
}

export function writeAnswer(
  response: IrResponse,
  context: AnswerContext,
  format: WholeAnswerFormat,
): WithLosses<JsonObject> {
  const losses = createAnswerLosses({ noPlace: format.noPlace });
  const native = response.sourceProtocol === format.protocol;
  const writer: AnswerWriter = { context, protocol: format.protocol, losses, native };
  const [choice, ...others] = response.choices;
  for (const other of others) losses.drop(`choices[${other.index}]`, `${format.api} gives one answer`);
  const blocks = choice?.blocks ?? [];
  const content = blocks
    .map((block, index) => format.writeBlock(block, `content[${index}]`, writer))
    .filter((written) => written !== null);
  const finish = choice?.finish ?? null;
  const { word, exact } = format.writeFinish(finish, {
    sourceProtocol: response.sourceProtocol,
    hasToolCalls: blocks.some((block) => block.type === "tool-call"),
    hasRefusal: blocks.some((block) => block.type === "refusal"),
  });
  if (!exact) losses.approximate(format.finishMember, `written as ${word}`);
  if (choice?.logprobs != null) losses.drop("logprobs", `${format.api} has none`);
  const body = format.writeBody(response, { content, finish, finishWord: word }, writer);
  if (native) return { value: mergeMembers(body, response.extras), losses: losses.list };
  losses.dropExtras("", response.extras);
  return { value: body, losses: losses.list };
}

/** The SDKs' types demand both counts as numbers; what the vendor did not say is estimated, and that is a loss. */
export function loseUnreported(
  usage: Usage | null,
  members: { readonly input: string; readonly output: string },
  losses: Losses,
): void {
  if (usage?.freshInputTokens == null) losses.approximate(members.input, "not reported, so it is an estimate");
  if (usage?.outputTokens == null) losses.approximate(members.output, "not reported, so it is an estimate");
}

/** The one opaque value that a block of reasoning carries on these wires; null: it has none. */
export function opaqueOf(
  { signature, encrypted }: ReasoningBlock,
  path: string,
  losses: Losses,
): TaggedSignature | null {
  if (encrypted === null) return signature === null ? null : { kind: "signature", signature };
  if (signature !== null) losses.drop(`${path}.signature`, TWO_OPAQUE_VALUES);
  return { kind: "encrypted", signature: encrypted };
}

export const TWO_OPAQUE_VALUES = "a block carries one opaque value, and the encrypted one is needed";
