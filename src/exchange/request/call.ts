/** What one exchange carries along while it runs: who asks, for what, under which promises, and what has been seen. */
import type { Caller } from "../../governance/identify.ts";
import type { Deployment, Lane, Provider, TranslationMode } from "../../ir/deployment.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import type { Loss, WithLosses } from "../../ir/loss.ts";
import type { IrRequest } from "../../ir/request.ts";
import type { RequestParts, Route } from "../../ir/route.ts";
import type { Framing, Protocol } from "../../protocols/protocol.ts";
import type { Effects } from "../../std/effects.ts";
import type { JsonObject } from "../../std/json.ts";
import type { Secret } from "../../std/secret.ts";
import type { StopSignal } from "../../std/stop-signal.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Send } from "../../upstream/send.ts";
import type { HeaderFilter } from "../lane/header-filter.ts";
import type { Seals } from "../lane/reasoning-signatures.ts";
import type { ParsedRequest } from "./facts.ts";

/** What every exchange of a deployment shares. */
export interface World {
  readonly deployment: Deployment;
  readonly effects: Effects;
  readonly send: Send;
  protocolOf(id: string): Protocol;
  /** The lane's own credential now; null: it has none, or it cannot be read. */
  secretOf(lane: Lane): Secret | null;
  readonly seals: Seals;
  /** PEM text of the provider's authorities; null: the built-in ones. */
  caOf(provider: Provider): string | null;
  /** Allow-lists, compiled once: client headers to a lane, lane headers to a client. */
  requestFilter(ingress: Protocol, lane: Lane): HeaderFilter;
  responseFilter(egress: Protocol, ingress: Protocol): HeaderFilter;
  /** `ringmain/<version>`: we never imitate a vendor's own client. */
  readonly userAgent: string;
  /** True when the usage of this caller's requests is counted to the token. */
  readonly metered: boolean;
  /** Lanes without a known price are left out. */
  readonly pricedOnly: boolean;
}

export interface Call {
  readonly id: string;
  readonly route: Route;
  readonly parts: RequestParts;
  readonly caller: Caller;
  readonly ingress: Protocol;
  /** How a streamed answer travels to this client. */
  readonly framing: Framing;
  readonly request: ParsedRequest;
  readonly translation: TranslationMode;
  readonly signal: StopSignal;
  readonly startedMs: number;
  /** Read once, on the first translated attempt. */
  ir(): WithLosses<IrRequest> | Failure;
}

export function readOnce(ingress: Protocol, request: ParsedRequest): Call["ir"] {
  let read: WithLosses<IrRequest> | Failure | null = null;
  return () => {
    read ??= readRequest(ingress, request);
    return read;
  };
}

function readRequest(ingress: Protocol, request: ParsedRequest): WithLosses<IrRequest> | Failure {
  try {
    const { value, losses } = ingress.payload.readRequest(chatBody(ingress, request));
    // Target and stream flag may stand outside the body; the facts have them from wherever they were.
    return { value: { ...value, model: request.facts.target, stream: request.facts.stream }, losses };
  } catch (error) {
    if (error instanceof WireError) return failure("invalid-request", error.message);
    throw error;
  }
}

/** What is to be counted may stand inside a count call's body. */
function chatBody({ operations }: Protocol, { facts, body }: ParsedRequest): JsonObject {
  return facts.operation === "count" ? (operations.count?.readRequest?.(body) ?? body) : body;
}

export function isFailure(value: WithLosses<unknown> | Failure): value is Failure {
  return "kind" in value;
}

/** For the client's details and the 400 of strict translation. */
export function lossDetails(losses: readonly Loss[]): { field: string; how: string; detail: string }[] {
  return losses.map(({ field, how, detail }) => ({ field, how, detail }));
}
