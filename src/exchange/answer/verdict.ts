/** What buffered and streamed answers are judged by alike: headers that pass, the model that was reported, the operator's words for errors. */
import { isReportedAs } from "../../ir/canonical.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import type { Side } from "../lane/outcome.ts";
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

export function classifyBase(side: Side): Omit<Parameters<typeof classify>[0], "words"> {
  return {
    errorMap: side.provider.errorMap,
    retryAfterMs: null,
    passthrough: side.call.caller.passthrough !== null,
    body: null,
    headers: {},
  };
}

/** A reader's in-band failure, seen with the operator's error_map. */
export function reclassify(side: Side, given: Failure): Failure {
  const { upstream } = given;
  if (upstream === null) return given;
  const { errorMap } = side.provider;
  const known = (word: string | null): boolean => word !== null && Object.hasOwn(errorMap, word);
  if (!known(upstream.code) && !known(upstream.type)) return given;
  const words = { ...upstream, meaning: null, retryAfterMs: given.retryAfterMs };
  return classify({ ...classifyBase(side), words });
}
