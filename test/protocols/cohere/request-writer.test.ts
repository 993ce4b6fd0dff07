/** Requests of other protocols as bodies of this one, and what had to be cut. */
import { describe, expect, test } from "bun:test";
import { type DocumentBlock, type IrBlock, type IrRequest, NO_SAMPLING, NO_SPELLING } from "../../../src/ir/request.ts";
import { call, foreignRequest, image, result, text, turn, writeRequest } from "./builders.ts";

const write = (members: Partial<IrRequest>, upstreamModel = "command-a-plus-05-2026") =>
  writeRequest(foreignRequest(members), { upstreamModel });
const messagesOf = (...turns: IrRequest["turns"]) => write({ turns });
const document = (over: Partial<DocumentBlock> = {}): IrBlock => ({
  type: "document",
  source: { kind: "text", text: "words" },
  title: "T",
  context: null,
  citations: null,
  cache: null,
  extras: {},
  spelling: NO_SPELLING,
  ...over,
});
const reasoning = (said: string): IrBlock => {
  return {
    type: "reasoning",
    text: said,
    signature: { issuer: "x", value: "s" },
    encrypted: null,
    extras: {},
    spelling: NO_SPELLING,
  };
};
const tool = (name: string, strict: boolean | null = null) =>
  ({
    type: "function",
    name,
    description: null,
    parameters: null,
    strict,
    cache: null,
    extras: {},
    spelling: NO_SPELLING,
  }) as const;
const said = (role: "system" | "developer", words: string) => ({
  role,
  blocks: [text(words)],
  wasString: true,
  extras: {},
  spelling: NO_SPELLING,
});

