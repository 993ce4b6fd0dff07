// Every member of an answer bent in every way, and every event moved, repeated or left out. A reader gives an answer or
// says that it is none; it throws nothing else, makes up no call, and what it read reaches every client whole.
import { describe, expect, test } from "bun:test";
import { isMeaningful, type ReadEvent } from "../../src/ir/event.ts";
import { createAccumulator } from "../../src/ir/fold.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import type { Frame, Protocol } from "../../src/protocols/protocol.ts";
import { asObject, asText, type JsonObject, parseJson } from "../../src/std/json.ts";
import { WireError } from "../../src/std/wire-error.ts";
import { RESPONSES, STREAMS } from "../corpus/corpus.ts";
import { overTheWire } from "../corpus/meaning.ts";
import { contextFor } from "../corpus/translate.ts";
import { ALL } from "../harness/crossing.ts";
import { judged } from "../harness/judged.ts";
import { mutationsOf } from "../harness/mutations.ts";
import { describeRecordings, recordingsIn } from "../harness/recordings.ts";

const WHOLE = ["reasoning, words and three calls", "reasoning signed by anthropic", "words and a refusal"];
const STREAMED = [
  "reasoning between calls",
  "text beside an open call",
  "a refusal after words",
  "cached usage (whole)",
];

describe.each(ALL.map((protocol) => [protocol.id, protocol] as const))("odd answers of %s", (_id, protocol) => {
  test.each(WHOLE)("whole: %s", (name) => {
    const given = RESPONSES[name];
    if (given === undefined) throw new Error(`the corpus has no ${name}`);
    const body = overTheWire(protocol.payload.writeResponse(given, contextFor(null)).value);
    expect(mutationsOf(body).flatMap((bent) => faultsOfBody(protocol, bent.name, asObject(bent.value) ?? {}))).toEqual(
      [],
    );
  });

  test.each(STREAMED)("streamed: %s", (name) => {
    const writer = protocol.payload.createStreamWriter(contextFor(null));
    const frames = (STREAMS[name] ?? []).flatMap((event) => writer.push(event));
    expect(frames.length).toBeGreaterThan(1);
    expect(bentStreams(frames).flatMap((bent) => faultsOfStream(protocol, bent.name, bent.frames))).toEqual([]);
  });
});

/** Of each protocol the richest answers recorded: they are bent like ours. */
const RECORDED: Readonly<Record<string, string>> = {
  anthropic: "anthropic",
  "openai-chat": "openai",
  "openai-responses": "responses",
  gemini: "gemini",
  "bedrock-converse": "bedrock",
  cohere: "cohere",
};
const ANSWERS_EACH = 2;
const ANSWER_BYTES = [600, 6_000] as const;
const STREAM_BYTES = [1_000, 6_000] as const;

describeRecordings("odd answers recorded", () => {
  for (const [folder, id] of Object.entries(RECORDED)) {
    const protocol = ALL.find((each) => each.id === id);
    if (protocol === undefined) throw new Error(`no protocol ${id}`);
    const recordings = recordingsIn(folder);
    const fits = (file: string, [least, most]: readonly [number, number]) => {
      const { length } = recordings.bytesOf(file);
      return length >= least && length <= most;
    };

    for (const file of pick(recordings.files(".resp.json").filter((each) => fits(each, ANSWER_BYTES)))) {
      test(file, () => {
        const body = recordings.jsonOf(file);
        expect(
          mutationsOf(body).flatMap((bent) => faultsOfBody(protocol, bent.name, asObject(bent.value) ?? {})),
        ).toEqual([]);
      });
    }
    for (const file of pick(
      recordings
        .files(protocol.carrier.framing.id === "sse" ? ".resp.sse" : ".resp.es")
        .filter((each) => fits(each, STREAM_BYTES)),
    )) {
      test(file, () => {
        const splitter = protocol.carrier.framing.createSplitter();
        const frames = [...splitter.push(recordings.bytesOf(file)), ...splitter.end()];
        expect(bentStreams(frames).flatMap((bent) => faultsOfStream(protocol, bent.name, bent.frames))).toEqual([]);
      });
    }
  }
});

function pick(files: readonly string[]): readonly string[] {
  const step = Math.max(1, Math.floor(files.length / ANSWERS_EACH));
  return files.filter((_, index) => index % step === 0).slice(0, ANSWERS_EACH);
}

interface BentStream {
  readonly name: string;
  readonly frames: readonly Frame[];
}

/** Frames of one kind are bent once: a hundred deltas are alike. */
const FRAMES_OF_A_KIND = 1;

