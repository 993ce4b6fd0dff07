// `ringmain demo` as a user runs it: the compiled program, both official clients, sick lanes, and an end that leaves nothing.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { binary, runCommand } from "../harness/binary.ts";

const KEY = "demo-key";
/** Whole and streamed, in every protocol. */
const CHECKS = 2 * Object.keys(PROTOCOLS).length;
/** A build may come first. */
const START_MS_MAX = 300_000;
const STOP_MS_MAX = 30_000;
const OUTPUT_CHARS_MAX = 100_000;

interface Demo {
  readonly url: string;
  readonly output: () => string;
  /** Resolves to the exit code once the program, and every process that shares its output, has ended. */
  stop(signal: NodeJS.Signals): Promise<number>;
}

async function startDemo(args: readonly string[]): Promise<Demo> {
  const child = Bun.spawn([await binary(), "demo", "--port", "0", "--slowness", "0", "--seed", "4", ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"] ?? "" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let output = "";
  const greeted = Promise.withResolvers<string>();
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) {
      output = (output + decoder.decode(bytes, { stream: true })).slice(-OUTPUT_CHARS_MAX);
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (url !== undefined && output.includes("\n")) greeted.resolve(url);
    }
    greeted.reject(new Error(`the demo ended before it was ready: ${output}`));
  })();
  const url = await greeted.promise;
  return {
    url,
    output: () => output,
    async stop(signal) {
      child.kill(signal);
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
      await ended;
      const code = await child.exited;
      clearTimeout(late);
      return code;
    },
  };
}

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo([]);
}, START_MS_MAX);
afterAll(() => demo.stop("SIGKILL"), STOP_MS_MAX);

const openai = () => new OpenAI({ baseURL: `${demo.url}/v1`, apiKey: KEY, maxRetries: 0 });
const anthropic = () => new Anthropic({ baseURL: demo.url, apiKey: KEY, maxRetries: 0 });
const QUESTION = [{ role: "user" as const, content: "What is 6 * 7?" }];

test("it tells where it is, the key and three ways to call it", async () => {
  for (const text of ["curl ", "new OpenAI(", "ANTHROPIC_BASE_URL=", KEY, "smart", "fast", "exact"]) {
    expect(demo.output()).toContain(text);
  }
});

describe.each(["smart", "nimbus-large", "atlas-large"])("%s", (model) => {
  test("answers the OpenAI client, whole and streamed", async () => {
    const whole = await openai().chat.completions.create({ model, messages: QUESTION });
    expect(whole.choices[0]?.message.content).toContain("42");
    let text = "";
    const stream = await openai().chat.completions.create({ model, messages: QUESTION, stream: true });
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toContain("42");
  });

  test("answers the OpenAI client's responses, whole and streamed", async () => {
    const whole = await openai().responses.create({ model, input: QUESTION });
    expect(whole.output_text).toContain("42");
    const streamed = await openai().responses.stream({ model, input: QUESTION }).finalResponse();
    expect(streamed.output_text).toContain("42");
  });

  test("answers the Anthropic client, whole and streamed", async () => {
    const whole = await anthropic().messages.create({ model, max_tokens: 200, messages: QUESTION });
    expect(whole.content.map((block) => (block.type === "text" ? block.text : ""))).toEqual([
      expect.stringContaining("42"),
    ]);
    const streamed = await anthropic().messages.stream({ model, max_tokens: 200, messages: QUESTION }).finalText();
    expect(streamed).toContain("42");
  });
});

test.each(["nimbus-large", "atlas-large"])("a tool is called and its result used: %s", async (model) => {
  const tool = {
    type: "function" as const,
    function: {
      name: "get_weather",
      description: "the weather in a city",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  };
  const question = { role: "user" as const, content: "What is the weather in Paris?" };
  const first = await openai().chat.completions.create({ model, messages: [question], tools: [tool] });
  const message = first.choices[0]?.message;
  expect(message?.tool_calls).toMatchObject([{ function: { name: "get_weather", arguments: '{"city":"Paris"}' } }]);
  const result = { role: "tool" as const, tool_call_id: message?.tool_calls?.[0]?.id ?? "", content: "18 degrees" };
  const messages = [question, ...(message === undefined ? [] : [message]), result];
  const second = await openai().chat.completions.create({ model, messages, tools: [tool] });
  expect(second.choices[0]?.message.content).toContain("18 degrees");
});

test.each(["smart", "fast", "exact"])("%s: sick lanes are not seen by the client", async (model) => {
  const statuses: number[] = [];
  let attemptsMax = 0;
  for (let call = 0; call < 24; call += 1) {
    const response = await fetch(`${demo.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ model, stream: call % 2 === 0, messages: QUESTION }),
    });
    statuses.push(response.status);
    attemptsMax = Math.max(attemptsMax, Number(response.headers.get("x-ringmain-attempts")));
    expect(await response.text()).toContain("42");
  }
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(attemptsMax).toBeGreaterThan(1);
});

test("another key is refused", async () => {
  const response = await fetch(`${demo.url}/v1/models`, { headers: { authorization: "Bearer test-key-1" } });
  expect(response.status).toBe(401);
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s ends it with exit code 0 and leaves no process behind",
  async (signal) => {
    const other = await startDemo(["--quiet"]);
    expect(other.output()).toBe(`${other.url}\n`);
    expect(await other.stop(signal)).toBe(0);
    expect(await fetch(other.url).catch((error: unknown) => error)).toBeInstanceOf(Error);
  },
  STOP_MS_MAX,
);

test("a port that is taken is an error that says so", async () => {
  const { code, stderr } = await runCommand(["demo", "--port", new URL(demo.url).port]);
  expect(code).toBe(1);
  expect(stderr).toContain("is in use");
});

test("it ends by itself when told", async () => {
  const { code, stdout } = await runCommand(["demo", "--port", "0", "--for", "0", "--quiet"]);
  expect(code).toBe(0);
  expect(stdout).toStartWith("http://127.0.0.1:");
});

test("the self-check is content", async () => {
  const { code, stdout } = await runCommand(["demo", "--selfcheck"]);
  expect(stdout.match(/ ok /g)?.length).toBe(CHECKS);
  expect(code).toBe(0);
});
