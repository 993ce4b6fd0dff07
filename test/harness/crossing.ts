/** One body or stream through one pair of protocols, for tests about single pitfalls: given and looked at in wire words. */

import type { IrEvent } from "../../src/ir/event.ts";
import type { Loss } from "../../src/ir/loss.ts";
import type { IrRequest } from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../src/std/bytes.ts";
import { asArray, at, type JsonObject } from "../../src/std/json.ts";
import { overTheWire } from "../corpus/meaning.ts";
import { bodyFrom, contextFor, readStream } from "../corpus/translate.ts";
import { MAKER } from "./dialects.ts";
import { judged } from "./judged.ts";

/** A carrier of another protocol's bodies translates as that protocol does. */
export const ALL: readonly Protocol[] = Object.values<Protocol>(PROTOCOLS).filter(
  ({ id, payload }) => id === payload.id,
);

export function speaking(id: string): Protocol {
  const found = ALL.find((protocol) => protocol.id === id);
  if (found === undefined) throw new Error(`no protocol ${id}`);
  return found;
}

const WRITE = { upstreamModel: "upstream", defaultMaxOutputTokens: 256, dialect: MAKER, maxOutputTokens: null };

export interface AtLane {
  readonly body: JsonObject;
  /** The body as text: what must or must not be in it. */
  readonly text: string;
  readonly losses: readonly Loss[];
  /** What the lane's own reader makes of it. */
  readonly request: IrRequest;
}

/** A client's own body, as a lane of another protocol is sent it. */
export function toLane(client: string, lane: string, body: JsonObject): AtLane {
  const read = speaking(client).payload.readRequest(overTheWire(body));
  const written = speaking(lane).payload.writeRequest(read.value, WRITE);
  const sent = overTheWire(written.value);
  return {
    body: sent,
    text: JSON.stringify(sent),
    losses: [...read.losses, ...written.losses],
    request: speaking(lane).payload.readRequest(sent).value,
  };
}

/** A request in between, as this client would have sent it, at the lane. */
export function sentTo(client: string, lane: string, given: IrRequest): AtLane {
  return toLane(client, lane, bodyFrom(speaking(client), given));
}

export interface AtClient {
  /** The exact text of the stream. */
  readonly text: string;
  readonly losses: readonly Loss[];
  /** What the client's own reader makes of it. */
  readonly response: IrResponse;
  readonly endings: readonly string[];
  readonly failure: Extract<IrEvent, { type: "failed" }>["failure"] | null;
}

/** The exact bytes of a lane's stream, as a client of another protocol gets them. */
export function toClient(lane: string, client: string, stream: string | Uint8Array): AtClient {
  const bytes = typeof stream === "string" ? encodeUtf8(stream) : stream;
  return eventsToClient(client, judged(readStream(speaking(lane), bytes).events));
}

export function eventsToClient(client: string, events: readonly IrEvent[]): AtClient {
  const { payload, carrier } = speaking(client);
  const writer = payload.createStreamWriter(contextFor(null));
  const joiner = carrier.framing.createJoiner();
  const frames = events.flatMap((event) => writer.push(event));
  const bytes = concatBytes([...frames.map((frame) => joiner.write(frame)), joiner.end()]);
  const back = readStream(speaking(client), bytes);
  return {
    text: carrier.framing.id === "sse" ? decodeUtf8(bytes) : frames.map(({ data }) => data).join("\n"),
    losses: writer.losses,
    response: back.response,
    endings: back.events.flatMap(({ type }) => (type === "end" || type === "failed" ? [type] : [])),
    failure: judged(back.events).flatMap((event) => (event.type === "failed" ? [event.failure] : []))[0] ?? null,
  };
}

/** A lane's whole answer, as the client's own reader reads it. */
export function answerTo(lane: string, client: string, body: JsonObject): IrResponse {
  const read = speaking(lane).payload.readResponse(overTheWire(body)).value;
  const written = speaking(client).payload.writeResponse(read, contextFor(null)).value;
  return speaking(client).payload.readResponse(overTheWire(written)).value;
}

/** What a client of each protocol sends next: its question, the answer exactly as it got it, and another question. */
const ECHOES: Readonly<Record<string, (answer: JsonObject) => JsonObject>> = {
  anthropic: ({ content }) => ({
    model: "m",
    max_tokens: 99,
    messages: [
      { role: "user", content: "Q." },
      { role: "assistant", content },
      { role: "user", content: "And?" },
    ],
  }),
  openai: (answer) => ({
    model: "m",
    messages: [{ role: "user", content: "Q." }, at(answer, "choices", 0, "message"), { role: "user", content: "And?" }],
  }),
  responses: ({ output }) => ({
    model: "m",
    input: [{ role: "user", content: "Q." }, ...(asArray(output) ?? []), { role: "user", content: "And?" }],
  }),
  gemini: (answer) => ({
    contents: [
      { role: "user", parts: [{ text: "Q." }] },
      at(answer, "candidates", 0, "content"),
      { role: "user", parts: [{ text: "And?" }] },
    ],
  }),
  bedrock: (answer) => ({
    messages: [
      { role: "user", content: [{ text: "Q." }] },
      at(answer, "output", "message"),
      { role: "user", content: [{ text: "And?" }] },
    ],
  }),
  cohere: (answer) => ({
    model: "m",
    messages: [{ role: "user", content: "Q." }, answer["message"], { role: "user", content: "And?" }],
  }),
};

/** An answer of `from`, given to the client and sent back by it with its next question, at a lane. */
export function echoed(
  answer: IrResponse,
  { from, client, lane }: { from: string; client: string; lane: string },
): AtLane {
  const body = overTheWire(speaking(from).payload.writeResponse(answer, contextFor(null)).value);
  const read = speaking(from).payload.readResponse(body).value;
  const given = overTheWire(speaking(client).payload.writeResponse(read, contextFor(null)).value);
  const next = ECHOES[client];
  if (next === undefined) throw new Error(`nothing says how a client of ${client} sends an answer back`);
  return toLane(client, lane, next(given));
}
