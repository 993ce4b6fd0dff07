// The end of a stream is its end, not the first word that sounds like it: what follows a finish reaches the client, in
// every protocol, relayed and translated, also long after it.
import { describe, expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { type BodyStep, stream } from "../harness/scripted-answers.ts";

const CLIENTS = ["openai", "anthropic", "responses", "gemini", "cohere"] as const;
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

const chunk = (content: string | null, finish: string | null): string =>
  data({
    id: "c1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: content === null ? {} : { content }, finish_reason: finish }],
  });
const USAGE = data({ id: "c1", choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } });
const candidate = (text: string): string =>
  data({ candidates: [{ index: 0, content: { role: "model", parts: [{ text }] }, finishReason: "STOP" }] });
const open = data({
  type: "message_start",
  message: {
    id: "m",
    type: "message",
    role: "assistant",
    model: "m",
    content: [],
    usage: { input_tokens: 1, output_tokens: 1 },
  },
});
const block = data({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
const delta = (text: string): string =>
  data({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
const reason = data({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 3 } });
const start = data({ type: "message-start", id: "m", delta: { message: { role: "assistant" } } });
const say = (text: string): string =>
  data({ type: "content-delta", index: 0, delta: { message: { content: { type: "text", text } } } });
const over = data({
  type: "message-end",
  delta: { finish_reason: "COMPLETE", usage: { tokens: { input_tokens: 1, output_tokens: 3 } } },
});

const ROWS: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "openai",
    "a finish with every chunk",
    [chunk("AAA", "stop"), chunk("BBB", "stop"), chunk("CCC", "stop"), USAGE, "data: [DONE]\n\n"],
  ],
  [
    "openai",
    "a finish in the first chunk alone",
    [chunk("AAA", "stop"), chunk("BBB", null), chunk("CCC", null), USAGE, "data: [DONE]\n\n"],
  ],
  [
    "openai",
    "a finish before the first word",
    [chunk(null, "stop"), chunk("AAA", null), chunk("BBB", null), chunk("CCC", "stop"), "data: [DONE]\n\n"],
  ],
  ["openai", "no mark at the end", [chunk("AAA", "stop"), chunk("BBB", "stop"), chunk("CCC", "stop")]],
  [
    "openai",
    "a mark with a blank behind it",
    [chunk("AAA", null), chunk("BBB", null), chunk("CCC", "stop"), "data: [DONE] \n\n"],
  ],
  [
    "openai",
    "a mark with a carriage return",
    [chunk("AAA", null), chunk("BBB", null), chunk("CCC", "stop"), "data: [DONE]\r\n\r\n"],
  ],
  [
    "openai",
    "a mark without a blank, in small letters",
    [chunk("AAA", null), chunk("BBB", null), chunk("CCC", "stop"), "data:[done]\n\n"],
  ],
  [
    "anthropic",
    "the reason comes early",
    [open, block, delta("AAA"), reason, delta("BBB"), delta("CCC"), reason, data({ type: "message_stop" })],
  ],
  [
    "anthropic",
    "another dialect's mark at the end",
    [open, block, delta("AAA"), delta("BBB"), delta("CCC"), reason, "data: [DONE]\n\n"],
  ],
  ["gemini", "a reason with every frame", [candidate("AAA"), candidate("BBB"), candidate("CCC")]],
  [
    "gemini",
    "another dialect's mark at the end",
    [candidate("AAA"), candidate("BBB"), candidate("CCC"), "data: [DONE]\n\n"],
  ],
  ["cohere", "the last event comes early", [start, say("AAA"), over, say("BBB"), say("CCC"), over, "data: [DONE]\n\n"]],
];

describe.each([...ROWS])("%s: %s", (protocol, _name, frames) => {
  test.each([...CLIENTS])("for %s", async (client) => {
    const core = createCore({
      deployment: deploymentOf({ lanes: [laneOf("p/a/m", protocol)] }),
      answer: stream(frames.map((bytes): BodyStep => ({ do: "bytes", bytes }))),
    });
    const got = await core.ask({ protocol: client, body: question(client, { stream: true }) });
    const seen = see(client, got.text);
    expect([seen.text, seen.error]).toEqual(["AAABBBCCC", null]);
    expect(core.records[0]).toMatchObject({ outcome: "answered" });
  });
});

describe("a pause after an early finish is waited for", () => {
  test.each([...CLIENTS])("for %s", async (client) => {
    let resume = (): void => undefined;
    const paused = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const core = createCore({
      deployment: deploymentOf({ lanes: [laneOf("p/a/m", "openai")] }),
      answer: stream([
        { do: "bytes", bytes: chunk("AAA", "stop") },
        { do: "bytes", bytes: chunk("BBB", "stop") },
        { do: "wait", until: () => paused },
        { do: "bytes", bytes: chunk("CCC", "stop") },
        { do: "bytes", bytes: "data: [DONE]\n\n" },
      ]),
    });
    const asked = core.ask({ protocol: client, body: question(client, { stream: true }) });
    await core.effects.advance(10_000);
    resume();
    const seen = see(client, (await asked).text);
    expect([seen.text, seen.error]).toEqual(["AAABBBCCC", null]);
  });
});

test("the last finish word wins, and calls win over it", async () => {
  const call = data({
    id: "c1",
    choices: [
      {
        index: 0,
        delta: { tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "f", arguments: "{}" } }] },
        finish_reason: "tool_calls",
      },
    ],
  });
  const rows = [
    [[chunk("A", "stop"), chunk("B", "length")], '"stop_reason":"max_tokens"'],
    [[call, chunk(null, "stop")], '"stop_reason":"tool_use"'],
  ] as const;
  for (const [frames, told] of rows) {
    const core = createCore({
      deployment: deploymentOf({ lanes: [laneOf("p/a/m", "openai")] }),
      answer: stream([...frames, "data: [DONE]\n\n"].map((bytes): BodyStep => ({ do: "bytes", bytes }))),
    });
    const got = await core.ask({ protocol: "anthropic", body: question("anthropic", { stream: true }) });
    expect(got.text).toContain(told);
  }
});
