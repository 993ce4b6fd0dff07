/**
 * One case of the corpus through one pair of protocols, as an exchange would take it: a client's body is read and written
 * for the lane; a lane's answer, whole or streamed, is read and written for the client. Everything travels as bytes.
 */

import type { IrEvent, ReadEvent } from "../../src/ir/event.ts";
import { createAccumulator } from "../../src/ir/fold.ts";
import type { Loss, WithLosses } from "../../src/ir/loss.ts";
import type { IrRequest } from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { withSealsInPlace } from "../../src/protocols/gemini/thought-joiner.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { AnswerContext, Protocol, WriteRequestOptions } from "../../src/protocols/protocol.ts";
import { concatBytes } from "../../src/std/bytes.ts";
import { MAKER } from "../harness/dialects.ts";
import { judged } from "../harness/judged.ts";
import { REQUESTS, RESPONSES, STREAMS } from "./corpus.ts";
import {
  differences,
  type Meaning,
  meaningOfBroken,
  meaningOfRequest,
  meaningOfResponse,
  overTheWire,
  textOf,
} from "./meaning.ts";

export const KINDS = ["requests", "responses", "streams"] as const;
export type Kind = (typeof KINDS)[number];

export const CASES: Readonly<Record<Kind, readonly string[]>> = {
  requests: Object.keys(REQUESTS),
  responses: Object.keys(RESPONSES),
  streams: Object.keys(STREAMS),
};

export interface Pair {
  readonly client: Protocol;
  readonly lane: Protocol;
  /** `anthropic > openai`: client first. */
  readonly name: string;
}

/** A carrier of another protocol's bodies translates as that protocol does. */
const SPOKEN: readonly Protocol[] = Object.values<Protocol>(PROTOCOLS).filter(({ id, payload }) => id === payload.id);

export const PAIRS: readonly Pair[] = SPOKEN.flatMap((client) =>
  SPOKEN.map((lane) => ({ client, lane, name: `${client.id} > ${lane.id}` })),
);

