// A model with `watch: true` that its vendor lists no more is left out by the compiled gateway, which says since when, in a later
// start too; and it serves again with the first list that holds it.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStandingStore } from "../../src/observability/stores/standing.ts";
import { Secret } from "../../src/std/secret.ts";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { question } from "../harness/client-words.ts";
import { type FakeUpstream, jsonStep, startFakeUpstream } from "../harness/fake-upstream.ts";
import { until } from "../harness/until.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";

const KEY = "test-key-watched";
const DAY_MS = 86_400_000;
const ADMIN = "admin-token-of-the-watch";

let folder: string;
let upstream: FakeUpstream;
let listed: readonly string[] = ["other"];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringmain-watched-"));
  upstream = await startFakeUpstream(({ path }) =>
    path.endsWith("/models")
      ? [jsonStep(200, { data: listed.map((id) => ({ id })) })]
      : [jsonStep(200, JSON.parse(OPENAI_WORDS.body(said())))],
  );
});
afterAll(async () => {
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
});

const statePath = (): string => join(folder, "state.db");

/** As if the list had held the model when it was asked last, which is more than a day ago. */
function askedLongAgo(): void {
  const store = openStandingStore(statePath(), "some-salt");
  const known = store.listings.get("local/default");
  const listing = {
    credential: new Secret(KEY).digest(store.salt),
    askedWallMs: Date.now() - 2 * DAY_MS,
    held: ["x"],
    missing: known?.missing ?? {},
  };
  store.write({ rows: new Map(), orders: new Map(), listings: new Map([["local/default", listing]]) });
  store.close();
}

const start = (): Promise<Gateway> =>
  startGateway({
    config: `
listen: "127.0.0.1:0"
workers: 2
admin: { token_env: ADMIN }
health: { path: "${statePath()}" }
providers:
  local: { protocol: openai, base_url: "${upstream.url}", api_key_env: KEY, allow_private: true }
  spare: { protocol: openai, base_url: "${upstream.url}", api_key_env: KEY, allow_private: true }
models:
  m: { provider: local, upstream_model: x, watch: true }
  n: { provider: spare, upstream_model: y }
pools:
  both: { select: ordered, members: [{ target: m }, { target: n }] }
`,
    env: { KEY, ADMIN },
  });

async function laneOf(gateway: Gateway): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(question("openai", { model: "both" })),
  });
  await response.text();
  return response.headers.get("x-ringmain-lane") ?? String(response.status);
}

async function admin(gateway: Gateway, path: string, body: object | null = null): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" };
  const asked = body === null ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${gateway.url}${path}`, asked);
  return response.text();
}

test("out, told since when, out after a restart, and back", async () => {
  askedLongAgo();
  const first = await start();
  await until(async () => (await laneOf(first)) === "spare/default/n");
  await until(async () => /ringmain_lane_not_listed\{lane="local\/default\/m"\}/.test(await admin(first, "/metrics")));
  expect(await admin(first, "/stats")).toContain('"not_listed_since"');
  expect(await admin(first, "/admin/explain", { target: "both" })).toMatch(/"not-listed".*"since":"20/s);
  const listsAsked = upstream.requests.filter(({ path }) => path.endsWith("/models"));
  expect(listsAsked).toHaveLength(1);
  await first.stop();

  const second = await start();
  expect(await laneOf(second)).toBe("spare/default/n");
  expect(upstream.requests.filter(({ path }) => path.endsWith("/models"))).toHaveLength(1);
  await second.stop();

  listed = ["other", "x"];
  askedLongAgo();
  const third = await start();
  await until(async () => (await laneOf(third)) === "local/default/m");
  await third.stop();
}, 120_000);
