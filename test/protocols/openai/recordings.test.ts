/**
 * Recorded traffic of real vendors, where the variable RINGMAIN_RECORDINGS names a folder of it: everything must be
 * read, and come back as it was but for the paths listed here.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReadEvent } from "../../../src/ir/event.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { asArray, asObject, asText, type JsonObject, parseJson } from "../../../src/std/json.ts";
import { CONTEXT, OPTIONS } from "./builders.ts";

/** What the round trip of a request may change: defaults written out, and usage asked for on every stream. */
const REQUEST_PATHS = [".stream: false -> nothing", ".stream_options: nothing -> object"];

/** Members the vendor always sends and compatible ones leave out, and members that say nothing. */
const RESPONSE_PATHS = [
  ".choices[].message.annotations: list -> nothing",
  ".choices[].message.reasoning: null -> nothing",
  ".choices[].message.refusal: nothing -> null",
  ".choices[].logprobs: nothing -> null",
  ".system_fingerprint: null -> nothing",
  '.system_fingerprint: "" -> nothing',
];

/** Members of streams that are told as lost. */
const STREAM_LOSSES = ["choices[0].delta.reasoning_details"];

const root = process.env["RINGMAIN_RECORDINGS"];
if (root === undefined) console.log("RINGMAIN_RECORDINGS is not set: recordings of openai-chat are skipped");
const files = root === undefined ? [] : listFiles(join(root, "openai-chat"));
const ending = (suffix: string) => files.filter((file) => file.endsWith(suffix));
const bodyOf = (file: string) => asObject(parseJson(readFileSync(file, "utf8"))) ?? {};

describe.skipIf(root === undefined)("recordings", () => {
  test("there are some of each kind", () => {
    expect(ending(".req.json").length).toBeGreaterThan(0);
    expect(ending(".resp.json").length).toBeGreaterThan(0);
    expect(ending(".sse").length).toBeGreaterThan(0);
  });

  test("requests", () => {
    const changed = ending(".req.json").flatMap((file) => {
      const body = bodyOf(file);
      const upstreamModel = asText(body["model"]) ?? "";
      const { value } = openai.payload.readRequest(body);
      const back = openai.payload.writeRequest(value, { ...OPTIONS, upstreamModel });
      return [...back.losses.map(({ field }) => field), ...differences(body, back.value, "")];
    });
    expect([...new Set(changed)].filter((path) => !REQUEST_PATHS.includes(path))).toEqual([]);
  });

  test("answers", () => {
    const answers = ending(".resp.json")
      .map(bodyOf)
      .filter((body) => body["error"] === undefined);
    const changed = answers.flatMap((body) => {
      const back = openai.payload.writeResponse(openai.payload.readResponse(body).value, CONTEXT);
      return [...back.losses.map(({ field }) => field), ...differences(body, back.value, "")];
    });
    expect([...new Set(changed)].filter((path) => !RESPONSE_PATHS.includes(path))).toEqual([]);
  });

  test("errors have words", () => {
    const errors = ending(".resp.json")
      .map(bodyOf)
      .filter((body) => body["error"] !== undefined);
    const wordless = errors.filter((json) => {
      return openai.payload.readError({ status: 400, headers: {}, json, text: "" }).message === null;
    });
    expect(wordless).toEqual([]);
  });

  test.each(ending(".sse").map((file) => [file.slice((root ?? "").length)]))("stream %s", (name) => {
    const text = readFileSync(join(root ?? "", name), "utf8");
    const events = readStream(text, text.length);
    const failed = text.includes('{"error":');
    expect(events.at(-1)?.type).toBe(failed ? "failed" : "end");
    const lost = events.flatMap((event) => (event.type === "loss" ? [event.loss.field] : []));
    expect(lost.filter((field) => !STREAM_LOSSES.includes(field))).toEqual([]);
    expect(readStream(text, 13)).toEqual(events);
  });
});

function readStream(text: string, step: number): ReadEvent[] {
  const splitter = openai.carrier.framing.createSplitter();
  const reader = openai.payload.createStreamReader();
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
  if (object === undefined || other === undefined) return [`${path}: ${kindOf(before)} -> ${kindOf(after)}`];
  const names = new Set([...Object.keys(object), ...Object.keys(other)]);
  return [...names].flatMap((name) => differences(object[name], memberOf(other, name), `${path}.${name}`));
}

function memberOf(object: JsonObject, name: string): unknown {
  return object[name];
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "list";
  return typeof value === "object" && value !== null ? "object" : JSON.stringify(value);
}
