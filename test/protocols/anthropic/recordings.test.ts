// Real traffic of the vendor, recorded by public projects: everything must be readable, and written back it must be what
// was read, but for the committed paths.

import { expect, test } from "bun:test";
import { createAccumulator } from "../../../src/ir/fold.ts";
import { inputTokens } from "../../../src/ir/usage.ts";
import { createSseSplitter } from "../../../src/protocols/framing/sse.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { at } from "../../../src/std/json.ts";
import { makersDialect } from "../../harness/dialects.ts";
import { describeRecordings, differences, recordingsIn } from "../../harness/recordings.ts";
import { answerContext, OPTIONS, payload, readEvents, writeEvents } from "./builders.ts";
import { collectMessage } from "./sdk-rules.ts";

const { files, bytesOf, exactOf } = recordingsIn("anthropic", "anthropic-vertex");

/**
 * Where write(read(x)) may differ from x: defaults that say nothing are not kept. A null member equals a missing one.
 */
const DIFFERENCES: readonly { path: RegExp; because: string }[] = [
  { path: /^stream$/, because: "false is the default" },
  { path: /^tools$/, because: "an empty list is written as none" },
  { path: /^tools\[\]\.type$/, because: "custom is the default" },
  { path: /\.caller(\.type)?$/, because: "direct is the default, and the SDK's types demand it in answers" },
  {
    path: /^usage\.iterations$/,
    because: "a stream brings it at its end, where the IR does not carry it; reported",
  },
  { path: /^stop_details$/, because: "likewise" },
  { path: /^usage\.(inference_geo|speed|server_tool_use)/, because: "they say that nothing unusual happened" },
];

/** The vendor answered this one with "messages.0: Input does not match the expected shape." */
const REFUSED = /dd-trace-py\/013-/;

describeRecordings("recorded traffic", () => {
  test("there is some", () => {
    expect(files("").length).toBeGreaterThan(50);
  });

  test.each(files(".req.json").filter((name) => !REFUSED.test(name)))("request %s", (name) => {
    const body = exactOf(name);
    const { value, losses } = payload.readRequest(body);
    const isCount = body["max_tokens"] === undefined;
    const written = payload.writeRequest(value, {
      ...OPTIONS,
      upstreamModel: value.model,
      dialect: makersDialect("anthropic", value.model),
    });
    expect(losses).toEqual([]);
    expect(written.losses).toEqual([]);
    const expected = {
      ...body,
      model: value.model,
      ...(isCount ? { max_tokens: OPTIONS.defaultMaxOutputTokens } : {}),
    };
    expect(unexpected(expected, written.value)).toEqual([]);
  });

  test.each(files(".req.json").filter((name) => REFUSED.test(name)))("refused request %s", (name) => {
    expect(() => payload.readRequest(exactOf(name))).toThrow("messages[0] must be an object.");
  });

  test.each(files(".resp.json").filter((name) => Array.isArray(exactOf(name)["content"])))("answer %s", (name) => {
    const body = exactOf(name);
    const { value, losses } = payload.readResponse(body);
    const written = payload.writeResponse(value, answerContext());
    expect([losses, written.losses]).toEqual([[], []]);
    expect(unexpected(body, written.value)).toEqual([]);
    expect(at(written.value, "stop_details") ?? null).toEqual(body["stop_details"] ?? null);
    expect(payload.createTap().body(body)).toMatchObject({ meaningful: true, usage: value.usage, failure: null });
  });

  test.each(files(".resp.json").filter((name) => exactOf(name)["type"] === "error"))("error %s", (name) => {
    const json = exactOf(name);
    const words = payload.readError({ status: 400, headers: {}, json, text: "" });
    expect(words.type).toBe(String(at(json, "error", "type")));
    expect(words.message).toBe(String(at(json, "error", "message")));
  });

  test.each(files(".resp.json").filter((name) => exactOf(name)["input_tokens"] !== undefined))("count %s", (name) => {
    expect(exactOf(name)["input_tokens"]).toBeGreaterThan(0);
  });

  test.each(files(".resp.sse"))("stream %s", (name) => {
    const frames = split(bytesOf(name));
    const events = readEvents(frames);
    expect(events.filter((event) => event.type === "failed")).toEqual([]);
    expect(events.filter((event) => event.type === "end")).toHaveLength(1);
    // The same message comes out of the vendor's frames and of ours, by the rules of the vendor's own SDK.
    expect(unexpected(collectMessage(frames), collectMessage(writeEvents(events)))).toEqual([]);
  });

  test.each(files(".resp.sse"))("usage and end of %s", (name) => {
    const frames = split(bytesOf(name));
    const accumulator = createAccumulator();
    for (const event of readEvents(frames)) accumulator.push(event);
    const { usage, model } = accumulator.response();
    const tap = payload.createTap();
    const notes = frames.map((each) => tap.frame(each));
    expect(notes.findLast((note) => note.usage !== null)?.usage).toEqual(usage);
    expect(notes.find((note) => note.model !== null)?.model).toBe(model);
    expect(notes.filter((note) => note.terminal)).toHaveLength(1);
    expect(usage === null ? null : inputTokens(usage)).toBeGreaterThan(0);
  });
});

function split(bytes: Uint8Array): Frame[] {
  const splitter = createSseSplitter();
  return [...splitter.push(bytes), ...splitter.end()];
}

/** Paths at which the two differ and that are not in the list. */
function unexpected(left: unknown, right: unknown): string[] {
  return differences(left, right).filter((path) => !DIFFERENCES.some((known) => known.path.test(path)));
}
