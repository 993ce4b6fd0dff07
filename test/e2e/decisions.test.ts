// Decisions of the compiled program with two workers: one list for both, live, on disk after a stop; and no secret in any
// channel an operator can read.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asArray, asObject, at, parseJson } from "../../src/std/json.ts";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { question } from "../harness/client-words.ts";
import { CANARY, configText, ENV } from "../harness/gateway-config.ts";
import { ask, connectRaw, get, post, type RawClient } from "../harness/raw-client.ts";
import { startVendor, type Vendor } from "../harness/vendors.ts";

const CHAT = "/v1/chat/completions";
const ADMIN = `admin-${CANARY}`;
const bearer = { authorization: `Bearer ${ADMIN}` };
const MODELS = ["text", "bad-key", "no-money", "rejected", "broken", "error-mid"];
/** A key pasted where a model's name belongs. */
const PASTED = `sk-live-${CANARY}0123456789`;

let vendors: Record<"openai" | "anthropic", Vendor>;
let folder: string;
let gateway: Gateway;
let live: RawClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringmain-decisions-"));
  vendors = { openai: await startVendor("openai"), anthropic: await startVendor("anthropic") };
  const more = `workers: 2
admin: { token_env: ADMIN }
log: { level: debug, format: json }
observability: { decisions: { ring: 100, keep_days: 3, db_path: "${join(folder, "decisions.db")}" } }`;
  gateway = await startGateway({ config: configText({ ...vendors, models: MODELS, more }), env: { ...ENV, ADMIN } });
  live = await connectRaw(gateway.port);
  live.write(get("/admin/decisions", { ...bearer, accept: "text/event-stream" }));
  await live.saw(": watching");
}, 300_000);

afterAll(async () => {
  await gateway.stop();
  await Promise.all([vendors.openai.close(), vendors.anthropic.close()]);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const asking = (model: string, stream = false): Uint8Array =>
  post(CHAT, JSON.stringify(question("openai", { model, stream })));

async function read(path: string): Promise<unknown> {
  const answer = await ask(gateway.port, get(path, bearer));
  expect([path, answer.status]).toEqual([path, 200]);
  return parseJson(answer.body.toString());
}

const idsIn = (page: unknown): string[] => (asArray(at(page, "decisions")) ?? []).map((each) => String(at(each, "id")));

/** Everything they were told and could be asked. */
const ids: string[] = [];

test("each exchange is one decision, whichever worker served it and whichever is asked", async () => {
  for (let round = 0; round < 4; round += 1) {
    for (const model of [
      ...MODELS.map((name) => `openai-${name}`),
      "anthropic-text",
      "openai/default/openai-text",
      PASTED,
    ]) {
      const answer = await ask(gateway.port, asking(model, round % 2 === 1));
      ids.push(answer.headers["x-ringmain-request-id"] ?? "");
    }
  }
  // The newest ones arrive a moment later.
  for (const id of ids) await live.saw(`"id":"${id}"`);
  const seen = new Set<string>();
  for (let page: unknown = await read("/admin/decisions?limit=10"); ; ) {
    for (const id of idsIn(page)) seen.add(id);
    const next = at(page, "next");
    if (next === null || next === undefined) break;
    page = await read(`/admin/decisions?limit=10&before=${String(next)}`);
  }
  expect(ids.filter((id) => !seen.has(id))).toEqual([]);
  expect(live.received().toString().split("event: decision").length - 1).toBe(ids.length);
  const one = await read(`/admin/decisions/${ids[0]}`);
  expect(one).toMatchObject({ target: "openai-text", outcome: "answered", served: "exact", invariant: "passed" });
  expect(idsIn(await read("/admin/decisions?target=anthropic-text"))).toHaveLength(4);
}, 60_000);

test("no channel holds a secret, and each of them says something", async () => {
  const explained = await ask(
    gateway.port,
    post("/admin/explain", JSON.stringify({ target: "openai-text", protocol: "anthropic" }), bearer),
  );
  expect(asObject(parseJson(explained.body.toString()))?.["order"]).toHaveLength(1);
  const pages = await Promise.all(
    ["/stats", "/metrics", "/admin/decisions?limit=200", `/admin/decisions/${ids.at(-1)}`].map((path) =>
      ask(gateway.port, get(path, bearer)),
    ),
  );
  const wrong = await ask(gateway.port, get("/admin/decisions", { authorization: `Bearer ${CANARY}-wrong` }));
  expect(wrong.status).toBe(401);
  const channels = new Map<string, string>([
    ...[...pages, explained, wrong].map(({ body }, index): [string, string] => [`page ${index}`, body.toString()]),
    ["live", live.received().toString()],
    ["stdout", gateway.stdout()],
    ["stderr", gateway.stderr()],
  ]);
  for (const [name, text] of channels)
    expect([name, text.includes(CANARY), text.length > 0 || name === "stderr"]).toEqual([name, false, true]);
});

test("a stop leaves them on disk, the last one too, and no secret with them", async () => {
  live.leave();
  const last = await ask(gateway.port, asking("openai-text"));
  gateway.signal("SIGINT");
  expect(await gateway.exited).toBe(0);
  const files = await readdir(folder);
  const bytes = Buffer.concat(await Promise.all(files.map((name) => readFile(join(folder, name)))));
  expect(bytes.includes(last.headers["x-ringmain-request-id"] ?? "none")).toBe(true);
  expect(bytes.includes(CANARY)).toBe(false);
}, 60_000);
