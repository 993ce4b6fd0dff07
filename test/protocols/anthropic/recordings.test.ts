// Real traffic of the vendor, recorded by public projects: everything must be readable, and written back it must be what
// was read, but for the committed paths. Runs where the recordings are; says so where they are not.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createAccumulator } from "../../../src/ir/fold.ts";
import { inputTokens } from "../../../src/ir/usage.ts";
import { createSseSplitter } from "../../../src/protocols/framing/sse.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { asArray, asObject, at, type JsonObject, parseExact } from "../../../src/std/json.ts";
import { answerContext, OPTIONS, payload, readEvents, writeEvents } from "./builders.ts";
import { collectMessage } from "./sdk-rules.ts";

const folder = process.env["RINGMAIN_RECORDINGS"];
const names =
  folder === undefined
    ? []
    : ["anthropic", "anthropic-vertex"].flatMap((kind) =>
        readdirSync(join(folder, kind), { recursive: true, encoding: "utf8" }).map((name) => join(kind, name)),
      );

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
    because: "a stream brings it at its end, where nothing in between carries it; reported",
  },
  { path: /^stop_details$/, because: "likewise" },
  { path: /^usage\.(inference_geo|speed|server_tool_use)/, because: "they say that nothing unusual happened" },
];

/** The vendor answered this one with "messages.0: Input does not match the expected shape." */
const REFUSED = /dd-trace-py\/013-/;

const files = (suffix: string): string[] => names.filter((name) => name.endsWith(suffix)).toSorted();
const bytesOf = (name: string): Uint8Array => readFileSync(join(folder ?? "", name));
const jsonOf = (name: string): JsonObject => asObject(parseExact(readFileSync(join(folder ?? "", name), "utf8"))) ?? {};

test("recordings are present, or their absence is said", () => {
  if (folder === undefined) console.log("RINGMAIN_RECORDINGS is not set: recorded traffic is not tested");
  expect(folder === undefined || names.length > 50).toBe(true);
});

describe.skipIf(folder === undefined)("recorded traffic", () => {
  test.each(files(".req.json").filter((name) => !REFUSED.test(name)))("request %s", (name) => {
    const body = jsonOf(name);
    const { value, losses } = payload.readRequest(body);
    const isCount = body["max_tokens"] === undefined;
    const written = payload.writeRequest(value, { ...OPTIONS, upstreamModel: value.model });
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
    expect(() => payload.readRequest(jsonOf(name))).toThrow("messages[0] must be an object.");
  });

  test.each(files(".resp.json").filter((name) => Array.isArray(jsonOf(name)["content"])))("answer %s", (name) => {
    const body = jsonOf(name);
    const { value, losses } = payload.readResponse(body);
    const written = payload.writeResponse(value, answerContext());
    expect([losses, written.losses]).toEqual([[], []]);
    expect(unexpected(body, written.value)).toEqual([]);
    expect(at(written.value, "stop_details") ?? null).toEqual(body["stop_details"] ?? null);
    expect(payload.createTap().body(body)).toMatchObject({ meaningful: true, usage: value.usage, failure: null });
  });

  test.each(files(".resp.json").filter((name) => jsonOf(name)["type"] === "error"))("error %s", (name) => {
    const json = jsonOf(name);
    const words = payload.readError({ status: 400, headers: {}, json, text: "" });
    expect(words.type).toBe(String(at(json, "error", "type")));
    expect(words.message).toBe(String(at(json, "error", "message")));
  });

  test.each(files(".resp.json").filter((name) => jsonOf(name)["input_tokens"] !== undefined))("count %s", (name) => {
    expect(jsonOf(name)["input_tokens"]).toBeGreaterThan(0);
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
  return differences(left, right, "").filter((path) => !DIFFERENCES.some((known) => known.path.test(path)));
}

function differences(left: unknown, right: unknown, path: string): string[] {
  const [one, other] = [asObject(left), asObject(right)];
  if (one !== undefined && other !== undefined) {
    const members = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...members].flatMap((name) =>
      differences(one[name] ?? null, other[name] ?? null, path === "" ? name : `${path}.${name}`),
    );
  }
  const [list, otherList] = [asArray(left), asArray(right)];
  if (list !== undefined && otherList !== undefined && list.length === otherList.length) {
    return list.flatMap((item, index) => differences(item, otherList[index], `${path}[]`));
  }
  return JSON.stringify(left) === JSON.stringify(right) ? [] : [path];
}
