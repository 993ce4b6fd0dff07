// Names as people and agents write them, through the compiled gateway: endings of a local Ollama and of its cloud, a reseller's
// wrapper out of a catalog of one's own, dated ids, and what is near to a wrong name.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { type FakeUpstream, jsonStep, startFakeUpstream } from "../harness/fake-upstream.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";

const CATALOG = `
factory: { protocol: openai, base_url: "https://factory.invalid" }
models:
  factory-gpt-5.4-family: { aliases: [gpt-5.4] }
`;

let upstream: FakeUpstream;
let gateway: Gateway;

const config = (): string => `
listen: "127.0.0.1:0"
log: { format: json }
providers:
  factory: { base_url: "${upstream.url}", allow_private: true, api_key_env: K }
  ollama: { base_url: "${upstream.url}" }
  ollama-cloud: { base_url: "${upstream.url}", allow_private: true, api_key_env: K }
models:
  gpt: { provider: factory, upstream_model: factory-gpt-5.4-family }
  claude-haiku-4-5: { provider: factory }
  llama3.2: { provider: ollama }
  nomic-embed-text: { provider: ollama }
  "gpt-oss:120b-cloud": { provider: ollama-cloud }
pools: { fast: { members: [{ target: claude-haiku-4-5 }] } }
aliases: { "gemini-*": fast }
`;

const VECTORS = {
  object: "list",
  model: "m",
  data: [{ object: "embedding", index: 0, embedding: [0.5] }],
  usage: { prompt_tokens: 1, total_tokens: 1 },
};

beforeAll(async () => {
  const answer = JSON.parse(OPENAI_WORDS.body(said({ pieces: ["Hello."] })));
  upstream = await startFakeUpstream(({ path }) => [jsonStep(200, path === "/v1/embeddings" ? VECTORS : answer)]);
  gateway = await startGateway({ config: config(), files: { "providers.yaml": CATALOG }, env: { K: "key" } });
}, 300_000);

afterAll(async () => {
  await gateway?.stop();
  await upstream?.close();
}, 60_000);

async function post(path: string, body: object) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(gateway.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  const { path: asked = "", body: sent } = upstream.requests.at(-1) ?? {};
  const model = sent === undefined ? null : JSON.parse(sent.toString()).model;
  return {
    status: answer.status,
    text: await answer.text(),
    alias: answer.headers.get("x-ringmain-alias"),
    asked,
    model,
  };
}

const chat = (model: string) => post("/v1/chat/completions", { model, messages: [{ role: "user", content: "Hi" }] });

describe("is served", () => {
  test.each([
    ["llama3.2", "llama3.2", null, null],
    ["llama3.2:latest", "llama3.2", "llama3.2", "suffix"],
    ["gpt-oss:120b-cloud", "gpt-oss:120b", null, null],
    ["gpt-oss:120b:cloud", "gpt-oss:120b", "gpt-oss:120b-cloud", "suffix"],
    ["gpt-oss:120b", "gpt-oss:120b", "gpt-oss:120b-cloud", "suffix"],
    ["gpt-5.4", "factory-gpt-5.4-family", "gpt", "catalog"],
    ["factory-gpt-5.4-family", "factory-gpt-5.4-family", "gpt", "catalog"],
    ["claude-haiku-4-5-20251001", "claude-haiku-4-5", "claude-haiku-4-5", "catalog"],
    ["Claude-Haiku-4-5", "claude-haiku-4-5", "claude-haiku-4-5", "spelling"],
    ["gemini-3.5-flash-lite", "claude-haiku-4-5", "fast", "pattern"],
  ])("%s, as %s", async (asked, sent, target, by) => {
    const told = await chat(asked);
    expect([told.status, told.model]).toEqual([200, sent]);
    expect(told.alias).toBe(target === null ? null : `asked=${asked}; target=${target}`);
    if (by !== null)
      await gateway.wrote(
        new RegExp(`"asked":"${asked}"[^\\n]*"alias":"${by}"|"alias":"${by}"[^\\n]*"asked":"${asked}"`),
      );
  });

  test("the embedding of a local model, at the door that it has for them", async () => {
    const told = await post("/v1/embeddings", { model: "nomic-embed-text", input: "Hi" });
    expect([told.status, told.asked, told.model]).toEqual([200, "/v1/embeddings", "nomic-embed-text"]);
  });
});

test.each([
  ["claude-haiku-45", 404, 'Did you mean "claude-haiku-4-5"?'],
  ["factory/gemini-9", 404, "does not exist."],
])("%s is not served", async (asked, status, words) => {
  const told = await chat(asked);
  expect([told.status, told.text.replaceAll('\\"', '"').includes(words), told.alias]).toEqual([status, true, null]);
});
