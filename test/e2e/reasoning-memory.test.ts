// Two workers: reasoning that one of them saw is given back by the other, over real sockets.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { asText, at, parseJson } from "../../src/std/json.ts";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { type FakeUpstream, jsonStep, startFakeUpstream } from "../harness/fake-upstream.ts";

const THOUGHT = "I ought to look.";
const CALL = { id: "call_0123456789abcdefghij", type: "function", function: { name: "look", arguments: "{}" } };
const TOOL = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } };
const ROUNDS = 12;

let vendor: FakeUpstream;
let gateway: Gateway;

beforeAll(async () => {
  const message = { role: "assistant", content: "", reasoning_content: THOUGHT, tool_calls: [CALL] };
  const answer = {
    id: "c1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message, finish_reason: "tool_calls" }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
  vendor = await startFakeUpstream(() => [jsonStep(200, answer)]);
  const config = `
listen: "127.0.0.1:0"
workers: 2
auth: { mode: token, client_tokens: [one] }
providers: { v: { protocol: openai, base_url: "${vendor.url}", allow_private: true, api_key_env: K } }
models: { m: { provider: v, dialect: { reasoning_back: required } } }
`;
  gateway = await startGateway({ config, env: { K: "vendors-key" } });
}, 300_000);

afterAll(async () => {
  await gateway.stop();
  await vendor.close();
}, 60_000);

/** Each on a connection of its own, so that any worker may take it. */
async function ask(more: readonly object[]): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer one", "content-type": "application/json", connection: "close" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "Look." }, ...more], tools: [TOOL] }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

test("whichever worker a call's result comes back to, its reasoning goes with it", async () => {
  expect(await ask([])).toBe(200);
  for (let round = 0; round < ROUNDS; round++) {
    const status = await ask([
      { role: "assistant", content: null, tool_calls: [CALL] },
      { role: "tool", tool_call_id: CALL.id, content: "ok" },
    ]);
    expect(status).toBe(200);
    const sent = parseJson(vendor.requests.at(-1)?.body.toString() ?? "");
    expect(asText(at(sent, "messages", 1, "reasoning_content"))).toBe(THOUGHT);
  }
}, 60_000);
