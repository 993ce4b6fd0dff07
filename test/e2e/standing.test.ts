// What a vendor said against a lane outlives the program, however it ended, and ends at once with the credential it was said to.
import { expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../harness/binary.ts";
import { question } from "../harness/client-words.ts";
import { jsonStep, startFakeUpstream } from "../harness/fake-upstream.ts";
import { until } from "../harness/until.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";

const FIRST_KEY = "test-key-first-standing";
const SECOND_KEY = "test-key-second-standing";

async function ask(url: string): Promise<{ readonly status: number; readonly retryAfter: string | null }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(question("openai", { model: "m" })),
  });
  await response.text();
  return { status: response.status, retryAfter: response.headers.get("retry-after") };
}

test("a wait of ten minutes outlives kill -9, and ends with another key", async () => {
  const state = await mkdtemp(join(tmpdir(), "ringmain-standing-"));
  const keyFile = join(state, "key");
  await writeFile(keyFile, FIRST_KEY);
  const path = join(state, "state.db");
  const upstream = await startFakeUpstream(({ headers }) =>
    headers["authorization"] === `Bearer ${FIRST_KEY}`
      ? [jsonStep(429, { error: { message: "Slow down." } }, { "retry-after": "600" })]
      : [jsonStep(200, JSON.parse(OPENAI_WORDS.body(said())))],
  );
  const input = {
    config: `
listen: "127.0.0.1:0"
health: { path: "${path}" }
providers:
  local: { protocol: openai, base_url: "${upstream.url}", api_key_file: "${keyFile}", allow_private: true }
models:
  m: { provider: local, upstream_model: x }
`,
  };
  const kept = async (): Promise<boolean> => {
    const files = (await readdir(state)).filter((name) => name.startsWith("state.db"));
    const bytes = await Promise.all(files.map((name) => readFile(join(state, name), "latin1").catch(() => "")));
    return bytes.some((text) => text.includes("local/default/m"));
  };
  const first = await startGateway(input);
  expect(await ask(first.url)).toEqual({ status: 429, retryAfter: "600" });
  await until(kept);
  first.signal("SIGKILL");
  await first.exited;
  expect((await stat(path)).mode & 0o077).toBe(0);
  const second = await startGateway(input);
  const again = await ask(second.url);
  expect(again.status).toBe(429);
  expect(Number(again.retryAfter)).toBeGreaterThan(500);
  expect(upstream.requests).toHaveLength(1);
  // A running gateway sees the new key within a moment,
  await writeFile(keyFile, SECOND_KEY);
  await until(async () => (await ask(second.url)).status === 200);
  await second.stop();
  await first.stop();
  await rm(state, { recursive: true, force: true });
  await upstream.close();
}, 120_000);

test("what stood against another credential is dropped at the start", async () => {
  const state = await mkdtemp(join(tmpdir(), "ringmain-standing-"));
  const path = join(state, "state.db");
  const upstream = await startFakeUpstream(({ headers }) =>
    headers["authorization"] === `Bearer ${FIRST_KEY}`
      ? [jsonStep(401, { error: { message: "No." } })]
      : [jsonStep(200, JSON.parse(OPENAI_WORDS.body(said())))],
  );
  const config = `
listen: "127.0.0.1:0"
health: { path: "${path}" }
providers:
  local: { protocol: openai, base_url: "${upstream.url}", api_key_env: K, allow_private: true }
models:
  m: { provider: local, upstream_model: x }
`;
  const first = await startGateway({ config, env: { K: FIRST_KEY } });
  expect((await ask(first.url)).status).toBe(401);
  await first.stop();
  const same = await startGateway({ config, env: { K: FIRST_KEY } });
  expect((await ask(same.url)).status).toBe(401);
  await same.stop();
  expect(upstream.requests).toHaveLength(1);
  const other = await startGateway({ config, env: { K: SECOND_KEY } });
  expect((await ask(other.url)).status).toBe(200);
  await other.stop();
  await rm(state, { recursive: true, force: true });
  await upstream.close();
}, 120_000);

test("a file that cannot be written is one warning", async () => {
  const upstream = await startFakeUpstream(() => [jsonStep(401, { error: { message: "No." } })]);
  const gateway = await startGateway({
    config: `
listen: "127.0.0.1:0"
health: { path: /proc/none/state.db }
providers:
  local: { protocol: openai, base_url: "${upstream.url}", api_key_env: K, allow_private: true }
models:
  m: { provider: local, upstream_model: x }
`,
    env: { K: FIRST_KEY },
  });
  expect((await ask(gateway.url)).status).toBe(401);
  await gateway.wrote(/How lanes stand cannot be kept in \/proc\/none\/state\.db/);
  expect((await ask(gateway.url)).status).toBe(401);
  expect(upstream.requests).toHaveLength(1);
  expect(await gateway.stop()).toBe(0);
  expect(`${gateway.stdout()}${gateway.stderr()}`.match(/cannot be kept/g)).toHaveLength(1);
  await upstream.close();
}, 60_000);

test("a key that its vendor refuses is out until its file holds another one", async () => {
  const state = await mkdtemp(join(tmpdir(), "ringmain-swapped-"));
  const keyFile = join(state, "key");
  await writeFile(keyFile, FIRST_KEY);
  const upstream = await startFakeUpstream(({ headers }) =>
    headers["authorization"] === `Bearer ${FIRST_KEY}`
      ? [jsonStep(401, { error: { message: "Wrong key." } })]
      : [jsonStep(200, JSON.parse(OPENAI_WORDS.body(said())))],
  );
  const gateway = await startGateway({
    config: `
listen: "127.0.0.1:0"
workers: 2
health: { path: "${join(state, "state.db")}" }
providers:
  local: { protocol: openai, base_url: "${upstream.url}", api_key_file: "${keyFile}", allow_private: true }
models:
  m: { provider: local, upstream_model: x }
`,
  });
  expect((await ask(gateway.url)).status).not.toBe(200);
  expect((await ask(gateway.url)).status).not.toBe(200);
  await writeFile(keyFile, SECOND_KEY);
  await until(async () => (await ask(gateway.url)).status === 200);
  await gateway.stop();
  await upstream.close();
  await rm(state, { recursive: true, force: true });
});
