// `ringmain serve` as a program: what it prints, what it serves, and how it ends. Supervisor and worker are real processes.
import { expect, test } from "bun:test";
import { chunk, lastChunk, type Step, startFakeUpstream, streamHead } from "../harness/fake-upstream.ts";
import { eventually } from "../server/raw-client.ts";
import { configFor, newFolder, type Program, runProgram } from "./program.ts";

const KEY = { LOCAL_KEY: "test-key-1" };
const ADDRESS = /Ringmain serves (http:\/\/\S+)/;

const delta = (text: string, finish: string | null = null): Step =>
  chunk(
    `data: ${JSON.stringify({
      ...{ id: "c1", object: "chat.completion.chunk", created: 1, model: "gpt-x" },
      choices: [{ index: 0, delta: { role: "assistant", content: text }, finish_reason: finish }],
    })}\n\n`,
  );

function ask(url: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "fast", stream: true, messages: [{ role: "user", content: "hi" }] }),
  });
}

interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

/** Reads on until the text holds it. */
async function readUntil(reader: Reader, wanted: string): Promise<string> {
  let text = "";
  while (!text.includes(wanted)) {
    const { done, value } = await reader.read();
    if (done || value === undefined) throw new Error(`ended before ${wanted}: ${text}`);
    text += Buffer.from(value).toString();
  }
  return text;
}

const isAlive = (pid: number): boolean => Bun.spawnSync(["kill", "-0", String(pid)]).success;

/** While nobody listens, connections are refused. */
async function untilHealthy(url: string): Promise<void> {
  const untilMs = Date.now() + 10_000;
  while (!(await fetch(`${url}/healthz`).catch(() => null))?.ok) {
    if (Date.now() > untilMs) throw new Error(`${url} does not serve`);
  }
}

async function workerOf(program: Program): Promise<number> {
  const listed = Bun.spawnSync(["pgrep", "-P", String(program.pid)])
    .stdout.toString()
    .trim();
  return Number(listed);
}

test("words it does not know end with 2 and a hint", async () => {
  await using program = runProgram(["sreve"]);
  expect(await program.exited).toBe(2);
  expect(program.err()).toContain('Did you mean "serve"?');
});

test.each([
  [["--version"], /^ringmain \S+ \(\S+\)\n$/],
  [["-V"], /^ringmain /],
  [["--help"], /serve/],
  [["-h"], /Usage/],
  [["serve", "--help"], /--listen/],
])("%p prints and ends with 0", async (args, printed) => {
  await using program = runProgram(args);
  expect(await program.exited).toBe(0);
  expect(program.out()).toMatch(printed);
});

test("without a configuration it says where it looked and what to do", async () => {
  await using program = runProgram(["serve", "--config", ""]);
  expect(await program.exited).toBe(2);

  await using folder = await newFolder();
  await using lost = runProgram([], { HOME: folder.path });
  expect(await lost.exited).toBe(1);
  for (const word of ["ringmain init", "ringmain demo", "--config", `${folder.path}/.config/ringmain/config.yaml`]) {
    expect(lost.err()).toContain(word);
  }
  expect(lost.out()).toBe("");
});

test("a file that was named and does not exist is fatal", async () => {
  await using program = runProgram(["serve", "--config", "/nonexistent/config.yaml"]);
  expect(await program.exited).toBe(1);
  expect(program.err()).toContain("/nonexistent/config.yaml does not exist");
});

test("what is wrong with the configuration is told with its place, and nothing is left running", async () => {
  await using folder = await newFolder();
  const path = await folder.write("config.yaml", `${configFor("http://127.0.0.1:9", "127.0.0.1:0")}\nlisen: x\n`);
  await using program = runProgram(["serve", "--config", path], KEY);
  expect(await program.exited).toBe(1);
  expect(program.err()).toMatch(/config\.yaml:\d+:\d+ error/);
  expect(program.err()).toContain("listen");
});

test("an address in use is told with what to do, and the one who has it is left alone", async () => {
  await using folder = await newFolder();
  const holder = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const path = await folder.write("config.yaml", configFor("http://127.0.0.1:9", `127.0.0.1:${holder.port}`));
  await using program = runProgram(["serve", "--config", path], KEY);
  expect(await program.exited).toBe(1);
  expect(program.err()).toContain(`127.0.0.1:${holder.port} is in use`);
  holder.stop(true);
});

test("an open address needs a token even when it is given on the command line", async () => {
  await using folder = await newFolder();
  const path = await folder.write("config.yaml", configFor("http://127.0.0.1:9", "127.0.0.1:0"));
  await using program = runProgram(["serve", "--config", path, "--listen", "0.0.0.0:0"], KEY);
  expect(await program.exited).toBe(1);
  expect(program.err()).toContain("open to the network");
});

test("it serves, logs, answers SIGHUP with a line, and SIGTERM lets a stream end", async () => {
  const go = Promise.withResolvers<void>();
  const upstream = await startFakeUpstream(() => [
    streamHead(),
    delta("first"),
    { do: "wait", until: go.promise },
    delta("last", "stop"),
    chunk("data: [DONE]\n\n"),
    lastChunk,
  ]);
  await using folder = await newFolder();
  const path = await folder.write("config.yaml", configFor(upstream.url, "127.0.0.1:1"));
  await using program = runProgram(["serve", "--config", path, "--listen", "127.0.0.1:0"], KEY);
  const [, url = ""] = await program.printed(ADDRESS);
  await program.printed(/pool\s+fast\s+gpt ×1 \(local\/default\/gpt\)/);

  program.kill("SIGHUP");
  await program.printed(/SIGHUP is reserved/);
  const response = await ask(url);
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error("no body");
  await readUntil(reader, "first");
  program.kill("SIGTERM");
  await program.printed(/SIGTERM: no new connections/);
  go.resolve();
  expect(await readUntil(reader, "[DONE]")).toContain("last");
  expect(await program.exited).toBe(0);
  expect(program.out()).toMatch(/answered\s+200 .* fast > local\/default\/gpt/);
  expect(program.out() + program.err()).not.toContain("test-key-1");
  await upstream.close();
});

test("a second signal ends a stream with an honest error instead of silence", async () => {
  const upstream = await startFakeUpstream(() => [streamHead(), delta("first"), { do: "hang" }]);
  await using folder = await newFolder();
  const path = await folder.write("config.yaml", configFor(upstream.url, "127.0.0.1:0"));
  await using program = runProgram(["serve", "--config", path], KEY);
  const [, url = ""] = await program.printed(ADDRESS);
  const response = await ask(url);
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error("no body");
  await readUntil(reader, "first");
  program.kill("SIGINT");
  await program.printed(/SIGINT: no new connections/);
  program.kill("SIGINT");
  expect(await readUntil(reader, "shutting down")).toContain("error");
  expect(await program.exited).toBe(0);
  await upstream.close();
});

test("a worker that is killed is replaced, and a supervisor that is killed leaves none behind", async () => {
  await using folder = await newFolder();
  const path = await folder.write("config.yaml", configFor("http://127.0.0.1:9", "127.0.0.1:0"));
  await using program = runProgram(["serve", "--config", path], KEY);
  const [, url = ""] = await program.printed(ADDRESS);
  const first = await workerOf(program);
  process.kill(first, "SIGKILL");
  await program.printed(/signal SIGKILL/);
  await untilHealthy(url);
  const second = await workerOf(program);
  expect(second).not.toBe(first);
  program.kill("SIGKILL");
  await eventually(() => !isAlive(second));
});
