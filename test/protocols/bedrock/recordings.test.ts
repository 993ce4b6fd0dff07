// Real traffic of the vendor, recorded by public projects: everything must be readable, and written back it must be what
// was read, but for the committed paths.

import { expect, test } from "bun:test";
import type { IrEvent } from "../../../src/ir/event.ts";
import { createAccumulator } from "../../../src/ir/fold.ts";
import { PROTOCOLS } from "../../../src/protocols/index.ts";
import type { Frame, Protocol } from "../../../src/protocols/protocol.ts";
import { at, parseJson } from "../../../src/std/json.ts";
import { makersDialect } from "../../harness/dialects.ts";
import { describeRecordings, differences, recordingsIn } from "../../harness/recordings.ts";
import { answerContext, OPTIONS, payload, readEvents, splitBytes, writeEvents } from "./builders.ts";

/** Where write(read(x)) may differ from x. A null member equals a missing one. */
const DIFFERENCES: readonly { path: RegExp; because: string }[] = [
  { path: /^model$/, because: "the path says it, and the carrier takes it out again" },
  { path: /^(system|inferenceConfig|inferenceConfig\.stopSequences)$/, because: "empty ones are written as none" },
  { path: /toolResult\.content\[\]\.(json|text)$/, because: "JSON beside other content is written as text" },
  { path: /^metrics\.latencyMs$/, because: "how long the vendor took is no part of the answer" },
  { path: /^usage\.cache(Read|Write)InputTokenCount$/, because: "an older name of the same counter" },
  { path: /^usage\.serverToolUsage/, because: "nothing in between counts calls of the vendor's own tools" },
  { path: /^outputConfig\..*\.schema$/, because: "JSON text inside JSON, spelled anew" },
];

/** Paths at which the two differ and that are not in the list. */
function unexpected(left: unknown, right: unknown): string[] {
  return differences(left, right).filter((path) => !DIFFERENCES.some((known) => known.path.test(path)));
}

describeRecordings("Converse", () => {
  const { files, bytesOf, exactOf } = recordingsIn("bedrock-converse");

  test("there is some", () => {
    expect(files(".json").length).toBeGreaterThan(30);
  });

  test.each(files(".req.json"))("request %s", (name) => {
    const body = exactOf(name);
    const { value, losses } = payload.readRequest(body);
    const written = payload.writeRequest(value, OPTIONS);
    expect([losses, written.losses]).toEqual([[], []]);
    expect(unexpected(body, written.value)).toEqual([]);
  });

  const answers = files(".resp.json");
  test.each(answers.filter((name) => exactOf(name)["output"] !== undefined))("answer %s", (name) => {
    const body = exactOf(name);
    const { value, losses } = payload.readResponse(body);
    const written = payload.writeResponse(value, answerContext());
    expect([losses, written.losses]).toEqual([[], []]);
    expect(unexpected(body, written.value)).toEqual([]);
    expect(payload.createTap().body(body)).toMatchObject({ meaningful: true, usage: value.usage, failure: null });
  });

  test.each(answers.filter((name) => exactOf(name)["message"] !== undefined))("error %s", (name) => {
    const json = exactOf(name);
    const words = payload.readError({ status: 400, headers: {}, json, text: "" });
    expect(words.message).toBe(String(json["message"]));
  });

  test.each(files(".resp.es"))("stream %s", (name) => {
    const frames = splitBytes(bytesOf(name));
    const events = readEvents(frames);
    expect(events.filter((event) => event.type === "failed")).toEqual([]);
    expect(events.filter((event) => event.type === "end")).toHaveLength(1);
    // The same answer comes out of the vendor's frames and of ours.
    const again = readEvents(writeEvents(events));
    expect(told(again)).toEqual(told(events));
    const losses = events.flatMap((event) => (event.type === "loss" ? [event.loss.detail] : []));
    expect(losses.filter((detail) => !detail.endsWith(" carry trace"))).toEqual([]);
  });

  test.each(files(".resp.es"))("usage and end of %s", (name) => {
    const frames = splitBytes(bytesOf(name));
    const accumulator = createAccumulator();
    for (const event of readEvents(frames)) accumulator.push(event);
    const { usage, choices } = accumulator.response();
    const tap = payload.createTap();
    const notes = frames.map((each) => tap.frame(each));
    expect(notes.findLast((note) => note.usage !== null)?.usage).toEqual(usage);
    expect(notes.find((note) => note.finish !== null)?.finish).toBe(choices[0]?.finish?.raw ?? "");
    expect(notes.filter((note) => note.terminal)).toHaveLength(1);
    expect(notes.at(-1)?.terminal).toBe(true);
  });
});

/** What an answer says, by the fold every consumer uses. */
function told(events: readonly IrEvent[]): unknown {
  const accumulator = createAccumulator();
  for (const event of events) accumulator.push(event);
  return accumulator.response();
}

const INVOKE: Protocol = PROTOCOLS["bedrock-invoke"];

describeRecordings("InvokeModel with Anthropic's bodies", () => {
  const { files, bytesOf, exactOf } = recordingsIn("bedrock-invoke");

  test("there is some", () => {
    expect(files("").length).toBeGreaterThan(0);
  });

  test.each(files(".req.json"))("request %s", (name) => {
    const body = exactOf(name);
    const { value, losses } = INVOKE.payload.readRequest(body);
    const written = INVOKE.payload.writeRequest(value, {
      ...OPTIONS,
      upstreamModel: "m",
      dialect: makersDialect("anthropic", "m"),
    });
    expect([losses, written.losses]).toEqual([[], []]);
    const edited: Record<string, unknown> = { ...written.value };
    const edits = INVOKE.carrier.memberEdits({
      operation: "chat",
      upstreamModel: "m",
      stream: false,
      headers: {},
      body: written.value,
    });
    for (const [member, text] of Object.entries(edits)) {
      if (text === null) delete edited[member];
      else edited[member] = parseJson(text);
    }
    expect(differences(body, edited)).toEqual([]);
  });

  test.each(files(".resp.json"))("answer %s", (name) => {
    const body = exactOf(name);
    const { value } = INVOKE.payload.readResponse(body);
    const written = INVOKE.payload.writeResponse(value, answerContext());
    const paths = differences(body, written.value).filter((path) => path !== "content[].caller");
    expect(paths).toEqual([]);
  });

  test.each(files(".resp.es"))("stream %s", (name) => {
    const splitter = INVOKE.carrier.framing.createSplitter();
    const frames: Frame[] = [...splitter.push(bytesOf(name)), ...splitter.end()];
    expect(frames.every((frame) => frame.event === at(parseJson(frame.data), "type"))).toBe(true);
    const reader = INVOKE.payload.createStreamReader();
    const events = [...frames.flatMap((frame) => reader.push(frame)), ...reader.end()];
    expect(events.filter((event) => event.type === "failed" || event.type === "loss")).toEqual([]);
    expect(events.at(-1)?.type).toBe("end");
  });
});
