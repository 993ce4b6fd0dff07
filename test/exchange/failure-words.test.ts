// A vendor's own word for "I broke" is a failure: the next lane is asked before the first word, the client sees its
// dialect's error after it, and the lane's cell counts. Whole and streamed, relayed and translated.
import { describe, expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, json, stream } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const CLIENTS = ["openai", "anthropic", "responses", "gemini", "cohere"] as const;
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

interface Broken {
  readonly protocol: string;
  readonly name: string;
  readonly before: readonly string[];
  readonly word: readonly string[];
  readonly after: readonly string[];
  readonly whole: object;
}

const openai = (name: string, choice: object, over: object = {}): Broken => {
  const chunk = (delta: object, more: object = {}, beside: object = {}) =>
    data({
      id: "c",
      object: "chat.completion.chunk",
      model: "m",
      choices: [{ index: 0, delta, finish_reason: null, ...more }],
      ...beside,
    });
  return {
    protocol: "openai",
    name,
    before: [chunk({ role: "assistant", content: "" })],
    word: [chunk({ content: "Half" })],
    after: [chunk({}, choice, over), "data: [DONE]\n\n"],
    whole: {
      id: "c",
      object: "chat.completion",
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content: "Half" }, ...choice }],
      ...over,
    },
  };
};
const messages = (word: string): Broken => {
  const message = {
    id: "m",
    type: "message",
    role: "assistant",
    model: "m",
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  return {
    protocol: "anthropic",
    name: word,
    before: [
      data({ type: "message_start", message: { ...message, content: [] } }),
      data({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    ],
    word: [data({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Half" } })],
    after: [
      data({ type: "message_delta", delta: { stop_reason: word }, usage: { output_tokens: 3 } }),
      data({ type: "message_stop" }),
    ],
    whole: { ...message, content: [{ type: "text", text: "Half" }], stop_reason: word },
  };
};
const cohere = (word: string): Broken => ({
  protocol: "cohere",
  name: word,
  before: [data({ type: "message-start", id: "m", delta: { message: { role: "assistant" } } })],
  word: [data({ type: "content-delta", index: 0, delta: { message: { content: { type: "text", text: "Half" } } } })],
  after: [data({ type: "message-end", delta: { finish_reason: word } })],
  whole: { id: "m", message: { role: "assistant", content: [{ type: "text", text: "Half" }] }, finish_reason: word },
});
const responses = (status: string): Broken => {
  const response = { id: "r", object: "response", created_at: 1, model: "m", output: [] };
  return {
    protocol: "responses",
    name: status,
    before: [data({ type: "response.created", response: { ...response, status: "in_progress" } })],
    word: [
      data({ type: "response.output_text.delta", output_index: 0, content_index: 0, item_id: "i", delta: "Half" }),
    ],
    after: [
      data({
        type: `response.${status}`,
        response: { ...response, status, error: { code: "server_error", message: "x" } },
      }),
    ],
    whole: { ...response, status, error: { code: "server_error", message: "x" } },
  };
};

const ROWS: readonly Broken[] = [
  ...["error", "network_error", "insufficient_system_resource", "abort"].map((word) =>
    openai(word, { finish_reason: word }),
  ),
  openai("an error in the choice", { finish_reason: "error", error: { code: 502, message: "Upstream broke." } }),
  openai("an error in the choice, and no word", {
    finish_reason: null,
    error: { code: 502, message: "Upstream broke." },
  }),
  openai(
    "an error beside the choices",
    { finish_reason: "error" },
    { error: { code: 502, message: "Upstream broke." } },
  ),
  openai("an error in a member of its own", { finish_reason: null }, { x_groq: { id: "r", error: "stopped early" } }),
  ...["error", "network_error", "error_finish", "Network-Error"].map(messages),
  ...["ERROR", "TIMEOUT"].map(cohere),
  ...["failed", "cancelled"].map(responses),
];

function coreOf(broken: Broken, answer: Parameters<typeof byProvider>[0][string]) {
  const lanes = [laneOf("first/a/one", broken.protocol), laneOf("second/a/two", "openai")];
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
    answer: byProvider({ first: answer, second: answering(wordsOf("openai"), { pieces: ["From the second."] }) }),
  });
}
const steps = (frames: readonly string[]): BodyStep[] => frames.map((bytes) => ({ do: "bytes", bytes }));

describe.each([...ROWS])("$protocol: $name", (broken) => {
  const { before, word, after, whole } = broken;
  test.each([...CLIENTS])("before the first word, for %s: the next lane answers", async (client) => {
    const core = coreOf(broken, stream(steps([...before, ...after])));
    const got = await core.ask({ protocol: client, body: question(client, { stream: true, model: "pool" }) });
    expect(see(client, got.text).text).toBe("From the second.");
    expect(core.records[0]?.attempts.map(({ outcome }) => outcome === "answered")).toEqual([false, true]);
  });

  test.each([...CLIENTS])("whole, for %s: the next lane answers", async (client) => {
    const core = coreOf(broken, json(200, JSON.stringify(whole)));
    const got = await core.ask({ protocol: client, body: question(client, { stream: false, model: "pool" }) });
    expect(got.text).toContain("From the second.");
    expect(core.records[0]?.attempts.map(({ outcome }) => outcome === "answered")).toEqual([false, true]);
  });

  test.each([...CLIENTS])("after the first word, for %s: the client's error", async (client) => {
    const core = coreOf(broken, stream(steps([...before, ...word, ...after])));
    const got = await core.ask({ protocol: client, body: question(client, { stream: true, model: "pool" }) });
    const seen = see(client, got.text);
    expect(seen.text).toBe("Half");
    // Cohere's own clients know the word in their last event.
    if (client !== broken.protocol || client !== "cohere") expect(seen.error).not.toBeNull();
    expect(core.records[0]).toMatchObject({ outcome: "cut" });
  });
});
