/** Takes the words about reasoning out of a body, member by member; what a protocol calls them is its own to say. */
import type { ReasoningEdits } from "../../ir/reasoning-edits.ts";
import { asArray, asObject, type JsonObject } from "../../std/json.ts";

/** Null: there is nothing to take out. `members` that did not change are left out of the edits. */
export function reasoningEdits(
  body: JsonObject,
  members: Readonly<Record<string, unknown>>,
  asked: boolean,
): ReasoningEdits | null {
  const changed = Object.entries(members).filter(([name, value]) => body[name] !== undefined && value !== body[name]);
  return changed.length === 0 ? null : { members: Object.fromEntries(changed), asked };
}

/** An object without some of its members; null where it has no others, the very same where it has none of them. */
export function withoutMembers(value: unknown, names: readonly string[]): unknown {
  const object = asObject(value);
  if (object === undefined || !names.some((name) => Object.hasOwn(object, name))) return value;
  const left = Object.entries(object).filter(([name]) => !names.includes(name));
  return left.length === 0 ? null : Object.fromEntries(left);
}

/** A list without some of its entries; the very same where it has none of them. */
export function withoutEntries(value: unknown, isOut: (entry: JsonObject) => boolean): unknown {
  const list = asArray(value);
  if (list === undefined) return value;
  const left = list.filter((entry) => !isOut(asObject(entry) ?? {}));
  return left.length === list.length ? value : left;
}

/** Messages without some of their blocks; one that held nothing else goes with them. */
export function withoutBlocks(messages: unknown, isOut: (block: JsonObject) => boolean): unknown {
  const list = asArray(messages);
  if (list === undefined) return messages;
  const kept = list.flatMap((message) => {
    const object = asObject(message);
    const content = withoutEntries(object?.["content"], isOut);
    if (object === undefined || content === object["content"]) return [message];
    return asArray(content)?.length === 0 ? [] : [{ ...object, content }];
  });
  return kept.length === list.length && kept.every((message, at) => message === list[at]) ? messages : kept;
}
