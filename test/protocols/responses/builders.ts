/** Defaults for the tests of this folder: those of every protocol, with this one's reader and writer. */
import { responses } from "../../../src/protocols/responses/index.ts";
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

export const { contextOf, readRequest, writeRequest } = buildersOf(responses.payload, { model: "m", input: "Hi" });
