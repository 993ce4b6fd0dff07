// A model without structured outputs is made to call a tool with the answer, and its client sees an answer.

import { describe, expect, test } from "bun:test";
import { createAccumulator } from "../../src/ir/fold.ts";
import type { IrRequest } from "../../src/ir/request.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Frame, Payload } from "../../src/protocols/protocol.ts";
import { ANSWER_TOOL } from "../../src/protocols/shared/forced-answer.ts";
import { asObject, at, type JsonObject } from "../../src/std/json.ts";
import { functionTool, request, text, user } from "../harness/builders.ts";
import { MAKER, makersDialect } from "../harness/dialects.ts";

const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const asking = (over: Partial<IrRequest> = {}): IrRequest =>
  request({
    turns: [user(text("Where?"))],
    outputFormat: { kind: "json-schema", name: "place", description: "A place.", schema: SCHEMA, strict: true },
    ...over,
  });

const OLD = { anthropic: "claude-sonnet-4-0", bedrock: "anthropic.claude-3-5-sonnet-20240620-v1:0" } as const;
const WRITE = { defaultMaxOutputTokens: 256, dialect: MAKER, maxOutputTokens: null };
const write = (id: keyof typeof OLD, given: IrRequest, model: string = OLD[id]) =>
  PROTOCOLS[id].payload.writeRequest(given, { ...WRITE, upstreamModel: model, dialect: makersDialect(id, model) });

/** Names of the tools in a body, and what is said of the choice. */
function toolsOf(id: keyof typeof OLD, body: JsonObject): { names: unknown[]; choice: unknown } {
  if (id === "anthropic") {
    const tools = body["tools"];
    return { names: Array.isArray(tools) ? tools.map((tool) => at(tool, "name")) : [], choice: body["tool_choice"] };
  }
  const tools = at(body, "toolConfig", "tools");
  return {
    names: Array.isArray(tools) ? tools.map((tool) => at(tool, "toolSpec", "name")) : [],
    choice: at(body, "toolConfig", "toolChoice"),
  };
}

const FORCED = {
  anthropic: { type: "tool", name: ANSWER_TOOL },
  bedrock: { tool: { name: ANSWER_TOOL } },
} as const;
const ANY = { anthropic: { type: "any" }, bedrock: { any: {} } } as const;

for (const id of ["anthropic", "bedrock"] as const) {
  describe(`a request to an older model, ${id}`, () => {
    test("the schema becomes the one tool it must call, and that is told", () => {
      const { value, losses } = write(id, asking());
      expect(toolsOf(id, value)).toEqual({ names: [ANSWER_TOOL], choice: FORCED[id] });
      expect(JSON.stringify(value)).toContain('"city"');
      expect(losses.map(({ field, how }) => [field, how])).toEqual([["response_format", "approximated"]]);
    });

    test("beside tools of the client's it must call one of them or answer", () => {
      const { value } = write(id, asking({ tools: [functionTool("look")] }));
      expect(toolsOf(id, value)).toEqual({ names: ["look", ANSWER_TOOL], choice: ANY[id] });
    });

    const UNABLE: readonly [string, Partial<IrRequest>][] = [
      ["it shall think", { reasoning: { mode: "enabled", effort: null, budgetTokens: 2048, display: null } }],
      ["a tool is named", { tools: [functionTool("look")], toolChoice: { kind: "tool", name: "look" } }],
      [
        "the schema is no object's",
        {
          outputFormat: { kind: "json-schema", name: null, description: null, schema: { type: "array" }, strict: null },
        },
      ],
    ];
    for (const [why, over] of UNABLE) {
      test(`where ${why}, it is asked in words`, () => {
        const { value, losses } = write(id, asking(over));
        expect(toolsOf(id, value).names).not.toContain(ANSWER_TOOL);
        expect(JSON.stringify(value["system"])).toContain("JSON Schema");
        expect(losses.map(({ field }) => field)).toContain("response_format");
      });
    }

    test("a model that has the option is given the schema itself", () => {
      const { value } = write(
        id,
        asking(),
        id === "anthropic" ? "claude-sonnet-4-5" : "anthropic.claude-sonnet-4-5-v1:0",
      );
      expect(toolsOf(id, value).names).toEqual([]);
    });
  });
}

const INPUT = '{"city":"Oslo"}';
const call = (id: string, name: string) => ({ type: "tool_use", id, name, input: { city: "Oslo" } });
const message = (content: readonly unknown[]): JsonObject => ({
  ...{ id: "msg_1", type: "message", role: "assistant", model: "m", stop_reason: "tool_use", stop_sequence: null },
  content,
  usage: { input_tokens: 1, output_tokens: 1 },
});
const blocksOf = (body: JsonObject) => {
  const [choice] = PROTOCOLS.anthropic.payload.readResponse(body).value.choices;
  return [
    choice?.finish?.reason,
    ...(choice?.blocks ?? []).map((block) => ("text" in block ? block.text : block.type)),
  ];
};

describe("the answer", () => {
  test("of a whole body is the call's input, and nothing was called", () => {
    expect(blocksOf(message([call("t1", ANSWER_TOOL)]))).toEqual(["stop", INPUT]);
  });

  test("beside a call of the client's the call stands", () => {
    expect(blocksOf(message([call("t1", "look"), call("t2", ANSWER_TOOL)]))).toEqual([
      "tool-calls",
      "tool-call",
      INPUT,
    ]);
  });

  test("of a stream comes as text", () => {
    const frames = (name: string): Frame[] =>
      [
        { type: "message_start", message: { ...message([]), stop_reason: null } },
        { type: "content_block_start", index: 0, content_block: { type: "tool_use", id: "t1", name, input: {} } },
        ...['{"city":', '"Oslo"}'].map((partial_json) => ({
          type: "content_block_delta",
          index: 0,
          delta: { type: "input_json_delta", partial_json },
        })),
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "tool_use", stop_sequence: null }, usage: { output_tokens: 3 } },
        { type: "message_stop" },
      ].map((data) => ({ event: data.type, data: JSON.stringify(data) }));
    expect(streamed(PROTOCOLS.anthropic.payload, frames(ANSWER_TOOL))).toEqual(["stop", INPUT]);
    expect(streamed(PROTOCOLS.anthropic.payload, frames("look"))).toEqual(["tool-calls", "tool-call"]);
  });

  test("of Converse is read alike", () => {
    const input = asObject(JSON.parse(INPUT));
    const body = {
      output: { message: { role: "assistant", content: [{ toolUse: { toolUseId: "t1", name: ANSWER_TOOL, input } }] } },
      stopReason: "tool_use",
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      metrics: { latencyMs: 1 },
    };
    const [choice] = PROTOCOLS.bedrock.payload.readResponse(body).value.choices;
    expect([choice?.finish?.reason, choice?.blocks.map((block) => "text" in block && block.text)]).toEqual([
      "stop",
      [INPUT],
    ]);
  });
});

function streamed(payload: Payload, frames: readonly Frame[]): unknown[] {
  const reader = payload.createStreamReader();
  const accumulator = createAccumulator();
  for (const event of [...frames.flatMap((frame) => reader.push(frame)), ...reader.end()]) accumulator.push(event);
  const [choice] = accumulator.response().choices;
  return [
    choice?.finish?.reason,
    ...(choice?.blocks ?? []).map((block) => ("text" in block ? block.text : block.type)),
  ];
}
