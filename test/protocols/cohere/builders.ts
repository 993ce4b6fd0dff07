/** Defaults for the tests of this folder: those of every protocol, with this one's reader and writer. */
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { buildersOf, CONTEXT as COMMON } from "../../harness/protocol-builders.ts";

export {
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

export const CONTEXT = {
  ...COMMON,
  newId: (length: number) => "0123456789abcdefghijklmnopqrstuvwxyz".slice(0, length),
};

export const { contextOf, readRequest, writeRequest } = buildersOf(
  cohere.payload,
  { model: "m", messages: [] },
  CONTEXT,
);
