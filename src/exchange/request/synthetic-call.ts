/** A call that no client made, in everything else like one: for sub-calls, for probes, and to explain what would happen. */

import type { Caller } from "../../governance/identify.ts";
import type { TranslationMode } from "../../ir/deployment.ts";
import { UNKNOWN_SERVER } from "../../ir/dialect.ts";
import type { IrEmbedRequest } from "../../ir/embed.ts";
import { failed, failure, ok, type Result } from "../../ir/failure.ts";
import { type IrRequest, NO_EXTRAS, NO_SAMPLING, NO_SPELLING, plainText } from "../../ir/request.ts";
import type { RequestParts, Route } from "../../ir/route.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { encodeUtf8 } from "../../std/bytes.ts";
import type { JsonObject } from "../../std/json.ts";
import type { StopSignal } from "../../std/stop-signal.ts";
import type { World } from "../contract.ts";
import { type ClientCall, readOnce } from "./call.ts";
import { readFacts } from "./facts.ts";
import { readWishes, wishesOf } from "./router-wishes.ts";

interface SyntheticCall {
  /** Also the caller's label. */
  readonly id: string;
  readonly world: World;
  readonly ingress: Protocol;
  readonly operation: "chat" | "embed";
  /** What it asks for. */
  readonly model: string;
  /** A client's own body; null: the smallest request there is. */
  readonly body: JsonObject | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly translation: TranslationMode;
  readonly signal: StopSignal;
}

/** Fails where the body is none this protocol would take. */
export function syntheticCall(input: SyntheticCall): Result<ClientCall> {
  const { id, world, ingress, model, operation } = input;
  const route = ingress.carrier.routes.find((each) => each.operation === operation && isPlain(each));
  const given = input.body ?? smallest(ingress, operation, model);
  if (route === undefined || given === null)
    return failed(failure("invalid-request", "This protocol has nothing of the kind."));
  const body = route.target.from === "body" ? { ...given, [route.target.member]: model } : given;
  const parts = partsFor(route, input);
  const read = readFacts({ route, parts, body: encodeUtf8(JSON.stringify(body)), protocol: ingress });
  if (!read.ok) return read;
  const asked = readWishes(parts.headers);
  if (!asked.ok) return asked;
  const wishes = wishesOf(asked.value, read.value);
  if (!wishes.ok) return wishes;
  const caller: Caller = { label: id, allowedTargets: null, passthrough: null, key: null };
  return ok({
    id,
    route,
    parts,
    caller,
    ingress,
    framing: ingress.carrier.framing,
    request: read.value,
    translation: input.translation,
    wishes: wishes.value,
    signal: input.signal,
    startedMs: world.effects.nowMs(),
    ir: readOnce(ingress, read.value),
  });
}

/** In one piece, or as the body says. */
function isPlain({ target, stream }: Route): boolean {
  return target.from !== "none" && !(stream.from === "fixed" && stream.value);
}

function smallest({ payload, operations }: Protocol, operation: "chat" | "embed", model: string): JsonObject | null {
  if (operation === "embed") return operations.embed?.writeRequest(PING_EMBED, model).value ?? null;
  return payload.writeRequest(pingRequest(model), {
    upstreamModel: model,
    defaultMaxOutputTokens: PING_OUTPUT_TOKENS,
    dialect: UNKNOWN_SERVER,
    maxOutputTokens: null,
  }).value;
}

function partsFor(route: Route, { model, headers }: SyntheticCall): RequestParts {
  const names = route.target.from === "param" ? route.target.names : [];
  const params = Object.fromEntries(names.map((name, index) => [name, index === 0 ? model : ""]));
  return {
    method: route.method,
    path: route.path,
    query: "",
    headers: { ...headers, "content-type": "application/json" },
    params,
  };
}

// ---------------------------------------------------------------- the smallest requests there are

/** Reasoning models and the Responses API refuse less. */
const PING_OUTPUT_TOKENS = 16;

/** Of no protocol's own spelling, so that a writer chooses the one the model takes. */
function pingRequest(model: string): IrRequest {
  return {
    sourceProtocol: "gateway",
    model,
    stream: false,
    instructions: [],
    turns: [
      {
        role: "user",
        blocks: [plainText("ping")],
        wasString: true,
        name: null,
        extras: NO_EXTRAS,
        spelling: NO_SPELLING,
      },
    ],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    maxOutputTokens: PING_OUTPUT_TOKENS,
    sampling: NO_SAMPLING,
    stop: [],
    reasoning: null,
    outputFormat: null,
    choices: null,
    logprobs: null,
    user: null,
    metadata: null,
    serviceTier: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
}

/** Whose spelling an embedding is asked in: every protocol that embeds can be written from it. */
export const PING_EMBED_PROTOCOL = "openai";

const PING_EMBED: IrEmbedRequest = {
  sourceProtocol: "gateway",
  inputs: [{ type: "text", text: "ping", title: null }],
  wasString: false,
  purpose: null,
  dimensions: null,
  encodings: [],
  truncate: null,
  user: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
};