/** A feature of the meaning that is not what it was; undefined: it says nothing. */
export interface Change {
  readonly what: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What a translation of one case came to. */
export interface Came {
  /** Members of the request that name what its vendor stores. */
  readonly references: readonly string[];
  readonly losses: readonly Loss[];
  readonly changes: readonly Change[];
  readonly request: { readonly sent: IrRequest; readonly arrived: IrRequest } | null;
  readonly response: { readonly sent: IrResponse; readonly arrived: IrResponse } | null;
}

/** The limit a lane is given where its protocol demands one. */
export const DEFAULT_LIMIT = 256;
const WRITE: WriteRequestOptions = {
  upstreamModel: "pool",
  defaultMaxOutputTokens: DEFAULT_LIMIT,
  dialect: MAKER,
  maxOutputTokens: null,
};

export function translate(kind: Kind, pair: Pair, name: string): Came {
  switch (kind) {
    case "requests":
      return translateRequest(pair, caseOf(REQUESTS, name));
    case "responses":
      return translateResponse(pair, caseOf(RESPONSES, name));
    case "streams":
      return translateEvents(pair, caseOf(STREAMS, name));
    default:
      return kind satisfies never;
  }
}

function caseOf<T>(corpus: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(corpus, name) ? corpus[name] : undefined;
  if (found === undefined) throw new Error(`the corpus has no case ${name}`);
  return found;
}

export function contextFor(request: IrRequest | null): AnswerContext {
  let ids = 0;
  return {
    request,
    upstreamModel: "upstream-model",
    createdMs: 1_767_225_600_000,
    newId: (length) => String(ids++).padStart(length, "0"),
    elapsedMs: () => 42,
    inputTokensEstimate: 25,
  };
}

/** A client's body: the corpus' own request, as this protocol's clients would have sent it. */
export function bodyFrom(client: Protocol, given: IrRequest): Readonly<Record<string, unknown>> {
  return overTheWire(client.payload.writeRequest(given, WRITE).value);
}

function translateRequest({ client, lane }: Pair, given: IrRequest): Came {
  const losses: Loss[] = [];
  const body = bodyFrom(client, given);
  const sent = keep(losses, client.payload.readRequest(body));
  const written = keep(losses, lane.payload.writeRequest(sent, WRITE));
  const arrived = keep(losses, lane.payload.readRequest(overTheWire(written)));
  const changes = changesOf(meaningOfRequest(sent), meaningOfRequest(arrived));
  const references = (client.payload.readFacts(body).references ?? []).map(({ member }) => member);
  return { losses, changes, references, request: { sent, arrived }, response: null };
}

function translateResponse({ client, lane }: Pair, given: IrResponse): Came {
  const body = overTheWire(lane.payload.writeResponse(given, contextFor(null)).value);
  const losses: Loss[] = [];
  const sent = keep(losses, lane.payload.readResponse(body));
  const written = keep(losses, client.payload.writeResponse(sent, contextFor(null)));
  const arrived = keep(losses, client.payload.readResponse(overTheWire(written)));
  const changes = changesOf(meaningOfResponse(sent), meaningOfResponse(arrived));
  return { losses, changes, references: [], request: null, response: { sent, arrived } };
}

export function translateEvents({ client, lane }: Pair, given: readonly IrEvent[]): Came {
  const losses: Loss[] = [];
  const answer = readBack(lane, given, []);
  const arrived = readBack(client, judged(answer.events), losses);
  losses.push(...answer.losses, ...arrived.losses);
  // What a broken stream had said before it broke must have arrived as well.
  const meaning = answer.failed ? meaningOfBroken : meaningOfResponse;
  const [sent, came] = [client.id === "gemini" ? answer.response : answer.said, arrived.response];
  const failure: Change[] =
    answer.failed === arrived.failed ? [] : [{ what: "failure", before: answer.failed, after: arrived.failed }];
  return {
    losses,
    references: [],
    changes: [...failure, ...changesOf(meaning(sent), meaning(came))],
    request: null,
    response: { sent, arrived: came },
  };
}

export interface ReadBack {
  readonly bytes: Uint8Array;
  readonly events: readonly ReadEvent[];
  /** As its client gives it back. */
  readonly response: IrResponse;
  /** In the order of its events. */
  readonly said: IrResponse;
  readonly failed: boolean;
  readonly losses: readonly Loss[];
}

/** Events written by this protocol, sent as bytes, and read again. Losses of the writer go to `losses`. */
export function readBack(protocol: Protocol, events: readonly IrEvent[], losses: Loss[]): ReadBack {
  const { payload, carrier } = protocol;
  const writer = payload.createStreamWriter(contextFor(usageAsked(protocol)));
  const joiner = carrier.framing.createJoiner();
  const bytes = concatBytes([
    ...events.flatMap((event) => writer.push(event)).map((frame) => joiner.write(frame)),
    joiner.end(),
  ]);
  losses.push(...writer.losses);
  return { bytes, ...readStream(protocol, bytes) };
}

/** What a reader makes of these bytes of a stream, the end included. */
export function readStream(protocol: Protocol, bytes: Uint8Array): Omit<ReadBack, "bytes"> {
  const splitter = protocol.carrier.framing.createSplitter();
  const reader = protocol.payload.createStreamReader();
  const accumulator = createAccumulator();
  const events = [...splitter.push(bytes), ...splitter.end()].flatMap((frame) => reader.push(frame));
  events.push(...reader.end());
  for (const event of events) accumulator.push(event);
  const said = accumulator.response();
  return {
    events,
    response: inPlace(protocol, said),
    said,
    failed: accumulator.failed(),
    losses: accumulator.losses(),
  };
}

/** In a stream of Gemini's another vendor's seal comes behind the text of its answer; a request puts it back. */
export function inPlace({ id }: Protocol, response: IrResponse): IrResponse {
  if (id !== "gemini") return response;
  return { ...response, choices: response.choices.map((each) => ({ ...each, blocks: withSealsInPlace(each.blocks) })) };
}

/** A request of a client that wants its usage told: only Chat Completions has to be asked. */
function usageAsked(protocol: Protocol): IrRequest | null {
  if (protocol.id !== "openai") return null;
  const body = { model: "m", messages: [], stream: true, stream_options: { include_usage: true } };
  return protocol.payload.readRequest(body).value;
}

function changesOf(before: Meaning, after: Meaning): Change[] {
  return differences(before, after).map((what) => ({ what, before: before[what], after: after[what] }));
}

/** For people: the feature, what it said, and what it says now. */
export function lineOfChange({ what, before, after }: Change): string {
  return `${what}: ${textOf(before)} -> ${textOf(after)}`;
}

/** For the pinned list: where, how and why. What names a thing stored elsewhere never comes to a writer in a gateway. */
export function lineIn({ references }: Came, { field, how, detail }: Loss): string {
  const isReference = references.some((name) => name === field || name.startsWith(`${field}.`));
  return isReference ? `${field} refused: only its own vendor can look it up` : `${field} ${how}: ${detail}`;
}

function keep<T>(losses: Loss[], result: WithLosses<T>): T {
  losses.push(...result.losses);
  return result.value;
}
