/** What an answer must pass before it may reach the client. */
import { isReportedAs } from "../../ir/canonical.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import type { AttemptContext } from "../lane/attempt-context.ts";

/** In strict identity another reported model is refused before the commit. */
export function wrongModel(attempt: AttemptContext, reported: string | null): Failure | null {
  if (attempt.target.identity !== "strict" || reported === null) return null;
  return isReportedAs(attempt.lane, reported)
    ? null
    : failure("wrong-model", "The model's provider answered with another model than the one asked for.");
}
