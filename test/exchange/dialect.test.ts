// What a lane's server takes of its protocol: what is written for it, relayed and translated, and what the client gets back.
import { describe, expect, test } from "bun:test";
import type { Dialect } from "../../src/ir/dialect.ts";
import { UNKNOWN_SERVER } from "../../src/ir/dialect.ts";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";
import { answering, bodyText } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const CHATS = ["openai", "responses"] as const;
const GRAMMAR = { type: "grammar", syntax: "lark", definition: "start: /.+/s" };
const PATCH = { id: "call_1", name: "apply_patch", arguments: '{"input":"*** \\"Begin\\""}' };
const RAW_PATCH = '*** "Begin"';

interface Asked {
  readonly ingress: string;
  readonly egress: string;
  readonly dialect: Dialect;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly stream?: boolean;
  readonly tools?: readonly (typeof PATCH)[];
}

async function ask({ ingress, egress, dialect, more, stream, tools = [] }: Asked) {
  const lanes = [laneOf("p0/a/m0", egress, { dialect })];
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
    answer: answering(wordsOf(egress), { pieces: ["Done."], tools }),
  });
  const body = question(ingress, { ...(stream !== undefined && { stream }), ...(more && { more }) });
  const got = await core.ask({ protocol: ingress, body });
  const [call] = core.effects.calls;
  if (call === undefined) throw new Error(`nothing was sent: ${got.text}`);
  const sent = bodyText(call);
  return { got, sent, asked: JSON.stringify(body), losses: core.records[0]?.losses ?? [] };
}

/** A developer's instructions, at the start and in the middle, with spellings that only the client's protocol has. */
const DEVELOPER = {
  openai: {
    messages: [
      { role: "developer", content: [{ type: "text", text: "Be brief" }], name: "ops" },
      { role: "user", content: "Hi" },
      { role: "developer", content: "Be rude" },
      { role: "user", content: "Go on" },
    ],
    logit_bias: { "50256": -100 },
    seed: 12345678901234567000,
  },
  responses: {
    input: [
      { type: "message", role: "developer", content: [{ type: "input_text", text: "Be brief" }] },
      { role: "user", content: "Hi" },
      { role: "developer", content: "Be rude" },
      { role: "user", content: "Go on" },
    ],
    truncation: "auto",
  },
};

describe.each([...CHATS])("a developer's instructions of a %s client", (protocol) => {
  const more = DEVELOPER[protocol];

  test("are the system's where the server has no such role, and all else keeps its spelling", async () => {
    const { sent, asked, losses } = await ask({ ingress: protocol, egress: protocol, dialect: UNKNOWN_SERVER, more });
    const wanted = JSON.parse(asked.replaceAll('"developer"', '"system"'));
    expect(JSON.parse(sent)).toEqual({ ...wanted, model: "upstream-m0" });
    expect(losses.map(({ field, how }) => [field, how])).toEqual([["role", "approximated"]]);
  });

  test("go byte for byte where it has", async () => {
    const { sent, asked, losses } = await ask({ ingress: protocol, egress: protocol, dialect: MAKER, more });
    expect(sent).toBe(asked.replace('"model":"pool"', '"model":"upstream-m0"'));
    expect(losses).toEqual([]);
  });

  test("a body that only speaks of developers goes byte for byte", async () => {
    const body = question(protocol, { text: 'Say "developer" and "custom" and "reasoning".' });
    const more = { ...body, user: "developer" };
    const { sent, asked } = await ask({ ingress: protocol, egress: protocol, dialect: UNKNOWN_SERVER, more });
    expect(sent).toBe(asked.replace('"model":"pool"', '"model":"upstream-m0"'));
  });

  test("are the system's in translation, which is no loss", async () => {
    const egress = protocol === "openai" ? "responses" : "openai";
    const { sent, losses } = await ask({ ingress: protocol, egress, dialect: UNKNOWN_SERVER, more });
    expect(sent).not.toContain('"developer"');
    expect(losses.map(({ field }) => field)).not.toContain("role");
  });
});

