/**
 * Recorded traffic of real vendors: everything must be read, and come back as it was but for the paths listed here; and what
 * a stream's events come to must be what its own last event says.
 */
import { expect, test } from "bun:test";
import { createAccumulator, eventsOf } from "../../../src/ir/fold.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import { asArray, asObject, type JsonObject, parseJson } from "../../../src/std/json.ts";
import { changes, describeRecordings, readInPieces, recordingsIn } from "../../harness/recordings.ts";
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

const { files, bytesOf, textOf, jsonOf } = recordingsIn("openai-responses");
const answers = () =>
  files(".resp.json")
    .map(jsonOf)
    .filter((body) => body["object"] === "response");

describeRecordings("recordings", () => {
  test("there are some of each kind", () => {
    expect(files(".req.json").length).toBeGreaterThan(0);
    expect(answers().length).toBeGreaterThan(0);
    expect(files(".sse").length).toBeGreaterThan(0);
  });

  test("requests come back as they were", () => {
    const changed = files(".req.json").flatMap((file) => {
      const body = { model: "stored-with-the-prompt", ...jsonOf(file) };
      const { value } = responses.payload.readRequest(body);
      const back = responses.payload.writeRequest(value, { ...OPTIONS, upstreamModel: body.model });
      return [...back.losses.map(({ field }) => field), ...changes(body, back.value)];
    });
    expect([...new Set(changed)]).toEqual([]);
  });

  test("answers come back as they were", () => {
    const changed = answers().flatMap((body) => {
      const back = responses.payload.writeResponse(responses.payload.readResponse(body).value, CONTEXT);
      return [...back.losses.map(({ field }) => field), ...changes(body, back.value)];
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
        changes(plain(body[name]), plain(value[name]), name),
      );
    });
    expect([...new Set(changed)].filter((path) => !REMADE_PATHS.includes(path))).toEqual([]);
  });

  test("errors have words", () => {
    const errors = files(".resp.json")
      .map(jsonOf)
      .filter((body) => asObject(body["error"]) !== undefined);
    const wordless = errors.filter((json) => {
      return responses.payload.readError({ status: 400, headers: {}, json, text: "" }).message === null;
    });
    expect(errors.length).toBeGreaterThan(0);
    expect(wordless).toEqual([]);
  });

  test.each(files(".sse"))("stream %s", (name) => {
    const text = textOf(name);
    const events = readInPieces(responses, bytesOf(name));
    const failed = text.includes('"type":"response.failed"');
    expect(events.at(-1)?.type).toBe(failed ? "failed" : "end");
    expect(events.filter(({ type }) => type === "loss")).toEqual([]);
    expect(readInPieces(responses, bytesOf(name), 13)).toEqual(events);
    const last = lastResponse(text);
    const accumulator = createAccumulator();
    for (const event of events) accumulator.push(event);
    const made = responses.payload.writeResponse(accumulator.response(), CONTEXT).value;
    const told = failed ? plain([]) : plain(last["output"]);
    const changed = changes(told, plain(made["output"]), "output");
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
