// The admin surface: who is let in, what the table of routes takes, pages of decisions, and the live stream.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { type Decision, decisionOf } from "../../src/observability/decision.ts";
import { createDecisions, type DecisionQuery } from "../../src/observability/decisions.ts";
import { deployment, record } from "../observability/samples.ts";
import { type FakeServer, startFake } from "./fake-gateway.ts";
import { eventually, openRaw } from "./raw-client.ts";

let fake: FakeServer;
let queries: DecisionQuery[];
const watchers = new Set<(decision: Decision) => void>();
const kept = createDecisions({ ring: 10, firstSeq: 1, deployment: deployment(), onDecision: () => undefined });
for (const id of ["r1", "r2", "r3"]) kept.sink.record(record({ id }));

beforeEach(() => {
  queries = [];
  watchers.clear();
  fake = startFake({
    async list(query) {
      queries.push(query);
      return kept.list(query);
    },
    find: async (id) => ({ found: kept.find(id) }),
    watch(onDecision) {
      watchers.add(onDecision);
      return () => void watchers.delete(onDecision);
    },
  });
  fake.state.mayAdminister = true;
});
afterEach(() => fake.server.stopNow());

const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${fake.port}${path}`, init);

async function refusal(path: string, init: RequestInit = {}): Promise<[number, unknown]> {
  const response = await call(path, init);
  const body: unknown = await response.json();
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : null;
  return [response.status, typeof error === "object" && error !== null && "code" in error ? error.code : null];
}

test("without the token every path is refused alike, known or not, and nothing is recorded as an exchange", async () => {
  fake.state.mayAdminister = false;
  for (const path of ["/admin", "/admin/decisions", "/admin/decisions/stream", "/admin/nothing"]) {
    expect(await refusal(path)).toEqual([401, "unauthenticated"]);
  }
  expect(fake.refusals).toEqual([]);
});

test.each([
  ["/admin", "GET", [404, "not_found"]],
  ["/admin/decision", "GET", [404, "not_found"]],
  ["/admin/decisions/never", "GET", [404, "not_found"]],
  ["/admin/decisions/%E0%A4%A", "GET", [404, "not_found"]],
  ["/admin/decisions", "DELETE", [405, "method_not_allowed"]],
  ["/admin/decisions?limit=0", "GET", [400, "invalid_request"]],
  ["/admin/decisions?limit=201", "GET", [400, "invalid_request"]],
  ["/admin/decisions?before=x", "GET", [400, "invalid_request"]],
  ["/admin/decisions?since=yesterday", "GET", [400, "invalid_request"]],
  ["/admin/decisions?pool=fast", "GET", [400, "invalid_request"]],
  ["/admin/decisions/stream?pool=fast", "GET", [400, "invalid_request"]],
] as const)("%s %s is %j", async (path, method, [status, code]) => {
  expect(await refusal(path, { method })).toEqual([status, code]);
});

test("a path that only begins like the admin's is none of it", async () => {
  const response = await call("/adminx");
  expect(response.status).toBe(404);
  expect(fake.refusals.map(({ failure }) => failure.kind)).toEqual(["unknown-route"]);
});

test("pages and filters reach whoever keeps the decisions", async () => {
  const first: unknown = await (await call("/admin/decisions?limit=2&target=fast&since=1970-01-01T00:00:00Z")).json();
  expect(first).toMatchObject({ decisions: [{ id: "r3" }, { id: "r2" }], next: 2 });
  const second: unknown = await (await call("/admin/decisions?limit=2&before=2")).json();
  expect(second).toMatchObject({ decisions: [{ id: "r1" }], next: null });
  expect(queries[0]).toMatchObject({ target: "fast", sinceMs: 0, lane: null, before: null, limit: 2 });
  expect(await (await call("/admin/decisions/r2")).json()).toMatchObject({ id: "r2", seq: 2 });
});

test("who watches is told of each new decision that fits, and holds up nobody", async () => {
  await using client = await openRaw(fake.port);
  client.send("GET /admin/decisions?target=fast HTTP/1.1\r\nHost: a.invalid\r\nAccept: text/event-stream\r\n\r\n");
  await client.until((seen) => seen.includes(": watching"));
  const tell = (id: string, target: string): void => {
    for (const watcher of watchers) watcher(decisionOf(record({ id, target }), deployment(), 7));
  };
  tell("elsewhere", "sonnet");
  tell("here", "fast");
  const seen = await client.until((text) => text.includes('"id":"here"'));
  expect(seen).toContain("id: 7\nevent: decision\ndata: {");
  expect(seen).not.toContain("elsewhere");
  fake.time.advance(15_000);
  await client.until((text) => text.includes(": alive"));
});

test("a reader that does not keep up is told how much it missed", async () => {
  await using client = await openRaw(fake.port);
  client.send("GET /admin/decisions/stream HTTP/1.1\r\nHost: a.invalid\r\n\r\n");
  await client.until((seen) => seen.includes(": watching"));
  // All at once: nothing can be written in between.
  for (let count = 0; count < 300; count += 1) {
    for (const watcher of watchers) watcher(decisionOf(record({ id: `d${count}` }), deployment(), count));
  }
  const seen = await client.until((text) => text.includes("event: missed"));
  expect(seen).toContain('data: {"count":44}');
});

test("a watcher that leaves is forgotten, and the end of the server ends the others", async () => {
  const leaving = await openRaw(fake.port);
  leaving.send("GET /admin/decisions/stream HTTP/1.1\r\nHost: a.invalid\r\n\r\n");
  await leaving.until((seen) => seen.includes(": watching"));
  await leaving[Symbol.asyncDispose]();
  await eventually(() => watchers.size === 0);
  await using staying = await openRaw(fake.port);
  staying.send("GET /admin/decisions/stream HTTP/1.1\r\nHost: a.invalid\r\n\r\n");
  await staying.until((seen) => seen.includes(": watching"));
  await fake.server.stop();
  await staying.closed();
  expect(watchers.size).toBe(0);
});

test("a number that no double can hold is refused, or it would lift a limit on its way between processes", async () => {
  const asked: unknown[] = [];
  const keyed = startFake(undefined, {
    manage: async ({ input }) => {
      asked.push(input);
      return { status: 201, body: {} };
    },
  });
  keyed.state.mayAdminister = true;
  const post = async (body: string): Promise<number> => {
    const headers = { "content-type": "application/json" };
    return (await fetch(`http://127.0.0.1:${keyed.port}/admin/keys`, { method: "POST", headers, body })).status;
  };
  expect(await post('{"name":"k","rpm_limit":1e400}')).toBe(400);
  expect(await post('{"name":"k","budgets":[{"limit_usd":-1e999}]}')).toBe(400);
  expect(await post('{"name":"k","rpm_limit":1e3}')).toBe(201);
  expect(asked).toEqual([{ name: "k", rpm_limit: 1000 }]);
  await keyed.server.stopNow();
});

test("a look at the head of the live stream leaves no watcher behind", async () => {
  const response = await call("/admin/decisions/stream", { method: "HEAD" });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  await eventually(() => watchers.size === 0);
});
