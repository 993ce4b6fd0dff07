/** Members of a relayed body, and of its messages, that the lane's server takes under another name, or refuses. */
import type { Dialect } from "../../ir/dialect.ts";
import { approximated, dropped, type Loss } from "../../ir/loss.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { without } from "../shared/members.ts";
import { REASONING_FIELDS, readReasoningText } from "./reasoning-fields.ts";

/** Null: all of them go as they are. */
export function fitMembers(
  body: JsonObject,
  { outputLimit, streamUsage, reasoningBack }: Dialect,
): { readonly members: Readonly<Record<string, unknown>>; readonly losses: readonly Loss[] } | null {
  const { max_tokens: older, max_completion_tokens: newer, stream_options: options } = body;
  const isRenamed = outputLimit === "max_completion_tokens" && older !== undefined;
  const isRefused = !streamUsage && options !== undefined;
  const thoughts = reasoningBack === "ignored" ? null : fitReasoning(body["messages"], reasoningBack);
  if (!isRenamed && !isRefused && thoughts === null) return null;
  return {
    members: {
      ...(thoughts === null ? {} : { messages: thoughts.messages }),
      ...(isRenamed ? { max_tokens: null, ...(newer === undefined ? { max_completion_tokens: older } : {}) } : {}),
      ...(isRefused ? { stream_options: null } : {}),
    },
    losses: [...(isRenamed ? [RENAMED] : []), ...(isRefused ? [NOT_ASKED] : []), ...(thoughts?.losses ?? [])],
  };
}

const RENAMED = approximated("max_tokens", "written as max_completion_tokens, which the model takes");
const NOT_ASKED = dropped("stream_options", "the provider takes no such option");

/** Null: the messages go as they are. */
function fitReasoning(
  value: unknown,
  back: "required" | "refused",
): { readonly messages: readonly unknown[]; readonly losses: readonly Loss[] } | null {
  const before = asArray(value) ?? [];
  const losses: Loss[] = [];
  let isFitted = false;
  const messages = before.flatMap((each, index) => {
    const message = asObject(each);
    if (message === undefined || message["role"] !== "assistant") return [each];
    const fitted = back === "refused" ? unreasoned(message, `messages[${index}]`, losses) : named(message);
    if (fitted === message) return [each];
    isFitted = true;
    return isBlank(fitted) ? [] : [fitted];
  });
  return isFitted ? { messages, losses } : null;
}

/** Nothing is left beside its reasoning, and no vendor takes an empty turn. */
function isBlank(message: JsonObject): boolean {
  return Object.entries(message).every(
    ([name, value]) =>
      name === "role" || name === "name" || value === null || value === "" || asArray(value)?.length === 0,
  );
}

/** An empty one is refused as any other. */
function unreasoned(message: JsonObject, path: string, losses: Loss[]): JsonObject {
  for (const field of REASONING_FIELDS) {
    const said = message[field];
    if (said !== undefined && said !== null && said !== "")
      losses.push(dropped(`${path}.${field}`, "the vendor refuses reasoning of earlier turns"));
  }
  return without(message, ...REASONING_FIELDS);
}

/** The text under the name that is demanded, in place of another name for it. */
function named(message: JsonObject): JsonObject {
  if ((asText(message["reasoning_content"]) ?? "") !== "")
    // Beside it a vendor that demands it takes no null.
    return message["content"] === null ? { ...message, content: "" } : message;
  const said = readReasoningText(message);
  if (said === null || said.text === "" || said.field === "reasoning_content") return message;
  const words = message["content"] === null ? { content: "" } : {};
  return { ...without(message, "reasoning", "reasoning_content"), ...words, reasoning_content: said.text };
}