function bentStreams(frames: readonly Frame[]): BentStream[] {
  const seen = new Map<string, number>();
  return frames.flatMap((frame, place): BentStream[] => {
    const data = frame.data.startsWith("{") ? asObject(parseJson(frame.data)) : undefined;
    if (data === undefined) return [];
    const kind = `${frame.event ?? asText(data["type"]) ?? Object.keys(data).join()} ${frame.data.replace(/"[^"]*"|\d+/g, "").length}`;
    const times = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, times);
    if (times > FRAMES_OF_A_KIND) return [];
    const bent = mutationsOf(data).map(({ name, value }) => ({
      name: `frame ${place}: ${name}`,
      frames: frames.with(place, { ...frame, data: JSON.stringify(value) }),
    }));
    return [
      ...bent,
      { name: `frame ${place} left out`, frames: frames.toSpliced(place, 1) },
      { name: `frame ${place} twice`, frames: frames.toSpliced(place, 0, frame) },
      {
        name: `frame ${place} earlier`,
        frames: frames.toSpliced(place, 1).toSpliced(Math.max(0, place - 1), 0, frame),
      },
      { name: `frame ${place} first`, frames: [frame, ...frames.toSpliced(place, 1)] },
    ];
  });
}

// ---------------------------------------------------------------- what must hold

function faultsOfBody(protocol: Protocol, name: string, body: JsonObject): string[] {
  const { payload } = protocol;
  const note = payload.createTap().body(body);
  let read: IrResponse;
  try {
    read = payload.readResponse(body).value;
  } catch (error) {
    return error instanceof WireError ? [] : [`${name}: the reader throws ${String(error)}`];
  }
  const faults = note.failure === null ? [] : [`${name}: the tap sees a failure that the reader does not`];
  for (const client of ALL) {
    const written = client.payload.writeResponse(read, contextFor(null)).value;
    faults.push(...compare(`${name}, for ${client.id}`, read, client.payload.readResponse(overTheWire(written)).value));
  }
  return faults;
}

function faultsOfStream(protocol: Protocol, name: string, frames: readonly Frame[]): string[] {
  const reader = protocol.payload.createStreamReader();
  const events = [...frames.flatMap((frame) => reader.push(frame)), ...reader.end()];
  const ending = endingOf(events);
  if (ending === null) return [`${name}: not exactly one ending`];
  const tap = protocol.payload.createTap();
  const notes = frames.map((frame) => tap.frame(frame));
  const faults: string[] = [];
  if (ending.type === "failed" && typeof ending.error !== "string" && !notes.some(({ failure }) => failure !== null)) {
    faults.push(`${name}: the tap sees no failure where the vendor tells of one`);
  }
  const says = events.some((event) => event.type !== "end" && isMeaningful(event));
  if (ending.type === "end" && says && !notes.some(({ meaningful }) => meaningful)) {
    faults.push(`${name}: the tap sees no beginning`);
  }
  const read = folded(events);
  if (callsOf(read).includes("")) faults.push(`${name}: a call without a name`);
  for (const client of ALL) {
    const writer = client.payload.createStreamWriter(contextFor(null));
    const back = client.payload.createStreamReader();
    const written = judged(events).flatMap((event) => writer.push(event));
    const arrived = [...written.flatMap((frame) => back.push(frame)), ...back.end()];
    if (endingOf(arrived)?.type !== ending.type) faults.push(`${name}, for ${client.id}: another ending`);
    faults.push(...compare(`${name}, for ${client.id}`, read, folded(arrived)));
  }
  return faults;
}

function endingOf(events: readonly ReadEvent[]): Extract<ReadEvent, { type: "end" | "failed" }> | null {
  const endings = events.flatMap((event) => (event.type === "end" || event.type === "failed" ? [event] : []));
  const [ending] = endings;
  return endings.length === 1 && ending !== undefined && events.at(-1) === ending ? ending : null;
}

function folded(events: readonly ReadEvent[]): IrResponse {
  const accumulator = createAccumulator();
  for (const event of events) accumulator.push(event);
  return accumulator.response();
}

/** Texts and calls of the first answer; several dialects hold no more. */
function compare(name: string, read: IrResponse, arrived: IrResponse): string[] {
  const faults: string[] = [];
  // Parallel texts may arrive in another order, and a refusal as a text.
  if (textOf(arrived).length < textOf(read).length) faults.push(`${name}: text is lost`);
  if (callsOf(arrived).length !== callsOf(read).length) faults.push(`${name}: calls are not the same`);
  return faults;
}

function textOf({ choices: [first] }: IrResponse): string {
  const texts = (first?.blocks ?? []).flatMap((block) => (block.type === "text" ? [block.text] : []));
  return texts.join("").replace(/\s+/g, "");
}

function callsOf({ choices: [first] }: IrResponse): string[] {
  return (first?.blocks ?? []).flatMap((block) => (block.type === "tool-call" ? [block.name] : []));
}
