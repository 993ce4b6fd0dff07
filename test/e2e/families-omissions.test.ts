// What is left after something was left out is still a request that its vendor takes: each omission, asked by clients of
// three protocols, at every family's lane, relayed and translated, whole and streamed. What is refused today is pinned.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { fetchPost } from "../harness/agents/agent.ts";
import { AGENT_QUESTION, AGENT_SCRIPT, MOVED } from "../harness/scripted/agent-script.ts";
import { brokenRules, expectBroken } from "../harness/scripted/families/broken.ts";
import { type FamilyGateway, LANES, startFamilyGateway } from "../harness/scripted/families/gateway.ts";

const START_MS_MAX = 300_000;
const TABLE = new URL("./families-omissions.tsv", import.meta.url);

const QUESTION = `${AGENT_QUESTION} ${MOVED}`;
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PDF = "JVBERi0xLjQKJSVFT0YK";
const SCHEMA = { type: "object", properties: { path: { type: "string" } }, additionalProperties: false };
const MARK = { cache_control: { type: "ephemeral" } };
const text = (words: string, more: object = {}): object => ({ type: "text", text: words, ...more });

// ---------------------------------------------------------------- Messages

const TOOLS = [{ name: "read_file", description: "Reads", input_schema: SCHEMA }];
const USE = { type: "tool_use", id: "toolu_0123456789abcdefA", name: "read_file", input: { path: "a" } };
const resultOf = (content: unknown): object => ({ type: "tool_result", tool_use_id: USE.id, content });
const image = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };
const document = { type: "document", source: { type: "base64", media_type: "application/pdf", data: PDF } };
const messages = (content: unknown, more: object = {}): object => ({
  ...{ max_tokens: 4096, tools: TOOLS, messages: [{ role: "user", content }], ...more },
});
const looped = (result: unknown, more: object = {}, before: readonly object[] = []): object =>
  messages("", {
    messages: [
      { role: "user", content: QUESTION },
      { role: "assistant", content: [...before, USE] },
      { role: "user", content: [resultOf(result)] },
    ],
    ...more,
  });
const THOUGHT = { type: "thinking", thinking: "I look.", signature: "bm90IHlvdXJz".repeat(6) };

const MESSAGES: Readonly<Record<string, object>> = {
  "an image": messages([text(QUESTION), image]),
  "an image alone in a turn": messages("", {
    messages: [
      { role: "user", content: [image] },
      { role: "assistant", content: "I see." },
      { role: "user", content: QUESTION },
    ],
  }),
  "an image in a result": looped([image]),
  "a document": messages([text(QUESTION), document]),
  "a document alone in a turn": messages("", {
    messages: [
      { role: "user", content: [document] },
      { role: "assistant", content: "I see." },
      { role: "user", content: QUESTION },
    ],
  }),
  "an empty result": looped([]),
  "a result of an empty text": looped(""),
  "an empty text beside a call": looped("ok", {}, [text("")]),
  "more than four cache marks": messages([text(QUESTION, MARK), text("a", MARK), text("b", MARK)], {
    system: [text("Be brief", MARK), text("Be kind", MARK)],
    tools: TOOLS.map((tool) => ({ ...tool, ...MARK })),
  }),
  "thinking that cannot be given back": looped("ok", { thinking: { type: "enabled", budget_tokens: 2048 } }, [THOUGHT]),
  "a turn of thinking alone": messages("", {
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: [THOUGHT] },
      { role: "user", content: QUESTION },
    ],
  }),
  "sampling fields": messages(QUESTION, { temperature: 0.5, top_p: 0.9, top_k: 40, stop_sequences: ["X"] }),
};

// ---------------------------------------------------------------- Chat Completions

const CHAT_TOOLS = [{ type: "function", function: { name: "read_file", description: "Reads", parameters: SCHEMA } }];
const CALL = { id: "call_1", type: "function", function: { name: "read_file", arguments: '{"path":"a"}' } };
const chat = (content: unknown, more: object = {}): object => ({
  ...{ tools: CHAT_TOOLS, messages: [{ role: "user", content }], ...more },
});
const chatLoop = (content: unknown, more: object = {}): object =>
  chat("", {
    messages: [
      { role: "user", content: QUESTION },
      { role: "assistant", content: null, tool_calls: [CALL], ...more },
      { role: "tool", tool_call_id: "call_1", content },
    ],
  });
