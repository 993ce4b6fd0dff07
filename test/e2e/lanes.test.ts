// Orders of the operator over the compiled gateway: every worker goes by them once they are answered, they outlive the
// program, the configuration's own word wins, and the command is a client like any other.
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, runCommand, startGateway } from "../harness/binary.ts";
import { question } from "../harness/client-words.ts";
import { type FakeUpstream, jsonStep, startFakeUpstream } from "../harness/fake-upstream.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";

const ADMIN = "admin-token-of-the-lanes";

let folder: string;
let upstream: FakeUpstream;
/** Keys that are told to wait ten minutes. */
const slowed = new Set<string>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringmain-lanes-"));
  upstream = await startFakeUpstream(({ headers }) =>
    slowed.has(headers["authorization"] ?? "")
      ? [jsonStep(429, { error: { message: "Slow down." } }, { "retry-after": "600" })]
      : [jsonStep(200, JSON.parse(OPENAI_WORDS.body(said())))],
  );
});
afterAll(async () => {
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
});

let gateway: Gateway;
afterEach(async () => {
  slowed.clear();
  await gateway.stop();
});

async function start(name: string): Promise<void> {
  gateway = await startGateway({
    config: `
listen: "127.0.0.1:0"
workers: 2
admin: { token_env: ADMIN }
health: { path: "${join(folder, `${name}.db`)}" }
providers:
  local:
    protocol: openai
    base_url: "${upstream.url}"
    allow_private: true
    accounts: [{ id: a, api_key_env: KEY_A, sort_key: 1 }, { id: b, api_key_env: KEY_B, sort_key: 2 }, { id: off, api_key_env: KEY_B, routing: false }]
models:
  m: { provider: local, upstream_model: x }
  meta/llama: { provider: local, upstream_model: y }
pools:
  first: { select: ranked, members: [{ target: m }] }
`,
    env: { KEY_A: "key-of-a", KEY_B: "key-of-b", ADMIN },
  });
}

async function laneOf(model = "first"): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(question("openai", { model })),
  });
  await response.text();
  return response.headers.get("x-ringmain-lane") ?? String(response.status);
}

/** Of enough requests to reach both workers. */
async function lanesOf(model = "first"): Promise<readonly string[]> {
  const lanes: string[] = [];
  for (let round = 0; round < 12; round += 1) lanes.push(await laneOf(model));
  return [...new Set(lanes)].toSorted();
}

async function admin(path: string, body?: object): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${gateway.url}/admin${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

const command = (...args: readonly string[]) =>
  runCommand(["lanes", ...args, "--url", gateway.url], { env: { RINGMAIN_ADMIN_TOKEN: ADMIN } });

test("a parked lane is asked by no worker, is told as parked, stays so after kill -9, and is put back", async () => {
  await start("park");
  expect(await lanesOf()).toEqual(["local/a/m"]);
  const parked = await command("park", "local/a/m");
  expect([parked.code, parked.stdout]).toEqual([0, expect.stringContaining("local/a/m")]);
  expect(await lanesOf()).toEqual(["local/b/m"]);
  expect((await admin("/explain", { target: "first" })).text).toContain('"parked"');
  const listed = await command("list");
  expect(listed.stdout).toMatch(/^local\/a\/m +parked +- +0 +parked$/m);
  const metrics = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN}` } });
  expect(await metrics.text()).toMatch(/ringmain_lane_parked\{lane="local\/a\/m"\} 2/);

  gateway.signal("SIGKILL");
  await gateway.exited;
  await start("park");
  expect(await lanesOf()).toEqual(["local/b/m"]);
  expect((await command("unpark", "local/a/m")).code).toBe(0);
  expect(await lanesOf()).toEqual(["local/a/m"]);
}, 60_000);

test("an account with all its lanes, among them one whose name has a slash", async () => {
  await start("account");
  expect((await admin("/accounts/local/a/park", {})).status).toBe(200);
  expect([await lanesOf(), await lanesOf("meta/llama")]).toEqual([["local/b/m"], ["local/b/meta/llama"]]);
  expect((await admin("/lanes/local/b/meta/llama/park", {})).status).toBe(200);
  expect(await laneOf("meta/llama")).toBe("503");
  expect((await admin("/lanes/local%2Fb%2Fmeta%2Fllama/unpark", {})).status).toBe(200);
  expect(await laneOf("meta/llama")).toBe("local/b/meta/llama");
  expect(JSON.parse((await admin("/accounts/local/a")).text)).toMatchObject({
    id: "local/a",
    ordered: { parked: true },
  });
});

test("pin and order change which account comes first, and give the word back", async () => {
  await start("pin");
  expect((await admin("/accounts/local/b/pin", { pinned: true })).status).toBe(200);
  expect(await lanesOf()).toEqual(["local/b/m"]);
  expect((await admin("/accounts/local/b/pin", { pinned: null })).status).toBe(200);
  expect(await lanesOf()).toEqual(["local/a/m"]);
  expect((await command("order", "local/b", "-5")).code).toBe(0);
  expect(await lanesOf()).toEqual(["local/b/m"]);
  expect((await command("order", "local/b", "default")).code).toBe(0);
  expect(await lanesOf()).toEqual(["local/a/m"]);
});

test("reset ends what stands against a lane in every worker", async () => {
  await start("reset");
  slowed.add("Bearer key-of-a");
  for (let round = 0; round < 12; round += 1) await laneOf();
  expect(await lanesOf()).toEqual(["local/b/m"]);
  slowed.clear();
  expect((await admin("/lanes/local/a/m/reset", {})).status).toBe(200);
  expect(await lanesOf()).toEqual(["local/a/m"]);
});

test("what cannot be ordered is refused, with what to do", async () => {
  await start("refused");
  expect(await admin("/accounts/local/off/unpark", {})).toMatchObject({
    status: 409,
    text: expect.stringContaining("routing: false"),
  });
  expect(await admin("/lanes/local/a/mm/park", {})).toMatchObject({
    status: 404,
    text: expect.stringContaining('Did you mean \\"local/a/m\\"?'),
  });
  expect((await admin("/lanes/local/a/m/pin", { pinned: 1 })).status).toBe(400);
  expect((await admin("/lanes/local/a/m/order", { sort_key: 1.5 })).status).toBe(400);
  expect((await admin("/lanes/local/a/m/park", { why: "x" })).status).toBe(400);
  const unknown = await command("park", "local/a/zzz");
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("There is no lane")]);
  expect((await runCommand(["lanes", "park"], {})).code).toBe(2);
  const stranger = await fetch(`${gateway.url}/admin/lanes`);
  expect(stranger.status).toBe(401);
});
