/** Whether a lane could serve a request at all, as far as its doors, its abilities and its price decide. */
import { isKnownToServe, lacksCapability } from "../../ir/capability.ts";
import type { Lane } from "../../ir/deployment.ts";
import type { Exclusion } from "../../routing/condition.ts";
import type { World } from "../contract.ts";
import type { ClientCall } from "../request/call.ts";
import { missingAbilities } from "./abilities.ts";
import { keepsData } from "./data-policy.ts";
import { chooseDoor } from "./door.ts";

/** Whether the lane could ever serve the request, whatever its health and whatever was promised. */
export function isFit(world: World, call: ClientCall, lane: Lane): boolean {
  if (!lane.routing || exclusionOf(world, call, lane) !== null) return false;
  const { needs } = call.request.facts;
  if (lane.unknown === "deny" && !isKnownToServe(needs, lane.capabilities)) return false;
  return !lacksCapability(needs, lane.capabilities);
}

/** Why the lane may not serve the request; null: it may. `first`: the lane this exchange asked first; null: none yet. */
export function exclusionOf(world: World, call: ClientCall, lane: Lane, first: Lane | null = null): Exclusion | null {
  if (!keepsData(call, lane)) return "data-policy";
  if (missingAbilities(call, lane).length > 0) return "lacks-capability";
  if (!takesAnyChat(call, lane)) {
    const chosen = chooseDoor(world, call, lane, first);
    if (chosen.kind === "shut") return chosen.because;
  }
  return world.pricedOnly && lane.prices === null ? "unpriced" : null;
}

/** Its one door takes every conversation of its own protocol, and is translated to from the others. */
function takesAnyChat({ request: { facts }, translation }: ClientCall, { doors }: Lane): boolean {
  if (doors.length > 1 || doors[0].path !== null || translation === "off") return false;
  return facts.operation === "chat" && facts.references === undefined && facts.compacts !== true;
}
