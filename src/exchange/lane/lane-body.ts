/**
 * The client's body as a lane may have it, before it is relayed or read. One in another protocol's shape gets its own. A model known not to reason gets the request
 * without the words about reasoning, which its vendor would refuse; that it does not think is told as a loss.
 */
import { approximated, dropped, type Loss } from "../../ir/loss.ts";
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
  if (facts.operation !== "chat" && facts.operation !== "count") return null;
  const { payload } = call.ingress;
  const shaped = edited({ members: {}, body, losses: [] }, payload.ownShape?.(body) ?? null, OTHER_SHAPE);
  const given = shaped?.body ?? body;
  const edits = lane.capabilities.reasoning === false ? payload.withoutReasoning(given) : null;
  const before = shaped ?? { members: {}, body, losses: [] };
  return edited(before, edits?.members ?? null, edits?.asked === true ? [UNREASONED] : []) ?? shaped;
}

const OTHER_SHAPE = [approximated("messages", "a body in another protocol's shape is read for what it is")];
const UNREASONED = dropped("reasoning", "the model does not reason");

function edited(
  before: LaneBody,
  changes: Readonly<Record<string, unknown>> | null,
  losses: readonly Loss[],
): LaneBody | null {
  if (changes === null) return null;
  const body = { ...before.body };
  const members = { ...before.members };
  for (const [name, value] of Object.entries(changes)) {
    members[name] = value === null ? null : JSON.stringify(value);
    if (value === null) delete body[name];
    else body[name] = value;
  }
  return { members, body, losses: [...before.losses, ...losses] };
}
