// `ringmain explain` as a program: from the configuration alone, from a running gateway, and what it says when neither can be had.
import { expect, test } from "bun:test";
import { EXPLAIN_USAGE } from "../../src/cli/explain.ts";
import { jsonStep, startFakeUpstream } from "../harness/fake-upstream.ts";
import { newFolder, runProgram } from "./program.ts";

const KEYS = { LOCAL_KEY: "test-key-1", ADMIN: "admin-token-1" };
const ADDRESS = /Ringmain serves (http:\/\/\S+)/;

const config = (upstream: string): string => `
listen: "127.0.0.1:0"
admin: { token_env: ADMIN }
providers:
  local: { protocol: openai, base_url: "${upstream}", allow_private: true, accounts: [ { id: a, api_key_env: LOCAL_KEY }, { id: b, api_key_env: LOCAL_KEY } ] }
  other: { protocol: anthropic, anthropic_version: 2024-09-09, base_url: "${upstream}", allow_private: true, api_key_env: LOCAL_KEY }
models:
  gpt: { provider: local, upstream_model: gpt-x, canonical: gpt-x }
  claude: { provider: other, upstream_model: claude-x, capabilities: { tools: false } }
pools:
  fast: { members: [ { target: gpt, weight: 3 }, { target: claude, weight: 1 } ] }
`;

const explain = async (args: readonly string[], env: Readonly<Record<string, string>> = KEYS) => {
  await using program = runProgram(["explain", ...args], env);
  return { code: await program.exited, out: program.out(), err: program.err() };
};

const REQUEST = JSON.stringify({
  model: "whatever",
  top_logprobs: 3,
  logprobs: true,
  messages: [{ role: "user", content: "hi" }],
  tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
});

const ANSWER = {
  model: "gpt-x",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello." }, finish_reason: "stop" }],
};

const ask = async (url: string): Promise<void> => {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt", messages: [{ role: "user", content: "hi" }] }),
  });
  await response.arrayBuffer();
};

test("with --config alone lanes are fresh, and it says so", async () => {
  await using folder = await newFolder();
  const file = await folder.write("config.yaml", config("http://127.0.0.1:9"));
  const { code, out } = await explain(["fast", "--config", file, "--protocol", "openai"]);
  expect(code).toBe(0);
  expect(out).toContain("From fresh lanes");
  expect(out).toMatch(/1 +local\/a\/gpt +37\.5% +unknown +relay/);
  expect(out).toContain("other/default/claude: reasoning_back refused, cache_marks");
  expect(out).not.toContain("local/a/gpt:");
  expect(out).toMatch(/3 +other\/default\/claude +25\.0% +unknown +translate/);
});

test("a request tells what it needs and what a translation would lose", async () => {
  await using folder = await newFolder();
  const file = await folder.write("config.yaml", config("http://127.0.0.1:9"));
  const request = await folder.write("request.json", REQUEST);
  const told = await explain(["fast", "--config", file, "--request", request, "--protocol", "openai", "--json"]);
  const page: unknown = JSON.parse(told.out);
  expect(page).toMatchObject({
    source: expect.stringContaining("fresh lanes"),
    order: [{ lane: "local/a/gpt", losses: [] }, { lane: "local/b/gpt" }],
    left_out: [{ lane: "other/default/claude", because: "lacks-capability" }],
    refusal: null,
  });
  const claude = await explain(["claude", "--config", file, "--request", request, "--protocol", "openai", "--json"]);
  expect(JSON.parse(claude.out)).toMatchObject({ order: [], refusal: { code: "no_capable_lane" } });
  const plain = await folder.write("plain.json", JSON.stringify({ messages: [{ role: "user", content: "hi" }] }));
  const version = await explain(["claude", "--config", file, "--request", plain, "--protocol", "openai"]);
  expect(version.out).toContain("\nVersion\nother/default/claude: anthropic-version: 2024-09-09\n");
  expect((await explain(["claude", "--config", file])).out).not.toContain("anthropic-version");
});

test("a running gateway is asked for its lanes as they stand", async () => {
  const upstream = await startFakeUpstream();
  await using folder = await newFolder();
  const file = await folder.write("config.yaml", config(upstream.url));
  await using gateway = runProgram(["serve", "--config", file], KEYS);
  const [, url = ""] = await gateway.printed(ADDRESS);
  // The first account's limit is nearly used up.
  upstream.answer(() => [
    jsonStep(200, ANSWER, { "x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": "4" }),
  ]);
  await ask(url);
  const admin = { RINGMAIN_ADMIN_TOKEN: KEYS.ADMIN };
  expect((await explain(["gpt", "--url", url], admin)).out).toMatch(
    /1 +local\/b\/gpt +100\.0% +unknown[^\n]*\n2 +local\/a\/gpt +0\.0% +pressure \(req 4% left\)/,
  );
  // A refused credential takes one account after the other out.
  upstream.answer(() => [
    jsonStep(401, { error: { message: "Incorrect key", type: "invalid_request_error", code: "invalid_api_key" } }),
  ]);
  await ask(url);
  const told = await explain(["gpt", "--url", url], admin);
  expect([told.code, told.err]).toEqual([0, ""]);
  expect(told.out).toContain(`From the gateway at ${url}, as its lanes stand now`);
  expect(told.out).toMatch(/local\/a\/gpt +hard-out +auth-failed/);
  expect((await explain(["nobody", "--url", url], admin)).err).toContain('Nothing is called "nobody" here');
  expect((await explain(["gpt", "--url", url], { RINGMAIN_ADMIN_TOKEN: "wrong" })).err).toContain("does not take this");
  await upstream.close();
}, 60_000);

test.each([
  [[], 2, "Name what would be asked for"],
  [["fast", "--url", "http://a", "--config", "c"], 2, "take one"],
  [["fast", "--nonsense"], 2, "not understood"],
  [["fast", "--url", "http://127.0.0.1:1"], 1, "cannot be reached"],
  [["fast", "--url", "ftp://a"], 1, "no address"],
  [["fast", "--config", "/nonexistent/config.yaml"], 1, "does not exist"],
  [["fast", "--request", "/nonexistent/request.json"], 1, "cannot be read"],
] as const)("%j ends with %i", async (args, code, words) => {
  const told = await explain(args, { RINGMAIN_ADMIN_TOKEN: "t" });
  expect([told.code, told.out]).toEqual([code, ""]);
  expect(told.err).toContain(words);
});

test("its help tells its options", async () => {
  expect(await explain(["--help"])).toEqual({ code: 0, out: EXPLAIN_USAGE, err: "" });
});
