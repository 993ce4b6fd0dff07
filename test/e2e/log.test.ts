// The log of the compiled program as a file: appended to, rotated by cutting it, read by a program line by line.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary } from "../harness/binary.ts";
import { until } from "../harness/until.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringmain-log-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const config = (format: string, workers: number): string => `listen: "127.0.0.1:0"
workers: ${workers}
drain_secs: 1
auth: { mode: none }
log: { format: ${format}, level: debug }
providers: { up: { protocol: openai, base_url: "http://127.0.0.1:9", allow_private: true, api_key_env: NOT_SET } }
models: { m: { provider: up } }
`;

const JSON_TYPE = { "content-type": "application/json" };
const QUESTION = '{"model":"m","messages":[{"role":"user","content":"hi"}]}';

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");

for (const workers of [1, 2]) {
  test(`a log that is appended to and cut has no NUL bytes and no broken line, with ${workers} workers`, async () => {
    const [log, path] = [join(folder, `${workers}.log`), join(folder, `${workers}.yaml`)];
    await writeFile(path, config("json", workers));
    const program = ["sh", "-c", 'exec "$@" >>"$LOG" 2>>"$LOG"', "sh", await binary(), "serve", "--config", path];
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder, LOG: log };
    const run = Bun.spawn(program, { env, cwd: folder, stdin: "ignore" });
    const written = async (): Promise<string> => readFile(log, "latin1").catch(() => "");
    const url = async (): Promise<string> => /serves (http:\/\/[^ ]+)/.exec(await written())?.[1] ?? "";
    await until(async () => (await url()) !== "");
    const place = await url();
    const ask = async (times: number): Promise<void> => {
      const ends = async (): Promise<number> => (await written()).split("\n").length;
      const before = await ends();
      for (let each = 0; each < times; each++) {
        await (
          await fetch(`${place}/v1/chat/completions`, { method: "POST", headers: JSON_TYPE, body: QUESTION })
        ).text();
      }
      await until(async () => (await ends()) >= before + times);
    };
    await ask(20);
    const first = linesOf(await written());
    await truncate(log, 0);
    await ask(5);
    await truncate(log, 100);
    await ask(5);
    const cut = (await written()).slice(100);
    run.kill("SIGTERM");
    expect(await run.exited).toBe(0);
    expect(await written()).not.toContain("\0");
    for (const line of [...first, ...linesOf(cut).slice(1)]) {
      expect(JSON.parse(line)).toMatchObject({
        time: expect.any(String),
        level: expect.any(String),
        event: expect.any(String),
      });
    }
  }, 60_000);
}

test("with log.format: json every line is JSON: warnings of the configuration, the greeting, signals, what cannot be served", async () => {
  const path = join(folder, "json.yaml");
  await writeFile(path, config("json", 1));
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
  const serve = [await binary(), "serve", "--config", path];
  const run = Bun.spawn(serve, { env, cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const reader = run.stdout.getReader();
  const greeting = JSON.parse(new TextDecoder().decode((await reader.read()).value));
  expect(greeting).toMatchObject({ level: "info", event: "message", auth: "none", workers: 1 });
  expect(greeting.message).toContain(`Ringmain serves ${greeting.url} (auth none, configuration ${greeting.revision})`);
  const busy = Bun.spawn([...serve, "--listen", new URL(greeting.url).host], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const refused = linesOf(await new Response(busy.stderr).text()).map((line) => JSON.parse(line));
  expect(await busy.exited).toBe(1);
  expect(refused.at(-1)).toMatchObject({ level: "error", event: "message" });
  run.kill("SIGHUP");
  run.kill("SIGTERM");
  const said = linesOf(await new Response(run.stderr).text()).map((line) => JSON.parse(line));
  expect(await run.exited).toBe(0);
  expect(said.map(({ level }) => level)).toEqual(["warn", "info", "info"]);
  expect(said[0].message).toContain("providers.up");
}, 60_000);
