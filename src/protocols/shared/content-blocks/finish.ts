/** Why an answer ended, as a word for clients of the protocols whose answer is a list of content blocks. */
import type { FinishReason, IrFinish } from "../../../ir/response.ts";

export interface FinishFormat {
  readonly protocol: string;
  readonly words: Readonly<Record<FinishReason, string>>;
  /** Reasons for which the vendor has no word of its own. */
  readonly inexact: ReadonlySet<FinishReason>;
}

export interface AnswerShape {
  readonly sourceProtocol: string;
  readonly hasToolCalls: boolean;
  readonly hasRefusal: boolean;
}

export interface WrittenFinish {
  /** One that the vendor's SDK does not know only when the vendor itself said it. */
  readonly word: string;
  readonly exact: boolean;
}

/**
 * The calls decide, not the vendor's word. "stop" beside a tool call would end the client's agent loop, and "tool
 * calls" without a call would leave the client waiting.
 */
export function writeFinishWord(finish: IrFinish | null, shape: AnswerShape, format: FinishFormat): WrittenFinish {
  const { words } = format;
  if (finish === null) return { word: words[shape.hasToolCalls ? "tool-calls" : "stop"], exact: false };
  if (shape.sourceProtocol === format.protocol && finish.raw !== null) return { word: finish.raw, exact: true };
  const { reason } = finish;
  const isPlain = reason === "stop" || reason === "other";
  if (shape.hasToolCalls && isPlain) return { word: words["tool-calls"], exact: true };
  if (shape.hasRefusal && isPlain) return { word: words.refusal, exact: true };
  if (reason === "tool-calls" && !shape.hasToolCalls) return { word: words.stop, exact: false };
  return { word: words[reason], exact: !format.inexact.has(reason) };
}
