// The first configuration, as `ringmain init` writes it on the compiled gateway: the README's lines are true for it, and an
// agent's session stays at one vendor until that one fails.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLAUDE_CODE } from "../harness/agents/messages-agents.ts";
import { binary, type Gateway, startGateway } from "../harness/binary.ts";
import { type FakeUpstream, jsonStep, rawStep, type Script, startFakeUpstream } from "../harness/fake-upstream.ts";
import { ANTHROPIC_WORDS, RESPONSES_WORDS, said } from "../harness/vendor-words.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const KEYS = { ANTHROPIC_API_KEY: "secret-anthropic-1", OPENAI_API_KEY: "secret-openai-2" };
const folder = mkdtempSync(join(tmpdir(), "ringmain-init-e2e-"));
const file = join(folder, "config.yaml");

let anthropic: FakeUpstream;
let openai: FakeUpstream;
let ollama: FakeUpstream;
let gateway: Gateway;
let token: string;
let written: string;

const words = said({ pieces: ["Hello."] });
const hello: Script = ({ path }) => {
  const body = path.startsWith("/v1/messages") ? ANTHROPIC_WORDS.body(words) : RESPONSES_WORDS.body(words);
  return [rawStep(200, body, { "content-type": "application/json" })];
};

async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = Bun.spawn([await binary(), ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, out, err };
}

beforeAll(async () => {
  [anthropic, openai, ollama] = await Promise.all([
    startFakeUpstream(hello),
    startFakeUpstream(hello),
    startFakeUpstream(() => [jsonStep(200, { models: [{ name: "llama3.2:latest" }, { name: "big:cloud" }] })]),
  ]);
  const { out } = await run(["init"], { ...KEYS, OLLAMA_HOST: ollama.url });
  token = /export RINGMAIN_TOKEN=(rm-[0-9a-f]{40})/.exec(out)?.[1] ?? "";
  written = readFileSync(file, "utf8");
  const place = (url: string): string => `base_url: "${url}", allow_private: true }`;
  const config = written
    .replace("127.0.0.1:8080", "127.0.0.1:0")
    .replace("ANTHROPIC_API_KEY }", `ANTHROPIC_API_KEY, ${place(anthropic.url)}`)
    .replace("OPENAI_API_KEY }", `OPENAI_API_KEY, ${place(openai.url)}`);
  gateway = await startGateway({ config, env: { ...KEYS, RINGMAIN_TOKEN: token } });
}, 300_000);

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([anthropic?.close(), openai?.close(), ollama?.close()]);
  rmSync(folder, { recursive: true });
}, 60_000);

describe("what the README says", () => {
  /** Commands of its `sh` blocks, each on one line. */
  const lines = [...README.matchAll(/```sh\n([^`]*)```/g)]
    .flatMap(([, block = ""]) => block.replaceAll("\\\n", " ").split("\n"))
    .filter((line) => line !== "");
  const lineWith = (part: string): string => lines.find((line) => line.includes(part)) ?? expect.unreachable();

  test.each(["check", "explain smart"])("ringmain %s is well", async (command) => {
    expect(lines.some((line) => line.startsWith(`./dist/ringmain ${command}`))).toBe(true);
    const { code, out, err } = await run(command.split(" "), {
      ...KEYS,
      RINGMAIN_TOKEN: token,
      OLLAMA_HOST: ollama.url,
    });
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain(command === "check" ? "config.yaml is fine" : "anthropic/default/claude-opus-5-5");
  });

  test("curl gets an answer", async () => {
    const command = lineWith("curl ").replace("http://127.0.0.1:8080", gateway.url);
    const child = Bun.spawn(["sh", "-c", `${command.replace("curl ", "curl -s ")}`], {
      env: { PATH: process.env["PATH"] ?? "", RINGMAIN_TOKEN: token },
      stdout: "pipe",
    });
    const answer = JSON.parse(await new Response(child.stdout).text());
    expect(answer.choices[0].message.content).toBe("Hello.");
  });

  test.each([
    ["claude", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_MODEL"],
    ["gemini", "GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY", "-m"],
  ])("%s is pointed to it", async (agent, base, key, model) => {
    const line = lineWith(`${base}=`);
    const valueIn = (name: string): string => new RegExp(`${name}[= ](\\S+)`).exec(line)?.[1] ?? "";
    expect([valueIn(base), valueIn(key), valueIn(model)]).toEqual([
      "http://127.0.0.1:8080",
      "$RINGMAIN_TOKEN",
      "smart",
    ]);
    const answer = await fetch(
      `${gateway.url}${agent === "claude" ? "/v1/messages" : "/v1beta/models/smart:generateContent"}`,
      {
        method: "POST",
        headers: agent === "claude" ? { authorization: `Bearer ${token}` } : { "x-goog-api-key": token },
        body: JSON.stringify(
          agent === "claude"
            ? { model: "smart", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] }
            : { contents: [{ role: "user", parts: [{ text: "Hi" }] }] },
        ),
      },
    );
    expect([answer.status, (await answer.text()).includes("Hello.")]).toEqual([200, true]);
  });
});

describe("the file", () => {
  test("holds no key, names what runs here, and is not written over", async () => {
    expect(written).not.toMatch(/secret-/);
    expect(written).toContain(`ollama: { base_url: "${ollama.url}" }`);
    expect(written).toContain('  llama3.2: { provider: ollama, upstream_model: "llama3.2:latest" }');
    expect(written).not.toContain("big");
    expect(await run(["init"], KEYS)).toMatchObject({ code: 1, out: "" });
    expect(readFileSync(file, "utf8")).toBe(written);
  });

  test("is written whatever is silent at the place of a local server", async () => {
    const silent = await startFakeUpstream(() => [{ do: "hang" }]);
    const { code, out } = await run(["init", "--config", "other.yaml"], { ...KEYS, OLLAMA_HOST: silent.url });
    await silent.close();
    expect([code, out.includes("ollama")]).toEqual([0, false]);
  });
});

test("a session of Claude Code stays at one vendor until it fails, and its helper is served", async () => {
  const ask = async (model: string) => {
    const answer = await fetch(gateway.url + CLAUDE_CODE.path(model, false), {
      method: "POST",
      headers: { ...CLAUDE_CODE.headers, authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(CLAUDE_CODE.begin(model, false)),
    });
    await answer.text();
    return [answer.status, answer.headers.get("x-ringmain-lane"), answer.headers.get("x-ringmain-alias")];
  };
  const best = [200, "anthropic/default/claude-opus-5-5", null];
  for (let turn = 0; turn < 6; turn += 1) {
    expect(await ask("smart")).toEqual(best);
    expect(await ask("claude-haiku-4-5-20251001")).toEqual([
      200,
      "anthropic/default/claude-haiku-5-5",
      "asked=claude-haiku-4-5-20251001; target=fast",
    ]);
  }
  anthropic.answer(() => [
    jsonStep(529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
  ]);
  for (let turn = 0; turn < 3; turn += 1) expect(await ask("smart")).toEqual([200, "openai/default/gpt-6-sol", null]);
});
