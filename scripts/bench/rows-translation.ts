// The rows about translating a request, in this process: ten messages with tools, read in one protocol and written in the
// other, beside parsing and writing the same text and nothing else. Every protocol of the table is measured both ways.
import { readFileSync } from "node:fs";
import { UNKNOWN_SERVER } from "../../src/ir/dialect.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { asObject, parseJson } from "../../src/std/json.ts";
import type { Row, Series } from "./report.ts";
import { ratios } from "./statistics.ts";

const WARM_CALLS = 10_000;
const CALLS_PER_ROUND = 1_500;

const OPTIONS = {
  upstreamModel: "bench-model",
  defaultMaxOutputTokens: 4096,
  dialect: UNKNOWN_SERVER,
  maxOutputTokens: null,
};

/** Each pair beside the parsing and writing of its own text, whose time is 1. */
export function measureTranslation(rounds: number): Row {
  const { openai, anthropic } = PROTOCOLS;
  const others = Object.values<Protocol>(PROTOCOLS).filter(
    (protocol) => protocol !== openai && protocol.payload !== anthropic.payload && protocol.id === protocol.payload.id,
  );
  const series = [
    { name: REFERENCE, values: Array.from({ length: rounds }, () => 1) },
    translate("OpenAI to Anthropic", openaiBody(), openai, anthropic, rounds),
    translate("Anthropic to OpenAI", anthropicBody(), anthropic, openai, rounds),
    ...others.flatMap((other) => [
      translate(`OpenAI to ${other.id}`, openaiBody(), openai, other, rounds),
      translate(`${other.id} to OpenAI`, bodyOf(other), other, openai, rounds),
    ]),
  ];
  const what = "translation of 10 messages with tools, to parse and stringify of the same text";
  return { id: "translation", what, unit: "×", series, reference: REFERENCE };
}

const REFERENCE = "parse + stringify";

/** The same conversation, as this protocol's clients write it. */
function bodyOf(protocol: Protocol): object {
  const request = PROTOCOLS.openai.payload.readRequest(asObject(openaiBody()) ?? {}).value;
  return protocol.payload.writeRequest(request, OPTIONS).value;
}

function translate(name: string, body: object, from: Protocol, to: Protocol, rounds: number): Series {
  const text = JSON.stringify(body);
  const work = () => {
    const request = from.payload.readRequest(asObject(parseJson(text)) ?? {}).value;
    return JSON.stringify(to.payload.writeRequest(request, OPTIONS).value).length;
  };
  const plain = () => JSON.stringify(JSON.parse(text)).length;
  time(work, WARM_CALLS);
  time(plain, WARM_CALLS);
  const values: number[] = [];
  const references: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    references.push(time(plain, CALLS_PER_ROUND));
    values.push(time(work, CALLS_PER_ROUND));
  }
  return { name, values: ratios(values, references) };
}

/** Microseconds per call, of this thread alone, without what other programs took of its core meanwhile. */
function time(work: () => number, calls: number): number {
  let length = 0;
  const startedMicros = threadMicros();
  for (let call = 0; call < calls; call += 1) length += work();
  const micros = threadMicros() - startedMicros;
  // The lengths are added up so that no call can be left out as unused.
  if (length === 0) throw new Error("nothing was written");
  return micros / calls;
}

/** Nanoseconds on a core are the first field. */
function threadMicros(): number {
  return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ", 1)[0]) / 1_000;
}

const PARAGRAPH =
  "The second pump of hall 4 has been running hot since Tuesday, and the valve next to it drips. ".repeat(4);

function tools() {
  return ["read_sensor", "open_valve", "close_valve", "page_operator"].map((name) => ({
    name,
    description: `Does what its name says for one machine of the plant: ${name.replace("_", " ")}.`,
    schema: {
      type: "object",
      properties: {
        machine: { type: "string", description: "Name of the machine as it stands on its plate" },
        hall: { type: "integer", minimum: 1, maximum: 12 },
        mode: { type: "string", enum: ["now", "at_shift_end", "when_cold"] },
      },
      required: ["machine", "hall"],
      additionalProperties: false,
    },
  }));
}

function openaiBody() {
  const call = (index: number) => ({
    id: `call_${index}abcdefghijklmnopqrstuv`,
    type: "function",
    function: { name: "read_sensor", arguments: JSON.stringify({ machine: `pump ${index}`, hall: 4 }) },
  });
  return {
    model: "bench-model",
    max_tokens: 1024,
    temperature: 0.3,
    messages: [
      { role: "system", content: PARAGRAPH },
      { role: "user", content: PARAGRAPH },
      { role: "assistant", content: "I will look.", tool_calls: [call(1)] },
      { role: "tool", tool_call_id: call(1).id, content: PARAGRAPH },
      { role: "assistant", content: PARAGRAPH },
      { role: "user", content: [{ type: "text", text: PARAGRAPH }] },
      { role: "assistant", content: null, tool_calls: [call(2)] },
      { role: "tool", tool_call_id: call(2).id, content: PARAGRAPH },
      { role: "assistant", content: PARAGRAPH },
      { role: "user", content: PARAGRAPH },
    ],
    tools: tools().map(({ name, description, schema }) => ({
      type: "function",
      function: { name, description, parameters: schema },
    })),
    tool_choice: "auto",
  };
}

function anthropicBody() {
  const text = { type: "text", text: PARAGRAPH };
  const call = (index: number) => ({
    type: "tool_use",
    id: `toolu_0${index}abcdefghijklmnopqrstu`,
    name: "read_sensor",
    input: { machine: `pump ${index}`, hall: 4 },
  });
  const result = (index: number) => ({ type: "tool_result", tool_use_id: call(index).id, content: [text] });
  return {
    model: "bench-model",
    max_tokens: 1024,
    temperature: 0.3,
    system: [{ ...text, cache_control: { type: "ephemeral" } }],
    messages: [
      { role: "user", content: PARAGRAPH },
      { role: "assistant", content: [{ type: "text", text: "I will look." }, call(1)] },
      { role: "user", content: [result(1)] },
      { role: "assistant", content: [text] },
      { role: "user", content: [text] },
      { role: "assistant", content: [call(2)] },
      { role: "user", content: [result(2)] },
      { role: "assistant", content: [text] },
      { role: "user", content: [text] },
      { role: "assistant", content: [text] },
    ],
    tools: tools().map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
    tool_choice: { type: "auto" },
  };
}
