/**
 * Recorded traffic of the real vendor: everything must be read without a loss, and come back as it was but for the paths
 * listed here.
 */
import { expect, test } from "bun:test";
import { createAccumulator, eventsOf } from "../../../src/ir/fold.ts";
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { asObject, asText, parseJson } from "../../../src/std/json.ts";
import { judged } from "../../harness/judged.ts";
import { changes, describeRecordings, readInPieces, recordingsIn } from "../../harness/recordings.ts";
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

const { files, bytesOf, textOf, jsonOf } = recordingsIn("cohere");
const all = () => files(".resp.json").map(jsonOf);
const answers = () => all().filter((body) => asObject(body["message"]) !== undefined);

describeRecordings("recordings", () => {
  test("there are some of each kind", () => {
    expect(files(".req.json").length).toBeGreaterThan(0);
    expect(answers().length).toBeGreaterThan(0);
    expect(files(".sse").length).toBeGreaterThan(0);
    expect(all().length).toBeGreaterThan(answers().length);
  });

  test("requests come back as they were", () => {
    const changed = files(".req.json").flatMap((file) => {
      const body = jsonOf(file);
      const { value, losses } = cohere.payload.readRequest(body);
      const back = cohere.payload.writeRequest(value, { ...OPTIONS, upstreamModel: asText(body["model"]) ?? "" });
      return [...losses, ...back.losses].map(({ field }) => field).concat(changes(body, back.value));
    });
    expect([...new Set(changed)]).toEqual([]);
  });

  test("answers come back as they were", () => {
    const changed = answers().flatMap((body) => {
      const read = cohere.payload.readResponse(body);
      const back = cohere.payload.writeResponse(read.value, CONTEXT);
      return [...read.losses, ...back.losses].map(({ field }) => field).concat(changes(body, back.value));
    });
    expect([...new Set(changed)]).toEqual([]);
  });

  test("answers put together anew from their events say the same", () => {
    const changed = answers().flatMap((body) => {
      const accumulator = createAccumulator();
      for (const event of eventsOf(cohere.payload.readResponse(body).value)) accumulator.push(event);
      const { value, losses } = cohere.payload.writeResponse(accumulator.response(), CONTEXT);
      expect([...accumulator.losses(), ...losses]).toEqual([]);
      return changes(body, value);
    });
    expect([...new Set(changed)].filter((change) => !REMADE_PATHS.includes(change.split(":", 1)[0] ?? ""))).toEqual([]);
  });

  test("errors have words and a meaning", () => {
    const errors = all().filter((body) => asObject(body["message"]) === undefined);
    const read = errors.map((json) => cohere.payload.readError({ status: 400, headers: {}, json, text: "" }));
    expect(read.map(({ meaning, type }) => [meaning, type])).toEqual([["context-length", "TOO_MANY_TOKENS"]]);
    expect(read.every(({ message }) => message?.startsWith("too many tokens: size limit exceeded"))).toBe(true);
  });

  test.each(files(".sse"))("stream %s", (name) => {
    const text = textOf(name);
    const events = readInPieces(cohere, bytesOf(name));
    expect(events.at(-1)?.type).toBe("end");
    expect(events.filter(({ type }) => type === "loss")).toEqual([]);
    expect(readInPieces(cohere, bytesOf(name), 13)).toEqual(events);
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
