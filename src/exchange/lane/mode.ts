/**
 * How a lane would serve a request: by the client's own bytes, by a translation, or not at all, as far as protocols,
 * operations, paths and prices decide.
 */
import { missingCapabilities } from "../../ir/capability.ts";
import type { Lane, Provider } from "../../ir/deployment.ts";
import type { Operation, Reference } from "../../ir/facts.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import type { Exclusion } from "../../routing/condition.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { World } from "../contract.ts";
import type { ClientCall } from "../request/call.ts";
import { relayedOperation } from "../request/facts.ts";
import { accountOf } from "../stored-answers.ts";

type Mode = "relay" | "translate";

/** null: the lane's protocol, or the client's, does not offer it. That is a filter, never a failure of the lane. */
export function modeOf(operation: Operation, ingress: Protocol, egress: Protocol): Mode | null {
  const same = ingress.payload.id === egress.payload.id;
  const between = (offered: boolean, spoken: boolean): Mode | null =>
    offered && (same || spoken) ? (same ? "relay" : "translate") : null;
  switch (operation) {
    case "chat":
      return same ? "relay" : "translate";
    case "count":
      return between(egress.operations.count !== undefined, ingress.operations.count !== undefined);
    case "embed":
      return between(egress.operations.embed !== undefined, ingress.operations.embed !== undefined);
    case "rerank":
      return between(egress.operations.rerank !== undefined, ingress.operations.rerank !== undefined);
    case "complete":
    case "moderate":
    case "image":
    case "audio":
      return between(relayedOperation(egress, operation) !== undefined, false);
    case "models":
      return null;
    default:
      return unreachable(operation);
  }
}

/** A provider whose path is the operator's own, and not one this operation can be found beside. */
export function hasPath(
  operation: Operation,
  asked: {
    readonly egress: Protocol;
    readonly provider: Provider | undefined;
    readonly clientPath: string;
    readonly upstreamModel: string;
  },
): boolean {
  if (operation === "chat") return true;
  const { egress, provider, clientPath, upstreamModel } = asked;
  const template = provider?.path ?? null;
  return egress.carrier.upstreamPath({ operation, upstreamModel, stream: false, template, clientPath }) !== null;
}

/** Whether the lane could ever serve the request, whatever its health and whatever was promised. */
export function isFit(world: World, call: ClientCall, lane: Lane): boolean {
  if (!lane.routing || exclusionOf(world, call, lane) !== null) return false;
  return missingCapabilities(call.request.facts.needs, lane.capabilities).length === 0;
}

/** Why the lane may not serve the request; null: it may. `first`: the lane this exchange asked first; null: none yet. */
export function exclusionOf(world: World, call: ClientCall, lane: Lane, first: Lane | null = null): Exclusion | null {
  const egress = world.protocolOf(lane.protocol);
  const { operation, references } = call.request.facts;
  const mode = modeOf(operation, call.ingress, egress);
  if (mode === null) return "no-operation";
  const provider = world.deployment.providers[lane.provider];
  const { upstreamModel } = lane;
  if (!hasPath(operation, { egress, provider, clientPath: call.parts.path, upstreamModel })) return "no-operation";
  if (references !== undefined && !canLookUp(references, { world, egress, lane, first })) return "held-elsewhere";
  if (world.pricedOnly && lane.prices === null) return "unpriced";
  return call.translation === "off" && mode === "translate" ? "other-protocol" : null;
}

/**
 * Whether all that the request refers to may stand at this lane's account. Of what is stored at an unknown account the
 * first lane is asked, and no other account after it: that one would only say that it does not know it.
 */
function canLookUp(
  references: readonly Reference[],
  at: { readonly world: World; readonly egress: Protocol; readonly lane: Lane; readonly first: Lane | null },
): boolean {
  const { world, egress, lane, first } = at;
  const account = accountOf(lane);
  return references.every(({ payloads, id }) => {
    if (!payloads.includes(egress.payload.id)) return false;
    const holder =
      (id === null ? null : world.storedAnswers.holderOf(id)) ?? (first === null ? null : accountOf(first));
    return holder === null || holder === account;
  });
}
