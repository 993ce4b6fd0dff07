/** How a lane would serve an operation: the client's own bytes, a translation, or not at all. */
import type { Provider } from "../../ir/deployment.ts";
import type { Operation } from "../../ir/facts.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { unreachable } from "../../std/unreachable.ts";
import { relayedOperation } from "../request/facts.ts";

export type Way = "relay" | "translate";

/** null: the lane's protocol, or the client's, does not offer it. That is a filter, never a failure of the lane. */
export function wayOf(operation: Operation, ingress: Protocol, egress: Protocol): Way | null {
  const same = ingress.payload.id === egress.payload.id;
  const between = (offered: boolean, spoken: boolean): Way | null =>
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