const CUSTOM = {
  openai: {
    tools: [{ type: "custom", custom: { name: "apply_patch", description: "Edits files", format: nested(GRAMMAR) } }],
    messages: [
      { role: "user", content: "Go" },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "call_0", type: "custom", custom: { name: "apply_patch", input: RAW_PATCH } }],
      },
      { role: "tool", tool_call_id: "call_0", content: "ok" },
    ],
  },
  responses: {
    tools: [{ type: "custom", name: "apply_patch", description: "Edits files", format: GRAMMAR }],
    input: [
      { role: "user", content: "Go" },
      { type: "custom_tool_call", call_id: "call_0", name: "apply_patch", input: RAW_PATCH },
      { type: "custom_tool_call_output", call_id: "call_0", output: "ok" },
    ],
  },
};

function nested({ type, ...grammar }: typeof GRAMMAR) {
  return { type, grammar };
}

describe("a tool with free text, at a server that has only functions", () => {
  const pairs = CHATS.flatMap((ingress) => CHATS.map((egress) => [ingress, egress] as const));

  describe.each(pairs)("%s client, %s lane", (ingress, egress) => {
    const asked = { ingress, egress, dialect: UNKNOWN_SERVER, more: CUSTOM[ingress], tools: [PATCH] };

    test("tools, calls and results are written as a function's", async () => {
      const { sent, losses } = await ask(asked);
      expect(sent).not.toContain('"custom');
      expect(sent).toContain("start: /.+/s");
      const written = egress === "openai" ? '"role":"tool","tool_call_id":"call_0"' : '"type":"function_call_output"';
      expect(sent).toContain(written);
      expect(sent).toContain(JSON.stringify(JSON.stringify({ input: RAW_PATCH })));
      expect(losses.map(({ field, how }) => [field, how])).toContainEqual(["tools[0]", "approximated"]);
    });

    test.each([false, true])("the call comes back with its raw text (streamed: %p)", async (stream) => {
      const { got } = await ask({ ...asked, stream });
      expect(got.status).toBe(200);
      if (ingress === "responses") {
        expect(got.text).toContain('"custom_tool_call"');
        expect(got.text).not.toContain('"function_call"');
      } else expect(got.text).toContain('"type":"custom"');
      expect(got.text).toContain(`"input":${JSON.stringify(RAW_PATCH)}`);
    });
  });

  test.each([...CHATS])("a %s request goes byte for byte to a server that has them", async (protocol) => {
    const { sent, asked } = await ask({
      ingress: protocol,
      egress: protocol,
      dialect: MAKER,
      more: CUSTOM[protocol],
    });
    expect(sent).toBe(asked.replace('"model":"pool"', '"model":"upstream-m0"'));
  });
});

