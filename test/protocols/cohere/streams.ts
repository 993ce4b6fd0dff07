/** Streams for the tests of this folder: events of any vendor by short names, and frames of this one. */
import { cohere } from "../../../src/protocols/cohere/index.ts";
import type { AnswerContext } from "../../../src/protocols/protocol.ts";
import { streamsOf } from "../../harness/protocol-streams.ts";
import { CONTEXT } from "./builders.ts";

export {
  args,
  close,
  counted,
  END,
  finished,
  frame,
  open,
  openCall,
  openText,
  START,
  say,
} from "../../harness/protocol-streams.ts";

export const { write, bytesOf, read } = streamsOf(cohere, CONTEXT);

/** A context whose ids count up, so that they can be told apart. */
export function counting(context: AnswerContext = CONTEXT): AnswerContext {
  let ids = 0;
  return { ...context, newId: (length) => String(++ids).padStart(length, "0") };
}
