/**
 * The client's body as a lane may have it, before it is relayed or read. A model known not to reason gets the request
 * without the words about reasoning, which its vendor would refuse; that it does not think is told as a loss.
 */
import { dropped, type Loss } from "../../ir/loss.ts";
import type { JsonObject } from "../../std/json.ts";
import type { LaneContext } from "./attempt-context.ts";

export interface LaneBody {
  /** Top-level members to set (JSON text) or to remove (null). */
  readonly members: Readonly<Record<string, string | null>>;
  /** The body with those members. */
  readonly body: JsonObject;
  readonly losses: readonly Loss[];
}

/** Null: the body as it is. */
export function laneBody({ call, lane }: LaneContext): LaneBody | null {
  const { facts, body } = call.request;
  if (lane.capabilities.reasoning !== false || (facts.operation !== "chat" && facts.operation !== "count")) return null;
  const edits = call.ingress.payload.withoutReasoning(body);
  if (edits === null) return null;
  const left = { ...body };
  const members: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(edits.members)) {
    members[name] = value === null ? null : JSON.stringify(value);
    if (value === null) delete left[name];
    else left[name] = value;
  }
  return { members, body: left, losses: edits.asked ? [dropped("reasoning", "the model does not reason")] : [] };
}