describe("messages", () => {
  test("several instructions become the one system message that must stand first", () => {
    const instructions = [said("system", "Be brief."), said("developer", "Be kind.")];
    expect(write({ instructions }).body["messages"]).toEqual([
      { role: "system", content: "Be brief.\nBe kind." },
      { role: "user", content: "Hello" },
    ]);
  });

  test("an instruction between turns is the user's words", () => {
    const { body, lost } = messagesOf(turn("user", text("Hi")), turn("system", text("Be formal.")));
    expect(body["messages"]).toEqual([
      { role: "user", content: "Hi" },
      { role: "user", content: "Be formal." },
    ]);
    expect(lost).toEqual(["approximated messages[1].role"]);
  });

  test("words beside calls are the plan, and each result stands behind its call", () => {
    const { body, lost } = messagesOf(
      turn("user", text("Hi")),
      turn("assistant", text("Let me look."), call("a", "f", ""), call("b", "g", '{"x":1}')),
      turn("user", result("b", text("2")), result("a", text("1"), text("one")), text("And now?")),
    );
    expect(body["messages"]).toEqual([
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        tool_plan: "Let me look.",
        tool_calls: [
          { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
          { id: "b", type: "function", function: { name: "g", arguments: '{"x":1}' } },
        ],
      },
      { role: "tool", tool_call_id: "b", content: "2" },
      { role: "tool", tool_call_id: "a", content: "1\none" },
      { role: "user", content: "And now?" },
    ]);
    expect(lost).toEqual([]);
  });

  test("images of a result follow as the user's; its documents stay", () => {
    const { body, lost } = messagesOf(
      turn("assistant", call("a", "f")),
      turn("tool", result("a", text("see"), image(), document({ context: "c" }))),
    );
    expect(body["messages"]).toMatchObject([
      { role: "assistant" },
      {
        role: "tool",
        content: [
          { type: "text", text: "see" },
          { type: "document", document: { data: { title: "T", text: "words", context: "c" } } },
        ],
      },
      { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,aW1n" } }] },
    ]);
    expect(lost).toEqual(["approximated messages[1].content[0]"]);
  });

  test("a result without its call is text", () => {
    const { body, lost } = messagesOf(turn("user", result("gone", text("21"))));
    expect(body["messages"]).toEqual([{ role: "user", content: "21" }]);
    expect(lost).toEqual(["approximated messages[0].content[0]"]);
  });

  test("thoughts go back to models that think, without the signature", () => {
    const turns = [turn("user", text("Hi")), turn("assistant", reasoning("Hm."), text("So."))];
    expect(write({ turns }).body["messages"]).toMatchObject([
      {},
      {
        content: [
          { type: "thinking", thinking: "Hm." },
          { type: "text", text: "So." },
        ],
      },
    ]);
    expect(write({ turns }).lost).toEqual(["dropped messages[1].content[0].signature"]);
    const older = write({ turns }, "command-r-08-2024");
    expect(older.body["messages"]).toMatchObject([{}, { content: "So." }]);
    expect(older.lost).toEqual(["dropped messages[1].content[0].signature", "dropped messages[1].content[0]"]);
  });

  test("empty turns, files, sounds and images of an assistant are left out, and said", () => {
    const source = { kind: "base64", mediaType: "application/pdf", data: "JVBERg==" } as const;
    const audio: IrBlock = {
      type: "audio",
      source,
      format: "wav",
      transcript: null,
      extras: {},
      spelling: NO_SPELLING,
    };
    const { body, lost } = messagesOf(
      turn("assistant"),
      turn("assistant", text("")),
      turn("assistant", image()),
      turn("user", document({ source }), audio, text("x")),
    );
    expect(body["messages"]).toEqual([{ role: "user", content: "x" }]);
    expect(lost).toEqual([
      "dropped messages[2].content[0]",
      "dropped messages[3].content[0]",
      "dropped messages[3].content[1]",
    ]);
  });
});

describe("documents", () => {
  const asked = (citations: boolean | null) => [turn("user", document({ citations }), text("Sum up."))];

  test("those that shall be cited go beside the conversation", () => {
    const { body, lost } = write({ turns: asked(true) });
    expect(body["documents"]).toEqual([{ data: { title: "T", text: "words" } }]);
    expect(body["messages"]).toEqual([{ role: "user", content: "Sum up." }]);
    expect(lost).toEqual(["approximated messages[0].content[0]"]);
  });

  test.each([
    ["not asked to cite", { turns: asked(null) }],
    ["a form of the answer", { turns: asked(true), outputFormat: { kind: "json" } }],
    ["tools", { turns: asked(true), tools: [tool("f")] }],
    ["nothing else said", { turns: [turn("user", document({ citations: true }))] }],
  ] as const)("else they are text: %s", (_name, members) => {
    const { body } = write(members);
    expect(body["documents"]).toBeUndefined();
    expect(JSON.stringify(body["messages"])).toContain('"T\\nwords"');
  });
});

describe("tools", () => {
  const tools = [tool("f"), tool("mcp__x__read-file")];

  test("names the vendor refuses are escaped, in tools and in calls alike", () => {
    const { body, lost } = write({ tools, turns: [turn("assistant", call("a", "mcp__x__read-file"))] });
    const name = "x_u_mcp__x__read_u002dfile";
    expect(body["tools"]).toMatchObject([
      { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } },
      { function: { name } },
    ]);
    expect(body["messages"]).toMatchObject([{ tool_calls: [{ function: { name } }] }]);
    expect(lost).toEqual([]);
  });

  const rows: [Partial<IrRequest>, unknown, number, string[]][] = [
    [{ toolChoice: null }, undefined, 2, []],
    [{ toolChoice: { kind: "auto" } }, undefined, 2, []],
    [{ toolChoice: { kind: "none" } }, "NONE", 2, []],
    [{ toolChoice: { kind: "required" } }, "REQUIRED", 2, []],
    [{ toolChoice: { kind: "tool", name: "f" } }, "REQUIRED", 1, ["approximated tool_choice"]],
    [{ toolChoice: { kind: "tool", name: "gone" } }, undefined, 0, ["dropped tool_choice"]],
    [{ toolChoice: { kind: "allowed", mode: "auto", names: ["f"] } }, undefined, 1, ["approximated tool_choice"]],
    [{ toolChoice: { kind: "allowed", mode: "required", names: ["f"] } }, "REQUIRED", 1, ["approximated tool_choice"]],
    [{ parallelToolCalls: false }, undefined, 2, ["dropped parallel_tool_calls"]],
    [{ parallelToolCalls: true }, undefined, 2, []],
  ];
  test.each(rows)("%j", (members, choice, count, losses) => {
    const { body, lost } = write({ tools, ...members });
    expect(body["tool_choice"]).toEqual(choice);
    expect(Array.isArray(body["tools"]) ? body["tools"].length : 0).toBe(count);
    expect(lost).toEqual(losses);
  });

  test("older models decide by themselves", () => {
    const { body, lost } = write({ tools, toolChoice: { kind: "required" } }, "command-r-plus-08-2024");
    expect(body["tool_choice"]).toBeUndefined();
    expect(lost).toEqual(["dropped tool_choice"]);
  });

  test.each([
    [[true, true], true, []],
    [[null, false], undefined, []],
    [[true, null], undefined, ["dropped tools[].strict"]],
  ] as const)("strict %j", (strict, wanted, losses) => {
    const { body, lost } = write({ tools: strict.map((each, index) => tool(`f${index}`, each)) });
    expect(body["strict_tools"]).toEqual(wanted);
    expect(lost).toEqual([...losses]);
  });

  test("a free-text tool is a function with one string, in calls too", () => {
    const custom = {
      type: "custom",
      name: "sql",
      description: "Runs SQL",
      format: null,
      extras: {},
      spelling: NO_SPELLING,
    } as const;
    const called: IrBlock = { ...call("a", "sql", "select 1"), kind: "custom" } as IrBlock;
    const { body, lost } = write({ tools: [custom], turns: [turn("assistant", called)] });
    expect(body).toMatchObject({
      tools: [{ function: { name: "sql", parameters: { required: ["input"] } } }],
      messages: [{ tool_calls: [{ function: { arguments: '{"input":"select 1"}' } }] }],
    });
    expect(lost).toEqual(["approximated messages[0].content[0]", "approximated tools[0]"]);
  });
});

