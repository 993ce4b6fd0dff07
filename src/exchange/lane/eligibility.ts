/** Whether a lane may serve a request at all, as far as no routing rule can know: protocols, operations and their paths. */
import type { Lane } from "../../ir/deployment.ts";
import type { Exclusion } from "../../routing/condition.ts";
import type { World } from "../contract.ts";
import type { Call } from "../request/call.ts";
import { hasPath, wayOf } from "./mode.ts";

/** null: it may. */
export function unusable(world: World, call: Call, lane: Lane): Exclusion | null {
  const egress = world.protocolOf(lane.protocol);
  const { operation } = call.request.facts;
  const way = wayOf(operation, call.ingress, egress);
  if (way === null) return "no-operation";
  const provider = world.deployment.providers[lane.provider];
  const { upstreamModel } = lane;
  if (!hasPath(operation, { egress, provider, clientPath: call.parts.path, upstreamModel })) return "no-operation";
  if (world.pricedOnly && lane.prices === null) return "unpriced";
  return call.translation === "off" && way === "translate" ? "other-protocol" : null;
}
