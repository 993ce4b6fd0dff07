/** An upstream answer that is no success, read up to a bound and classified. */
import type { Failure } from "../../ir/failure.ts";
import { readRetryAfterMs } from "../../upstream/retry-after.ts";
import { failed, type Response, type Side, type UnansweredOutcome } from "../lane/outcome.ts";
import { jsonOrNull } from "./buffered.ts";
import { classify } from "./classify.ts";
import { collect } from "./collect.ts";

/** Error bodies beyond this are cut before they are read. */
const ERROR_BYTES_MAX = 256 * 1024;
const ERROR_TEXT_CHARS_MAX = 2_000;

export async function readFailure(side: Side, sent: Response): Promise<UnansweredOutcome> {
  sent.body.begun();
  const read = await collect(sent.body, ERROR_BYTES_MAX);
  sent.body.cancel();
  if (read.kind === "aborted") return { kind: "abandoned" };
  const bytes = read.kind === "failed" ? new Uint8Array(0) : masked(side, read.bytes);
  return failed(classifyAnswer(side, sent, bytes), sent.status, true);
}

/** A vendor may quote our own key back; the caller's own is no news to the caller. */
function masked({ world, lane }: Side, bytes: Uint8Array): Uint8Array {
  return world.secretOf(lane)?.maskedIn(bytes) ?? bytes;
}

function classifyAnswer(side: Side, sent: Response, bytes: Uint8Array): Failure {
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * ERROR_TEXT_CHARS_MAX)).slice(0, ERROR_TEXT_CHARS_MAX);
  const words = side.egress.payload.readError({
    status: sent.status,
    headers: sent.headers,
    json: jsonOrNull(bytes),
    text,
  });
  return classify({
    words,
    errorMap: side.provider.errorMap,
    retryAfterMs: readRetryAfterMs(sent.headers, side.world.effects.wallMs()),
    passthrough: side.call.caller.passthrough !== null,
    body: bytes,
    headers: sent.headers,
  });
}
