/**
 * Recorded traffic of the real vendor, where the variable RINGMAIN_RECORDINGS names a folder of it: everything must be
 * read without a loss, and come back as it was but for the paths listed here.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReadEvent } from "../../../src/ir/event.ts";
import { createAccumulator, eventsOf } from "../../../src/ir/fold.ts";
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { asArray, asObject, asText, type JsonObject, parseJson } from "../../../src/std/json.ts";
import { judged } from "../../harness/judged.ts";
import { CONTEXT, OPTIONS } from "./builders.ts";

/** What writing a stream's events anew may change: counts in between know no bills, and image tokens are prompt tokens. */
const REMADE_PATHS = [
  ".usage.billed_units.input_tokens",
  ".usage.billed_units.output_tokens",
  ".usage.tokens.input_tokens",
  ".usage.tokens.image_tokens",
  // A plan is text that comes before calls; in a stream nothing marks it.
  ".message.tool_plan",
  ".message.content",
];

const root = process.env["RINGMAIN_RECORDINGS"];
if (root === undefined) console.log("RINGMAIN_RECORDINGS is not set: recordings of cohere are skipped");
const files = root === undefined ? [] : listFiles(join(root, "cohere"));
const ending = (suffix: string) => files.filter((file) => file.endsWith(suffix));
const bodyOf = (file: string) => asObject(parseJson(readFileSync(file, "utf8"))) ?? {};
const all = () => ending(".resp.json").map(bodyOf);
const answers = () => all().filter((body) => asObject(body["message"]) !== undefined);

describe.skipIf(root === undefined)("recordings", () => {
  test("there are some of each kind", () => {
    expect(ending(".req.json").length).toBeGreaterThan(0);
    expect(answers().length).toBeGreaterThan(0);
    expect(ending(".sse").length).toBeGreaterThan(0);
    expect(all().length).toBeGreaterThan(answers().length);
  });

  test("requests come back as they were", () => {
    const changed = ending(".req.json").flatMap((file) => {
      const body = bodyOf(file);
      const { value, losses } = cohere.payload.readRequest(body);
      const back = cohere.payload.writeRequest(value, { ...OPTIONS, upstreamModel: asText(body["model"]) ?? "" });
      return [...losses, ...back.losses].map(({ field }) => field).concat(differences(body, back.value, ""));
    });
    expect([...new Set(changed)]).toEqual([]);
  });

  test("answers come back as they were", () => {
    const changed = answers().flatMap((body) => {
      const read = cohere.payload.readResponse(body);
      const back = cohere.payload.writeResponse(read.value, CONTEXT);
      return [...read.losses, ...back.losses].map(({ field }) => field).concat(differences(body, back.value, ""));
    });
    expect([...new Set(changed)]).toEqual([]);
  });

  test("answers put together anew from their events say the same", () => {
    const changed = answers().flatMap((body) => {
      const accumulator = createAccumulator();
      for (const event of eventsOf(cohere.payload.readResponse(body).value)) accumulator.push(event);
      const { value, losses } = cohere.payload.writeResponse(accumulator.response(), CONTEXT);
      expect([...accumulator.losses(), ...losses]).toEqual([]);
      return differences(body, value, "");
    });
    expect([...new Set(changed)].filter((path) => !REMADE_PATHS.includes(path))).toEqual([]);
  });

  test("errors have words and a meaning", () => {
    const errors = all().filter((body) => asObject(body["message"]) === undefined);
    const read = errors.map((json) => cohere.payload.readError({ status: 400, headers: {}, json, text: "" }));
    expect(read.map(({ meaning, type }) => [meaning, type])).toEqual([["context-length", "TOO_MANY_TOKENS"]]);
    expect(read.every(({ message }) => message?.startsWith("too many tokens: size limit exceeded"))).toBe(true);
  });

  test.each(ending(".sse").map((file) => [file.slice((root ?? "").length)]))("stream %s", (name) => {
    const text = readFileSync(join(root ?? "", name), "utf8");
    const events = readStream(text, text.length);
    expect(events.at(-1)?.type).toBe("end");
    expect(events.filter(({ type }) => type === "loss")).toEqual([]);
    expect(readStream(text, 13)).toEqual(events);
    const writer = cohere.payload.createStreamWriter(CONTEXT);
    const back = judged(events)
      .flatMap((event) => writer.push(event))
      .map(({ data }) => data);
    expect(writer.losses).toEqual([]);
    expect(framesOf(back)).toEqual(framesOf(dataOf(text)));
    expect(usageOf(back)).toMatchObject({ outputTokens: usageOf(dataOf(text))?.outputTokens ?? -1 });
    expect(usageOf(back)).toEqual(usageOf(dataOf(text)));
  });
});

/** Text, thoughts, plans, calls and the finish, piece for piece; what is left out is how a piece is called. */
function framesOf(data: readonly string[]): unknown[] {
  return data.flatMap((each) => {
    const event = each === "[DONE]" ? {} : (asObject(parseJson(each)) ?? {});
    const delta = asObject(event["delta"]) ?? {};
    const message = asObject(delta["message"]) ?? {};
    const content = asObject(message["content"]) ?? {};
    const said = asText(message["tool_plan"]) ?? asText(content["text"]) ?? asText(content["thinking"]) ?? "";
    const others = [message["tool_calls"], message["citations"]].filter((member) => asObject(member) !== undefined);
    const piece = [...(said === "" ? [] : [said]), ...others, ...(asText(delta["finish_reason"]) ?? [])];
    return piece.length === 0 || isClosing(others) ? [] : [piece];
  });
}

/** A call without arguments gets an empty object, which the vendor leaves out. */
function isClosing(others: readonly unknown[]): boolean {
  return JSON.stringify(others) === '[{"function":{"arguments":"{}"}}]';
}

function usageOf(data: readonly string[]) {
  const ends = data.filter((each) => each.includes('"message-end"'));
  return cohere.payload.createTap().frame({ event: null, data: ends.at(-1) ?? "" }).usage;
}

function dataOf(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice("data:".length).trim()] : []));
}

function readStream(text: string, step: number): ReadEvent[] {
  const splitter = cohere.carrier.framing.createSplitter();
  const reader = cohere.payload.createStreamReader();
  const bytes = encodeUtf8(text);
  const events: ReadEvent[] = [];
  for (let from = 0; from < bytes.length; from += step) {
    for (const frame of splitter.push(bytes.subarray(from, from + step))) events.push(...reader.push(frame));
  }
  for (const frame of splitter.end()) events.push(...reader.push(frame));
  return [...events, ...reader.end()];
}

function listFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).toSorted();
}

/** Paths at which two JSON values differ, with list positions left out; as far as both are objects or lists. */
function differences(before: unknown, after: unknown, path: string): string[] {
  if (Bun.deepEquals(before, after, true)) return [];
  const [left, right] = [asArray(before), asArray(after)];
  if (left !== undefined && right !== undefined && left.length === right.length) {
    return left.flatMap((each, index) => differences(each, right[index], `${path}[]`));
  }
  const [object, other] = [asObject(before), asObject(after)];
  if (object === undefined || other === undefined) return [path];
  const names = new Set([...Object.keys(object), ...Object.keys(other)]);
  return [...names].flatMap((name) => differences(object[name], memberOf(other, name), `${path}.${name}`));
}

function memberOf(object: JsonObject, name: string): unknown {
  return object[name];
}