const url = `data:image/png;base64,${PNG}`;
const FREE = { type: "custom", custom: { name: "apply_patch", description: "Edits" } };

const CHAT: Readonly<Record<string, object>> = {
  "an image": chat([text(QUESTION), { type: "image_url", image_url: { url } }]),
  "a document": chat([
    text(QUESTION),
    { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${PDF}` } },
  ]),
  "a result of an empty text": chatLoop(""),
  "an empty message": chat("", {
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "" },
      { role: "user", content: QUESTION },
    ],
  }),
  "reasoning beside a call": chatLoop("ok", { reasoning_content: "I look." }),
  "custom tools": chat(QUESTION, { tools: [...CHAT_TOOLS, FREE] }),
  "the developer's role": chat("", {
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: QUESTION },
    ],
  }),
  "sampling fields": chat(QUESTION, { temperature: 0.5, top_p: 0.9, seed: 1, presence_penalty: 0.5, stop: ["X"] }),
};

// ---------------------------------------------------------------- Responses

const ITEM_TOOLS = [{ type: "function", name: "read_file", description: "Reads", parameters: SCHEMA, strict: false }];
const FREE_ITEM = { type: "custom", name: "apply_patch", description: "Edits" };
const said = (content: unknown, role = "user"): object => ({ type: "message", role, content });
const items = (input: readonly object[], more: object = {}): object => ({
  store: false,
  tools: ITEM_TOOLS,
  input,
  ...more,
});
const words = { type: "input_text", text: QUESTION };
const called = (output: unknown): readonly object[] => [
  said([words]),
  { type: "function_call", call_id: "call_1", name: "read_file", arguments: '{"path":"a"}' },
  { type: "function_call_output", call_id: "call_1", output },
];

const RESPONSES: Readonly<Record<string, object>> = {
  "an image": items([said([words, { type: "input_image", image_url: url }])]),
  "an image in a result": items(called([{ type: "input_image", image_url: url }])),
  "a document": items([
    said([words, { type: "input_file", filename: "a.pdf", file_data: `data:application/pdf;base64,${PDF}` }]),
  ]),
  "a result of an empty text": items(called("")),
  "custom tools": items([said([words])], { tools: [...ITEM_TOOLS, FREE_ITEM] }),
  "custom tools in a group": items([said([words])], {
    tools: [{ type: "namespace", name: "files", description: "Files", tools: [...ITEM_TOOLS, FREE_ITEM] }],
  }),
  "the developer's role": items([said([{ type: "input_text", text: "Be brief." }], "developer"), said([words])]),
  "sampling fields": items([said([words])], { temperature: 0.5, top_p: 0.9 }),
};

const CLIENTS = [
  { name: "Messages", path: "/v1/messages", bodies: MESSAGES, headers: { "anthropic-version": "2023-06-01" } },
  { name: "Chat Completions", path: "/v1/chat/completions", bodies: CHAT, headers: {} },
  { name: "Responses", path: "/v1/responses", bodies: RESPONSES, headers: {} },
];

let running: FamilyGateway;

beforeAll(async () => {
  running = await startFamilyGateway(AGENT_SCRIPT);
}, START_MS_MAX);

afterAll(() => running.stop(), 60_000);

const rows: string[] = [];
for (const { name, path, bodies, headers } of CLIENTS) {
  for (const [omission, body] of Object.entries(bodies)) {
    test(`${name}, ${omission}: what is left is taken, or refused as in the table`, async () => {
      const wrong: unknown[] = [];
      for (const lane of LANES) {
        for (const stream of [false, true]) {
          const { refused } = running.vendorOf(lane.family);
          const before = refused.length;
          const asked = { ...body, model: lane.name, stream };
          const got = await fetchPost(running.gateway.url, path, headers, asked);
          if (got.status === 200) continue;
          const broken = brokenRules(lane.family, refused.slice(before));
          // A lane that lacks the ability is not asked, and the client told so.
          const said = Buffer.from(got.bytes).toString();
          const isTold = /does not support (?:image|document) input/.test(said);
          if (broken.length === 0 && !isTold) wrong.push({ lane: lane.name, stream, said: said.slice(0, 300) });
          rows.push(...broken.map((rule) => `${lane.name}\t${rule}\t${name}, ${omission}`));
        }
      }
      expect(wrong).toEqual([]);
    }, 60_000);
  }
}

test("the table is what is refused", () => expectBroken(rows, TABLE));
