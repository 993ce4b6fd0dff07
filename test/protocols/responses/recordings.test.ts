/**
 * Recorded traffic of real vendors, where the variable RINGMAIN_RECORDINGS names a folder of it: everything must be
 * read, and come back as it was but for the paths listed here; and what a stream's events come to must be what its own last
 * event says.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReadEvent } from "../../../src/ir/event.ts";
import { createAccumulator, eventsOf } from "../../../src/ir/fold.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { asArray, asObject, type JsonObject, parseJson } from "../../../src/std/json.ts";
import { CONTEXT, OPTIONS } from "./builders.ts";

/**
 * Members of items that an answer made anew gives otherwise: their ids and labels, and the vendor seals the same thoughts
 * anew each time it repeats them.
 */
const REMADE = ["id", "status", "phase", "logprobs", "encrypted_content"];

/** What putting an answer together anew from its events may change: open thoughts become their own summary, counts are whole. */
const REMADE_PATHS = [
  "output[].summary: list of 0 -> list of 1",
  "output[].content: list of 1 -> nothing",
  "output[].content: list of 0 -> nothing",
  "usage.input_tokens_details.cache_write_tokens: nothing -> 0",
];

const root = process.env["RINGMAIN_RECORDINGS"];
if (root === undefined) console.log("RINGMAIN_RECORDINGS is not set: recordings of openai-responses are skipped");
const files = root === undefined ? [] : listFiles(join(root, "openai-responses"));
const ending = (suffix: string) => files.filter((file) => file.endsWith(suffix));
const bodyOf = (file: string) => asObject(parseJson(readFileSync(file, "utf8"))) ?? {};
const answers = () =>
  ending(".resp.json")
    .map(bodyOf)
    .filter((body) => body["object"] === "response");

describe.skipIf(root === undefined)("recordings", () => {
  test("there are some of each kind", () => {
    expect(ending(".req.json").length).toBeGreaterThan(0);
    expect(answers().length).toBeGreaterThan(0);
    expect(ending(".sse").length).toBeGreaterThan(0);
  });

  test("requests come back as they were", () => {
    const changed = ending(".req.json").flatMap((file) => {
      const body = { model: "stored-with-the-prompt", ...bodyOf(file) };
      const { value } = responses.payload.readRequest(body);
      const back = responses.payload.writeRequest(value, { ...OPTIONS, upstreamModel: body.model });
      return [...back.losses.map(({ field }) => field), ...differences(body, back.value, "")];
    });
    expect([...new Set(changed)]).toEqual([]);
  });

  test("answers come back as they were", () => {
    const changed = answers().flatMap((body) => {
      const back = responses.payload.writeResponse(responses.payload.readResponse(body).value, CONTEXT);
      return [...back.losses.map(({ field }) => field), ...differences(body, back.value, "")];
    });
    expect([...new Set(changed)]).toEqual([]);
  });

  test("answers put together anew from their events say the same", () => {
    const changed = answers().flatMap((body) => {
      const accumulator = createAccumulator();
      for (const event of eventsOf(responses.payload.readResponse(body).value)) accumulator.push(event);
      const { value, losses } = responses.payload.writeResponse(accumulator.response(), CONTEXT);
      expect(losses).toEqual([]);
      return ["id", "model", "created_at", "service_tier", "usage", "output", "incomplete_details"].flatMap((name) =>
        differences(plain(body[name]), plain(value[name]), name),
      );
    });
    expect([...new Set(changed)].filter((path) => !REMADE_PATHS.includes(path))).toEqual([]);
  });

  test("errors have words", () => {
    const errors = ending(".resp.json")
      .map(bodyOf)
      .filter((body) => asObject(body["error"]) !== undefined);
    const wordless = errors.filter((json) => {
      return responses.payload.readError({ status: 400, headers: {}, json, text: "" }).message === null;
    });
    expect(errors.length).toBeGreaterThan(0);
    expect(wordless).toEqual([]);
  });

  test.each(ending(".sse").map((file) => [file.slice((root ?? "").length)]))("stream %s", (name) => {
    const text = readFileSync(join(root ?? "", name), "utf8");
    const events = readStream(text, text.length);
    const failed = text.includes('"type":"response.failed"');
    expect(events.at(-1)?.type).toBe(failed ? "failed" : "end");
    expect(events.filter(({ type }) => type === "loss")).toEqual([]);
    expect(readStream(text, 13)).toEqual(events);
    const last = lastResponse(text);
    const accumulator = createAccumulator();
    for (const event of events) accumulator.push(event);
    const made = responses.payload.writeResponse(accumulator.response(), CONTEXT).value;
    const told = failed ? plain([]) : plain(last["output"]);
    const changed = differences(told, plain(made["output"]), "output");
    expect(changed.filter((path) => !REMADE_PATHS.includes(path))).toEqual([]);
  });
});

/** Without what an answer made anew gives otherwise, and without items that say nothing. */
function plain(value: unknown): unknown {
  const list = asArray(value);
  if (list !== undefined) return list.filter((each) => !isBlank(each)).map(plain);
  const object = asObject(value);
  if (object === undefined) return value;
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, each]) => (REMADE.includes(name) ? [] : [[name, plain(each)]])),
  );
}

function isBlank(value: unknown): boolean {
  const item = asObject(value) ?? { type: "other" };
  if (item["type"] === "output_text") return item["text"] === "";
  if (item["type"] === "message") return (asArray(item["content"]) ?? []).every(isBlank);
  if (item["type"] !== "reasoning" || item["encrypted_content"] !== undefined) return false;
  return [item["summary"], item["content"]].every((list) => (asArray(list) ?? []).length === 0);
}

function lastResponse(text: string): JsonObject {
  const data = text.split(/\r?\n/).findLast((line) => line.startsWith("data:") && line.includes('"response":'));
  return asObject(asObject(parseJson(data?.slice("data:".length) ?? "{}"))?.["response"]) ?? {};
}

function readStream(text: string, step: number): ReadEvent[] {
  const splitter = responses.carrier.framing.createSplitter();
  const reader = responses.payload.createStreamReader();
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
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "object";
  return (JSON.stringify(value) ?? "").slice(0, 40);
}
