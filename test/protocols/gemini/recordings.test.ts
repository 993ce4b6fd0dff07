// Real traffic of the vendor, recorded by public projects: everything must be readable, and written back it must be what
// was read, but for the committed paths.
import { expect, test } from "bun:test";
import { createAccumulator } from "../../../src/ir/fold.ts";
import { inputTokens } from "../../../src/ir/usage.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject, parseExact } from "../../../src/std/json.ts";
import { describeRecordings, recordingsIn } from "../../harness/recordings.ts";
import { answerContext, carrier, operations, optionsFor, payload, readEvents } from "./builders.ts";

const { files, textOf, exactOf } = recordingsIn("gemini");

/** Where write(read(x)) may differ from x. */
const DIFFERENCES: readonly { readonly path: RegExp; readonly because: string }[] = [
  { path: /^systemInstruction\.role$/, because: "says nothing there" },
  { path: /^contents\[\]\.role$/, because: "no role is the user's" },
  { path: /^toolConfig\.functionCallingConfig\.allowedFunctionNames$/, because: "an empty list says nothing" },
  { path: /^modelArmorConfig\./, because: "written in the documented spelling" },
  {
    path: /^tools\[\]\.functionDeclarations\[\]\.(parameters|parametersJsonSchema)/,
    because: "schemas are written as JSON Schema",
  },
  {
    path: /^tools\[\]\.functionDeclarations\[\]\.parameters_json_schema/,
    because: "likewise, in the documented spelling",
  },
  { path: /^generationConfig\.(responseSchema|responseJsonSchema)/, because: "schemas are written as JSON Schema" },
  { path: /^generationConfig\.thinkingConfig\.includeThoughts$/, because: "false is the default beside a budget" },
  { path: /^usageMetadata\..*Details/, because: "how a count is made up is only carried for audio" },
  {
    path: /^usageMetadata\.(toolUsePromptTokenCount|promptTokenCount)$/,
    because: "results of tools are part of the prompt",
  },
  { path: /^usageMetadata\.(candidatesTokenCount|thoughtsTokenCount)$/, because: "zero may be said or left out" },
  { path: /^usageMetadata\.trafficType$/, because: "the usual one says nothing" },
  { path: /^createTime$/, because: "in milliseconds" },
  {
    path: /^candidates\[\]\.(avgLogprobs|safetyRatings|index)/,
    because: "averages, and ratings that let everything pass",
  },
  { path: /^candidates\[\]\.content\.(role|parts)$/, because: "an answer of nothing has an empty text" },
  { path: /^promptFeedback\.safetyRatings/, because: "likewise" },
];

const isAnswer = (body: JsonObject): boolean =>
  body["candidates"] !== undefined || body["promptFeedback"] !== undefined;

