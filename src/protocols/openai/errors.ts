/** Every failure in the vendor's words: its envelope, with the gateway's stable code where the gateway itself refuses. */
import type { Failure } from "../../ir/failure.ts";
import type { JsonObject } from "../../std/json.ts";
import type { ErrorContext, WrittenError } from "../protocol.ts";
import { messageOfFailure, statusOfFailure, streamMembers } from "../shared/errors/writing.ts";
import { openAiWordsFor, writeErrorAs } from "../shared/openai/words.ts";

/** After the first byte there is no status: clients that repeat a broken stream look for `server_error` as type or code. */
export function writeStreamError(failure: Failure): JsonObject {
  const { type, code } = openAiWordsFor(failure, statusOfFailure(failure), "server_error");
  return {
    error: {
      message: streamMessageOf(failure),
      type,
      param: null,
      code: code ?? (type === "server_error" ? type : null),
      ...streamMembers(failure),
    },
  };
}

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  return writeErrorAs("api_error", failure, context);
}

/** Clients of a stream know an overload by this word alone, and not every vendor says it. */
function streamMessageOf(failure: Failure): string {
  const message = messageOfFailure(failure);
  return failure.kind === "overloaded" && !/overloaded/i.test(message) ? `Overloaded: ${message}` : message;
}
