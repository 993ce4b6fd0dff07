/** Members of a relayed body that the lane's server takes under another name, or refuses. */
import type { Dialect } from "../../ir/dialect.ts";
import { approximated, dropped, type Loss } from "../../ir/loss.ts";
import type { JsonObject } from "../../std/json.ts";

/** Null: all of them go as they are. */
export function fitMembers(
  body: JsonObject,
  { outputLimit, streamUsage }: Dialect,
): { readonly members: Readonly<Record<string, unknown>>; readonly losses: readonly Loss[] } | null {
  const { max_tokens: older, max_completion_tokens: newer, stream_options: options } = body;
  const isRenamed = outputLimit === "max_completion_tokens" && older !== undefined;
  const isRefused = !streamUsage && options !== undefined;
  if (!isRenamed && !isRefused) return null;
  return {
    members: {
      ...(isRenamed ? { max_tokens: null, ...(newer === undefined ? { max_completion_tokens: older } : {}) } : {}),
      ...(isRefused ? { stream_options: null } : {}),
    },
    losses: [...(isRenamed ? [RENAMED] : []), ...(isRefused ? [NOT_ASKED] : [])],
  };
}

const RENAMED = approximated("max_tokens", "written as max_completion_tokens, which the model takes");
const NOT_ASKED = dropped("stream_options", "the provider takes no such option");
