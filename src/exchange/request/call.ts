/** What one exchange carries along while it runs: who asks, for what, under which promises, and what has been seen. */
import type { Caller } from "../../governance/identify.ts";
import type { TranslationMode } from "../../ir/deployment.ts";
import { failed, failure, ok, type Result } from "../../ir/failure.ts";
import { kindOfLoss, type Loss, type WithLosses } from "../../ir/loss.ts";
import type { IrRequest } from "../../ir/request.ts";
import type { RequestParts, Route } from "../../ir/route.ts";
import type { RouterWishes } from "../../ir/router-wishes.ts";
import type { Framing, Protocol } from "../../protocols/protocol.ts";
import type { ModelEnding } from "../../routing/asked-name.ts";
import type { JsonObject } from "../../std/json.ts";
import type { StopSignal } from "../../std/stop-signal.ts";
import { WireError } from "../../std/wire-error.ts";
import type { ParsedRequest } from "./facts.ts";

export interface ClientCall {
  readonly id: string;
  readonly route: Route;
  readonly parts: RequestParts;
  readonly caller: Caller;
  readonly ingress: Protocol;
  /** How a streamed answer travels to this client. */
  readonly framing: Framing;
  readonly request: ParsedRequest;
  readonly translation: TranslationMode;
  /** What it asks of the router; null: nothing. */
  readonly wishes: RouterWishes | null;
  /** What the client put behind the model's name; absent: nothing. */
  readonly ending?: ModelEnding;
  /** Turns that were left out so that a lane can take it; absent: none. */
  readonly trimmed?: { readonly order: "trim-oldest" | "trim-middle"; readonly turns: number };
  readonly signal: StopSignal;
  readonly startedMs: number;
  /** Read once, on the first translated attempt. */
  ir(): Result<WithLosses<IrRequest>>;
}

export function readOnce(ingress: Protocol, request: ParsedRequest): ClientCall["ir"] {
  let read: Result<WithLosses<IrRequest>> | null = null;
  return () => {
    read ??= readRequest(ingress, request);
    return read;
  };
}

/** Another body than the client's, for one lane; what it has lost comes first. */
export function readAgain(
  { ingress, request }: Pick<ClientCall, "ingress" | "request">,
  { body, losses }: { readonly body: JsonObject; readonly losses: readonly Loss[] },
): Result<WithLosses<IrRequest>> {
  const read = readRequest(ingress, { ...request, body });
  return read.ok ? ok({ value: read.value.value, losses: [...losses, ...read.value.losses] }) : read;
}

function readRequest(ingress: Protocol, request: ParsedRequest): Result<WithLosses<IrRequest>> {
  try {
    const { value, losses } = ingress.payload.readRequest(chatBody(ingress, request));
    // Target and stream flag may stand outside the body; the facts have them from wherever they were.
    const { target: model, stream, compacts } = request.facts;
    return ok({ value: { ...value, model, stream, ...(compacts === true ? { compacts: "whole" } : {}) }, losses });
  } catch (error) {
    if (error instanceof WireError) return failed(failure("invalid-request", error.message));
    throw error;
  }
}

/** What is to be counted may stand inside a count call's body. */
function chatBody({ operations }: Protocol, { facts, body }: ParsedRequest): JsonObject {
  return facts.operation === "count" ? (operations.count?.readRequest?.(body) ?? body) : body;
}

/** For the client's details and the 400 of strict translation. */
export function lossDetails(losses: readonly Loss[]): { kind: string; field: string; how: string; detail: string }[] {
  return losses.map((loss) => ({ kind: kindOfLoss(loss), field: loss.field, how: loss.how, detail: loss.detail }));
}