describe("tools with free text that stand elsewhere", () => {
  const custom = CUSTOM.responses.tools[0];
  const plain = { type: "function", name: "look", description: "Looks", parameters: { type: "object" }, strict: false };
  const group = { type: "namespace", name: "files", description: "Files", tools: [plain, custom] };
  const holding = (tool: object) => ({ type: "additional_tools", role: "developer", tools: [plain, tool] });
  const history = (namespace?: string) => [
    { role: "user", content: "Go" },
    {
      type: "custom_tool_call",
      call_id: "call_0",
      name: "apply_patch",
      input: RAW_PATCH,
      ...(namespace && { namespace }),
    },
    { type: "custom_tool_call_output", call_id: "call_0", output: "ok" },
  ];
  const places = [
    { name: "in a group", more: { tools: [group], input: history("files") }, called: "files__apply_patch" },
    {
      name: "in the conversation, first",
      more: { input: [holding(custom ?? {}), ...history()] },
      called: "apply_patch",
    },
    {
      name: "in the conversation, last",
      more: { input: [...history(), holding(custom ?? {})] },
      called: "apply_patch",
    },
    {
      name: "in a group in the conversation",
      more: { input: [holding(group), ...history("files")] },
      called: "files__apply_patch",
    },
  ];
  const isGrouped = (called: string): boolean => called.startsWith("files__");

  describe.each(places)("$name", ({ more, called }) => {
    test.each([...CHATS])("they are functions at a %s lane that has only those", async (egress) => {
      const { sent, losses } = await ask({ ingress: "responses", egress, dialect: UNKNOWN_SERVER, more });
      expect(sent).not.toContain('"custom');
      expect(sent).toContain("start: /.+/s");
      expect(sent).toContain(JSON.stringify(JSON.stringify({ input: RAW_PATCH })));
      expect(losses.some(({ field, how }) => field.startsWith("tools[") && how === "approximated")).toBe(true);
      if (egress === "openai") return;
      const { input } = JSON.parse(sent);
      const call = input.find(({ type }: { type: string }) => type === "function_call");
      expect(call).toMatchObject({ name: "apply_patch", ...(isGrouped(called) && { namespace: "files" }) });
      // All else keeps its place.
      const before = JSON.parse(JSON.stringify(more.input)).findIndex(
        ({ type }: { type: string }) => type === "additional_tools",
      );
      expect(input.findIndex(({ type }: { type: string }) => type === "additional_tools")).toBe(before);
      expect(sent.split('"look"')).toHaveLength(JSON.stringify(more).split('"look"').length);
    });

    test.each([false, true])("their calls come back with the raw text (streamed: %p)", async (stream) => {
      const tools = [{ ...PATCH, name: called }];
      for (const egress of CHATS) {
        const { got } = await ask({ ingress: "responses", egress, dialect: UNKNOWN_SERVER, more, tools, stream });
        expect(got.status).toBe(200);
        expect(got.text).toContain('"custom_tool_call"');
        expect(got.text).not.toContain('"function_call"');
        expect(got.text).toContain('"name":"apply_patch"');
        expect(got.text.includes('"namespace":"files"')).toBe(isGrouped(called));
        expect(got.text).toContain(`"input":${JSON.stringify(RAW_PATCH)}`);
      }
    });

    test("they go byte for byte to a server that has them", async () => {
      const { sent, asked } = await ask({ ingress: "responses", egress: "responses", dialect: MAKER, more });
      expect(sent).toBe(asked.replace('"model":"pool"', '"model":"upstream-m0"'));
    });
  });
});

describe("settings that a model refuses", () => {
  const dialect: Dialect = { ...MAKER, refusedSettings: ["temperature", "top_p", "stop", "seed"] };
  const ASKED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    openai: { temperature: 0, top_p: 0.5, stop: ["X"] },
    anthropic: { temperature: 0, top_p: 0.5, stop_sequences: ["X"] },
    gemini: { generationConfig: { temperature: 0, topP: 0.5, stopSequences: ["X"] } },
    cohere: { temperature: 0, p: 0.5, stop_sequences: ["X"] },
  };
  const others = Object.keys(ASKED).flatMap((ingress) =>
    ["openai", "responses", "anthropic", "gemini", "cohere"].map((egress) => [ingress, egress] as const),
  );

  test.each(others.filter(([ingress, egress]) => ingress !== egress))(
    "of a %s client are left out and told at a %s lane",
    async (ingress, egress) => {
      const { sent, losses } = await ask({ ingress, egress, dialect, more: ASKED[ingress] ?? {} });
      expect(sent).not.toMatch(/"(temperature|top_p|topP|p|stop|stop_sequences|stopSequences)":/);
      const told = losses.filter(({ how }) => how === "dropped").map(({ field }) => field);
      const { generationConfig, ...flat } = ASKED[ingress] ?? {};
      const nested = Object.keys(generationConfig ?? {}).map((name) => `generationConfig.${name}`);
      expect(told).toEqual(expect.arrayContaining([...Object.keys(flat), ...nested]));
      expect(told).not.toContain("seed");
    },
  );

  test.each(["openai", "anthropic", "gemini"])("of a %s client go byte for byte in a relay", async (protocol) => {
    const { sent, losses } = await ask({ ingress: protocol, egress: protocol, dialect, more: ASKED[protocol] ?? {} });
    expect(sent).toContain('"temperature":0');
    expect(losses).toEqual([]);
  });
});

