/** Every failure in the vendor's words: its envelope, with the gateway's stable code where the gateway itself refuses. */
import type { Failure } from "../../ir/failure.ts";
import type { ErrorContext, WrittenError } from "../protocol.ts";
import { writeErrorAs } from "../shared/openai/words.ts";

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  return writeErrorAs("api_error", failure, context);
}
