/** Recorded traffic of real vendors: everything must be read, and come back as it was but for the paths listed here. */
import { expect, test } from "bun:test";
import { openai } from "../../../src/protocols/openai/index.ts";
import { asText } from "../../../src/std/json.ts";
import { changes, describeRecordings, readInPieces, recordingsIn } from "../../harness/recordings.ts";
import { CONTEXT, OPTIONS } from "./builders.ts";

/** What the round trip of a request may change: defaults written out, and usage asked for on every stream. */
const REQUEST_PATHS = [".stream: false -> nothing", ".stream_options: nothing -> object"];

/** Members the vendor always sends and compatible ones leave out, and members that say nothing. */
const RESPONSE_PATHS = [
  ".choices[].message.annotations: list of 0 -> nothing",
  ".choices[].message.reasoning: null -> nothing",
  ".choices[].message.refusal: nothing -> null",
  ".choices[].logprobs: nothing -> null",
  ".system_fingerprint: null -> nothing",
  '.system_fingerprint: "" -> nothing',
];

/** Members of streams that are told as lost. */
const STREAM_LOSSES = ["choices[0].delta.reasoning_details"];

const { files, bytesOf, textOf, jsonOf } = recordingsIn("openai-chat");

describeRecordings("recordings", () => {
  test("there are some of each kind", () => {
    expect(files(".req.json").length).toBeGreaterThan(0);
    expect(files(".resp.json").length).toBeGreaterThan(0);
    expect(files(".sse").length).toBeGreaterThan(0);
  });

  test("requests", () => {
    const changed = files(".req.json").flatMap((file) => {
      const body = jsonOf(file);
      const upstreamModel = asText(body["model"]) ?? "";
      const { value } = openai.payload.readRequest(body);
      const back = openai.payload.writeRequest(value, { ...OPTIONS, upstreamModel });
      return [...back.losses.map(({ field }) => field), ...changes(body, back.value)];
    });
    expect([...new Set(changed)].filter((path) => !REQUEST_PATHS.includes(path))).toEqual([]);
  });

  test("answers", () => {
    const answers = files(".resp.json")
      .map(jsonOf)
      .filter((body) => body["error"] === undefined);
    const changed = answers.flatMap((body) => {
      const back = openai.payload.writeResponse(openai.payload.readResponse(body).value, CONTEXT);
      return [...back.losses.map(({ field }) => field), ...changes(body, back.value)];
    });
    expect([...new Set(changed)].filter((path) => !RESPONSE_PATHS.includes(path))).toEqual([]);
  });

  test("errors have words", () => {
    const errors = files(".resp.json")
      .map(jsonOf)
      .filter((body) => body["error"] !== undefined);
    const wordless = errors.filter((json) => {
      return openai.payload.readError({ status: 400, headers: {}, json, text: "" }).message === null;
    });
    expect(wordless).toEqual([]);
  });

  test.each(files(".sse"))("stream %s", (name) => {
    const events = readInPieces(openai, bytesOf(name));
    const failed = textOf(name).includes('{"error":');
    expect(events.at(-1)?.type).toBe(failed ? "failed" : "end");
    const lost = events.flatMap((event) => (event.type === "loss" ? [event.loss.field] : []));
    expect(lost.filter((field) => !STREAM_LOSSES.includes(field))).toEqual([]);
    expect(readInPieces(openai, bytesOf(name), 13)).toEqual(events);
  });
});
