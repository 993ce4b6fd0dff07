/** What buffered and streamed answers are judged by alike: headers that pass, the model that was reported, errors inside a 200. */
import { isReportedAs } from "../../ir/canonical.ts";
import type { ErrorWords } from "../../ir/error-words.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import { readRetryAfterMs } from "../../upstream/retry-after.ts";
import type { Response, Side } from "../lane/outcome.ts";
import { classify } from "./classify.ts";

export function relayHeaders(side: Side, headers: Readonly<Record<string, string>>): Record<string, string> {
  const { ingress, id } = side.call;
  return {
    ...ingress.carrier.answerHeaders(id),
    ...side.world.responseFilter(side.egress, ingress)(headers),
    "content-type": headers["content-type"] ?? "application/json",
  };
}

/** In strict identity another reported model is refused before the commit. */
export function wrongModel(side: Side, reported: string | null): Failure | null {
  if (side.target.identity !== "strict" || reported === null) return null;
  return isReportedAs(side.lane, reported)
    ? null
    : failure("wrong-model", "The model's provider answered with another model than the one asked for.");
}

/** An error inside a 200, for relayed, translated and whole answers alike. */
export function classifyInBand(side: Side, sent: Response, words: ErrorWords): Failure {
  return classify({
    words,
    errorMap: side.provider.errorMap,
    retryAfterMs: readRetryAfterMs(sent.headers, side.world.effects.wallMs()),
    passthrough: side.call.caller.passthrough !== null,
    body: null,
    headers: {},
  });
}