describe("reasoning of earlier turns that nothing seals", () => {
  const CALLED = {
    openai: {
      messages: [
        { role: "user", content: "Go" },
        {
          role: "assistant",
          content: null,
          reasoning_content: "let me think",
          tool_calls: [{ id: "call_0", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "call_0", content: "ok" },
      ],
    },
    anthropic: {
      messages: [
        { role: "user", content: "Go" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "let me think", signature: "" },
            { type: "tool_use", id: "call_0", name: "f", input: {} },
          ],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "call_0", content: "ok" }] },
      ],
    },
    responses: {
      input: [
        { role: "user", content: "Go" },
        { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "let me think" }] },
        { type: "function_call", call_id: "call_0", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "call_0", output: "ok" },
      ],
    },
    gemini: {
      contents: [
        { role: "user", parts: [{ text: "Go" }] },
        { role: "model", parts: [{ text: "let me think", thought: true }, { functionCall: { name: "f", args: {} } }] },
        { role: "user", parts: [{ functionResponse: { name: "f", response: { output: "ok" } } }] },
      ],
    },
  };
  const translated = ["anthropic", "responses", "gemini"] as const;
  const told = (losses: readonly { detail: string }[]) => losses.filter(({ detail }) => detail.includes("reasoning"));

  test.each([...translated])("of a %s client go as a member where a vendor wants them", async (ingress) => {
    const dialect: Dialect = { ...UNKNOWN_SERVER, reasoningBack: "required" };
    const { sent, losses } = await ask({ ingress, egress: "openai", dialect, more: CALLED[ingress] });
    expect(sent).toContain('"reasoning_content":"let me think"');
    expect(told(losses)).toEqual([]);
  });

  test("a call without any goes with a blank member, which such a vendor takes", async () => {
    const dialect: Dialect = { ...UNKNOWN_SERVER, reasoningBack: "required" };
    const { messages } = CALLED.anthropic;
    const bare = messages.map((each) =>
      Array.isArray(each.content) ? { ...each, content: each.content.filter(({ type }) => type !== "thinking") } : each,
    );
    const { sent } = await ask({ ingress: "anthropic", egress: "openai", dialect, more: { messages: bare } });
    expect(sent).toContain('"reasoning_content":" "');
  });

  test.each([...translated])("of a %s client are left out and told where they have no effect", async (ingress) => {
    const { sent, losses } = await ask({ ingress, egress: "openai", dialect: UNKNOWN_SERVER, more: CALLED[ingress] });
    expect(sent).not.toContain("let me think");
    expect(told(losses)).toHaveLength(1);
  });

  test.each([...translated, "openai"] as const)("of a %s client never go where they are refused", async (ingress) => {
    const dialect: Dialect = { ...UNKNOWN_SERVER, reasoningBack: "refused" };
    const { sent, losses } = await ask({ ingress, egress: "openai", dialect, more: CALLED[ingress] });
    expect(sent).not.toContain("let me think");
    expect(sent).not.toContain("reasoning");
    expect(sent).toContain('"tool_call_id":"');
    expect(told(losses).length).toBeGreaterThan(0);
  });

  test.each(["required", "ignored"] as const)("are relayed as they came (%s)", async (reasoningBack) => {
    const dialect: Dialect = { ...UNKNOWN_SERVER, reasoningBack };
    const { sent } = await ask({ ingress: "openai", egress: "openai", dialect, more: CALLED.openai });
    expect(sent).toContain('"reasoning_content":"let me think"');
  });

  test.each(["responses", "gemini", "openai"] as const)(
    "of a %s client are thinking without a signature at a Messages door that wants it",
    async (ingress) => {
      const dialect: Dialect = { ...UNKNOWN_SERVER, reasoningBack: "required" };
      const { sent } = await ask({ ingress, egress: "anthropic", dialect, more: CALLED[ingress] });
      expect(sent).toContain('{"type":"thinking","thinking":"let me think","signature":""}');
    },
  );
});