describe("settings", () => {
  const reasoningOf = (over: Partial<NonNullable<IrRequest["reasoning"]>>) => {
    return { mode: null, effort: null, budgetTokens: null, display: null, ...over };
  };
  const sampling = (over: Partial<IrRequest["sampling"]>) => ({ sampling: { ...NO_SAMPLING, ...over } });
  const rows: [Partial<IrRequest>, object, string[]][] = [
    [sampling({ topP: 0.5, topK: 7, temperature: 0.2 }), { p: 0.5, k: 7, temperature: 0.2 }, []],
    [sampling({ temperature: 1.8 }), { temperature: 1 }, ["clamped temperature"]],
    [sampling({ topP: 1, topK: 9000 }), { p: 0.99, k: 500 }, ["clamped top_p", "clamped top_k"]],
    [sampling({ seed: -1 }), { seed: 0 }, ["clamped seed"]],
    [
      sampling({ presencePenalty: 0.5, frequencyPenalty: 2 }),
      { frequency_penalty: 1 },
      ["clamped frequency_penalty", "dropped presence_penalty"],
    ],
    [{ stop: ["1", "2", "3", "4", "5", "6"] }, { stop_sequences: ["1", "2", "3", "4", "5"] }, ["clamped stop"]],
    [{ reasoning: reasoningOf({ mode: "disabled" }) }, { thinking: { type: "disabled" } }, []],
    [{ reasoning: reasoningOf({ effort: "none" }) }, { thinking: { type: "disabled" } }, []],
    [
      { reasoning: reasoningOf({ mode: "enabled", budgetTokens: 700 }) },
      { thinking: { type: "enabled", token_budget: 700 } },
      [],
    ],
    [
      { reasoning: reasoningOf({ effort: "medium" }) },
      { thinking: { type: "enabled", token_budget: 8192 } },
      ["approximated reasoning_effort"],
    ],
    [
      { reasoning: reasoningOf({ effort: "high" }), maxOutputTokens: 1000 },
      { thinking: { type: "enabled", token_budget: 500 } },
      ["approximated reasoning_effort"],
    ],
    [
      { reasoning: reasoningOf({ effort: "max" }) },
      { thinking: { type: "enabled" } },
      ["approximated reasoning_effort"],
    ],
    [{ reasoning: reasoningOf({ mode: "adaptive" }) }, { thinking: { type: "enabled" } }, ["approximated reasoning"]],
    [{ outputFormat: { kind: "json" } }, { response_format: { type: "json_object" } }, []],
    [
      {
        outputFormat: {
          kind: "json-schema",
          name: "n",
          description: "d",
          schema: { type: "object" },
          strict: true,
        },
      },
      { response_format: { type: "json_object", json_schema: { type: "object" } } },
      ["dropped response_format.json_schema.description"],
    ],
    [{ logprobs: { top: 3 } }, { logprobs: true }, ["dropped top_logprobs"]],
    [
      { choices: 2, user: "u", metadata: { a: "b" }, serviceTier: "flex" },
      {},
      ["dropped n", "dropped user", "dropped metadata", "dropped service_tier"],
    ],
    [{ choices: 1, serviceTier: "auto", stream: true }, { stream: true }, []],
    [{ extras: { theirs: 1 }, spelling: NO_SPELLING }, {}, ["dropped theirs"]],
  ];
  test.each(rows)("%j", (members, expected, losses) => {
    const { body, lost } = write(members);
    expect(body).toMatchObject(expected);
    expect(lost).toEqual(losses);
  });

  test("a model that does not think is told nothing of it", () => {
    const off = write({ reasoning: reasoningOf({ mode: "disabled" }) }, "command-a-03-2025");
    expect([off.body["thinking"], off.lost]).toEqual([undefined, []]);
    const on = write({ reasoning: reasoningOf({ effort: "low" }) }, "cohere/command-r7b-12-2024");
    expect([on.body["thinking"], on.lost]).toEqual([undefined, ["dropped reasoning"]]);
  });

  test("the lane's own limit is kept", () => {
    const { body, lost } = writeRequest(foreignRequest({ maxOutputTokens: 9000 }), { maxOutputTokens: 4000 });
    expect([body["max_tokens"], lost]).toEqual([4000, ["clamped max_tokens"]]);
  });
});