describeRecordings("recorded traffic", () => {
  test("there is some", () => {
    expect(files("").length).toBeGreaterThan(50);
  });

  test.each(files(".req.json"))("request %s", (name) => {
    const recorded = exactOf(name);
    const body = operations.count?.readRequest?.(recorded) ?? recorded;
    payload.readFacts(recorded);
    // The vendor refused it for its role, and so does the reader.
    if (name.includes("invalid_role")) {
      expect(() => payload.readRequest(body)).toThrow("must be user or model");
      return;
    }
    const { value, losses } = payload.readRequest(body);
    const written = payload.writeRequest(value, optionsFor(value.model));
    expect([losses, written.losses]).toEqual([[], []]);
    expect(changedPaths({ model: value.model, ...body }, written.value)).toEqual([]);
  });

  test.each(files(".resp.json").filter((name) => isAnswer(exactOf(name))))("answer %s", (name) => {
    const body = exactOf(name);
    const { value, losses } = payload.readResponse(body);
    const written = payload.writeResponse(value, answerContext());
    expect([losses, written.losses]).toEqual([[], []]);
    expect(changedPaths(body, written.value)).toEqual([]);
    const note = payload.createTap().body(body);
    expect(note).toMatchObject({ meaningful: true, usage: value.usage, failure: null, model: value.model });
    expect(note.finish).toBe(value.choices[0]?.finish?.raw ?? null);
    countedAs(body["usageMetadata"], value.usage);
  });

  test.each(files(".resp.json").filter((name) => exactOf(name)["error"] !== undefined))("error %s", (name) => {
    const json = exactOf(name);
    const status = asNumber(at(json, "error", "code")) ?? 0;
    const words = payload.readError({ status, headers: {}, json, text: "" });
    expect([words.type, words.message]).toEqual([
      asText(at(json, "error", "status")) ?? null,
      asText(at(json, "error", "message")) ?? null,
    ]);
    expect(words.meaning).toBe(status === 404 ? "model-missing" : status === 401 ? "credential" : null);
  });

  test.each(files(".resp.json").filter((name) => exactOf(name)["totalTokens"] !== undefined))("count %s", (name) => {
    expect(operations.count?.readCount(exactOf(name))).toBeGreaterThan(0);
  });

  test.each(files(".sse").filter((name) => textOf(name).startsWith("data:")))("stream %s", (name) => {
    const bytes = new TextEncoder().encode(textOf(name));
    const frames = split(bytes, bytes.length);
    const events = readEvents(frames);
    expect(events.at(-1)?.type).toBe("end");
    const read = createAccumulator();
    for (const event of events) read.push(event);
    // Whatever the chunking.
    for (const size of [1, 7, 1000]) expect(readEvents(split(bytes, size))).toEqual(events);
    // Written and read again it says the same.
    const writer = payload.createStreamWriter(answerContext());
    const again = createAccumulator();
    const rewritten = events.flatMap((event) => writer.push(event));
    for (const event of readEvents(rewritten)) again.push(event);
    const told = (response: ReturnType<typeof read.response>) =>
      response.choices.map(({ blocks, finish }) => ({ blocks: merged(blocks), finish }));
    expect(told(again.response())).toEqual(told(read.response()));
    expect(again.response().usage?.outputTokens ?? null).toBe(read.response().usage?.outputTokens ?? null);
    const last = asObject(parseExact(frames.at(-1)?.data ?? "{}")) ?? {};
    countedAs(last["usageMetadata"], read.response().usage);
    // The tap watches the same.
    const tap = payload.createTap();
    const notes = frames.map((each) => tap.frame(each));
    expect(notes.findLast((note) => note.usage !== null)?.usage ?? null).toEqual(read.response().usage);
    expect(notes.at(-1)?.settled).toBe(true);
    expect(notes.every((note) => note.failure === null)).toBe(true);
  });
});

/** Citations are told without their places in a rewritten stream, and a part of its own may have carried a signature. */
function merged(blocks: readonly { readonly type: string }[]): unknown {
  return JSON.parse(JSON.stringify(blocks, (name, value) => (["citations", "raw"].includes(name) ? undefined : value)));
}

function split(bytes: Uint8Array, size: number): Frame[] {
  const splitter = carrier.framing.createSplitter();
  const frames: Frame[] = [];
  for (let start = 0; start < bytes.length; start += size)
    frames.push(...splitter.push(bytes.slice(start, start + size)));
  return [...frames, ...splitter.end()];
}

/** To the token, as the vendor adds them up. */
function countedAs(metadata: unknown, usage: ReturnType<typeof payload.readResponse>["value"]["usage"]): void {
  const said = asObject(metadata);
  if (said === undefined) return;
  const count = (name: string): number => asNumber(said[name]) ?? 0;
  if (usage === null) throw new Error("no usage");
  expect(inputTokens(usage) ?? 0).toBe(count("promptTokenCount") + count("toolUsePromptTokenCount"));
  expect(usage.outputTokens ?? 0).toBe(count("candidatesTokenCount") + count("thoughtsTokenCount"));
}

function changedPaths(left: unknown, right: unknown, path = ""): string[] {
  if (DIFFERENCES.some((each) => each.path.test(path.replaceAll(/\[\d+\]/g, "[]")))) return [];
  const nothing = (value: unknown): boolean =>
    value === null ||
    value === undefined ||
    (asArray(value)?.length ?? 1) === 0 ||
    (asObject(value) !== undefined && Object.keys(asObject(value) ?? {}).length === 0);
  if (nothing(left) && nothing(right)) return [];
  const [some, others] = [asArray(left), asArray(right)];
  if (some !== undefined && others !== undefined && some.length === others.length) {
    return some.flatMap((each, index) => changedPaths(each, others[index], `${path}[${index}]`));
  }
  const [a, b] = [asObject(left), asObject(right)];
  if (a !== undefined && b !== undefined) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) =>
      changedPaths(a[name], b[name], path === "" ? name : `${path}.${name}`),
    );
  }
  if (asNumber(left) !== undefined && asNumber(left) === asNumber(right)) return [];
  const [before, after] = [JSON.stringify(left), JSON.stringify(right)];
  return before === after ? [] : [`${path}: ${before?.slice(0, 160)} -> ${after?.slice(0, 160)}`];
}
