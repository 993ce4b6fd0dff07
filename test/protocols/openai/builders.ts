/** Defaults for the tests of this folder: those of every protocol, with this one's reader and writer. */
import { openai } from "../../../src/protocols/openai/index.ts";
import { buildersOf } from "../../harness/protocol-builders.ts";

export {
  CONTEXT,
  call,
  FOREIGN,
  foreignRequest,
  foreignResponse,
  image,
  OPTIONS,
  result,
  text,
  turn,
  usage,
} from "../../harness/protocol-builders.ts";

export const { contextOf, readRequest, writeRequest } = buildersOf(openai.payload, { model: "m", messages: [] });
