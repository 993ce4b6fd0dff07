/** How a protocol would serve a request of another: by the client's own bytes, by a translation, or not at all. */
import type { Operation } from "../../ir/facts.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { unreachable } from "../../std/unreachable.ts";
import { relayedOperation } from "../request/facts.ts";

export type Mode = "relay" | "translate";

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

/** A door whose path is the operator's own, and not one this operation can be found beside. */
export function hasPath(
  operation: Operation,
  asked: {
    readonly egress: Protocol;
    /** The door's own path; null: the protocol's. */
    readonly template: string | null;
    readonly clientPath: string;
    readonly upstreamModel: string;
  },
): boolean {
  if (operation === "chat" && asked.template === null) return true;
  const { egress, template, clientPath, upstreamModel } = asked;
  return egress.carrier.upstreamPath({ operation, upstreamModel, stream: false, template, clientPath }) !== null;
}
