// What clients ask of the router in `x-router-*` headers: each is read or refused by its name, and none goes upstream.
import { describe, expect, test } from "bun:test";
import { readWishes } from "../../src/exchange/request/router-wishes.ts";
import type { RouterWishes } from "../../src/ir/router-wishes.ts";
import { at, parseJson } from "../../src/std/json.ts";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf, providerOf } from "../harness/deployments.ts";
import { answering, byProvider, json } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, VENDOR_WORDS } from "../harness/vendor-words.ts";

const read: readonly (readonly [Readonly<Record<string, string>>, Partial<RouterWishes>])[] = [
  [{ "x-router-task-type": "code" }, { task: "code" }],
  [{ "x-router-task-type": " Research " }, { task: "research" }],
  [{ "x-router-task-type": "DEFAULT" }, { task: "default" }],
  [{ "x-router-quality-threshold": "0" }, { threshold: 0 }],
  [{ "x-router-quality-threshold": "0.72" }, { threshold: 0.72 }],
  [{ "x-router-quality-threshold": ".9" }, { threshold: 0.9 }],
  [{ "x-router-quality-threshold": "1" }, { threshold: 1 }],
  [{ "x-router-quality-threshold": "1.5" }, { threshold: 0.3 }],
  [{ "x-router-quality-threshold": "4" }, { threshold: 0.8 }],
  [{ "x-router-quality-threshold": "5" }, { threshold: 1 }],
  [{ "x-router-quality-threshold": "1/5" }, { threshold: 0.2 }],
  [{ "x-router-quality-threshold": "5/5" }, { threshold: 1 }],
  [{ "x-router-max-wait-ms": "0" }, { maxWaitMs: 0 }],
  [{ "x-router-max-wait-ms": "60000" }, { maxWaitMs: 60_000 }],
  ...["true", "1", "yes", "on", "True"].map(
    (word) => [{ "x-router-allow-degrade": word }, { allowDegrade: true }] as const,
  ),
  ...["false", "0", "no", "OFF"].map((word) => [{ "x-router-allow-degrade": word }, { allowDegrade: false }] as const),
  [{ "x-router-request-id": "turn-7" }, { requestId: "turn-7" }],
  [{ "x-router-request-id": "x".repeat(255) }, { requestId: "x".repeat(255) }],
  [
    { "x-router-request-id": "a", "x-router-resume": "true" },
    { requestId: "a", resume: true },
  ],
  [{ "x-router-resume": "false" }, { resume: false }],
  [{ "x-router-debug": "true" }, { debug: true }],
  [{ "x-router-zdr": "true" }, { zdr: true }],
  [{ "x-router-data-collection": "Deny" }, { dataCollection: "deny" }],
  [{ "x-router-data-collection": "allow" }, { dataCollection: "allow" }],
];

const unreadable: readonly (readonly [string, string])[] = [
  ["x-router-task-type", "codes"],
  ["x-router-task-type", ""],
  ["x-router-task-type", "code, code"],
  ["x-router-quality-threshold", "-0.1"],
  ["x-router-quality-threshold", "5.1"],
  ["x-router-quality-threshold", "6/5"],
  ["x-router-quality-threshold", "4/6"],
  ["x-router-quality-threshold", "high"],
  ["x-router-quality-threshold", "NaN"],
  ["x-router-quality-threshold", "1e-1"],
  ["x-router-quality-threshold", ""],
  ["x-router-max-wait-ms", "-1"],
  ["x-router-max-wait-ms", "1.5"],
  ["x-router-max-wait-ms", "5s"],
  ["x-router-max-wait-ms", ""],
  ["x-router-max-wait-ms", "9".repeat(40)],
  ["x-router-allow-degrade", "maybe"],
  ["x-router-allow-degrade", ""],
  ["x-router-request-id", ""],
  ["x-router-request-id", "x".repeat(256)],
  ["x-router-request-id", "a b"],
  ["x-router-request-id", "Ä"],
  ["x-router-resume", "perhaps"],
  ["x-router-resume", "true"],
  ["x-router-debug", "verbose"],
  ["x-router-zdr", "some"],
  ["x-router-data-collection", "maybe"],
  ["x-router-admin-token", "secret"],
  ["x-router-metadata", "e30="],
  ["x-router-tasktype", "code"],
];

describe("the headers", () => {
  test("that are not there cost nothing and ask for nothing", () => {
    expect(readWishes({ "content-type": "application/json", "x-route": "1" })).toEqual({ ok: true, value: null });
  });

  test.each(read)("%p are read", (headers, wish) => {
    const wishes = readWishes(headers);
    if (!wishes.ok) throw new Error(wishes.failure.message);
    expect(wishes.value).toMatchObject(wish);
  });

  test.each(unreadable)("%s: %p is refused by its name", (name, value) => {
    const wishes = readWishes({ [name]: value });
    if (wishes.ok) throw new Error("it was read");
    expect(wishes.failure.kind).toBe("invalid-request");
    expect(wishes.failure.message).toStartWith(name);
  });

  test("of any length are told in few words", () => {
    const wishes = readWishes({ [`x-router-${"y".repeat(9_000)}`]: "1" });
    expect(wishes.ok ? 0 : wishes.failure.message.length).toBeLessThan(200);
  });
});

function start() {
  const lane = laneOf("first/a/one", "openai");
  return createCore({
    deployment: deploymentOf({
      lanes: [lane],
      targets: [poolOf("pool", [lane])],
      providers: [providerOf("first", { forwardHeaders: ["x-*"] })],
    }),
    answer: byProvider({ first: answering(OPENAI_WORDS) }),
  });
}

describe("a request", () => {
  const protocols = VENDOR_WORDS.map(({ protocol }) => protocol);
  test.each(protocols.flatMap((protocol) => [false, true].map((stream) => [protocol, stream] as const)))(
    "in %s (streamed: %p) with one that cannot be read asks no lane",
    async (protocol, stream) => {
      const core = start();
      const got = await core.ask({
        protocol,
        body: question(protocol, { stream }),
        headers: { "x-router-task-type": "coding" },
      });
      expect(got.status).toBe(400);
      expect(see(protocol, got.text).error).toContain("x-router-task-type must be one of code, reasoning");
      expect(core.effects.calls).toHaveLength(0);
      expect(core.records).toHaveLength(1);
    },
  );

  test.each([
    ["x-router-admin-token", "secret"],
    ["x-router-tasktype", "blue"],
  ])("for the list of models with %s is refused by its name", async (name, value) => {
    const core = start();
    const got = await core.ask({ protocol: "openai", operation: "models", body: "", headers: { [name]: value } });
    expect([got.status, got.text.includes(name), got.text.includes(value)]).toEqual([400, true, false]);
  });

  test("keeps them from the vendor, whatever else is passed on", async () => {
    const core = start();
    const headers = { "x-router-task-type": "code", "x-router-max-wait-ms": "5", "x-team": "blue" };
    expect((await core.ask({ protocol: "openai", body: question("openai"), headers })).status).toBe(200);
    const sent = Object.keys(core.effects.calls[0]?.init.headers ?? {});
    expect(sent).toContain("x-team");
    expect(sent.filter((name) => name.startsWith("x-router-"))).toEqual([]);
  });
});

describe("the body's task_type", () => {
  const debug = { "x-router-debug": "true" };
  const taskOf = (headers: Readonly<Record<string, string>>): unknown =>
    at(parseJson(Buffer.from(headers["x-router-metadata"] ?? "e30=", "base64").toString("utf8")), "taskType");

  test.each(VENDOR_WORDS.map(({ protocol }) => protocol))(
    "of a %s client is read, and no vendor is sent it",
    async (protocol) => {
      for (const vendor of VENDOR_WORDS) {
        const lane = laneOf("first/a/one", vendor.protocol);
        const core = createCore({
          deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }),
          answer: byProvider({ first: answering(vendor) }),
        });
        const got = await core.ask({
          protocol,
          body: question(protocol, { more: { task_type: "Code" } }),
          headers: debug,
        });
        expect([
          got.status,
          taskOf(got.headers),
          got.headers["x-ringmain-losses"]?.includes("task_type") ?? false,
        ]).toEqual([200, "code", false]);
        const { body } = core.effects.calls[0]?.init ?? {};
        expect(new TextDecoder().decode(body instanceof Uint8Array ? body : undefined)).not.toContain("task_type");
      }
    },
  );

  test.each([
    [{ task_type: "codes" }, {}, "task_type must be one of"],
    [{ task_type: 5 }, {}, "task_type must be one of"],
    [{ task_type: "code" }, { "x-router-task-type": "rewrite" }, "say different things"],
  ])("%j with %j is refused", async (more, headers, words) => {
    const core = start();
    const got = await core.ask({ protocol: "openai", body: question("openai", { more }), headers });
    expect([got.status, got.text.includes(words)]).toEqual([400, true]);
    expect(core.effects.calls).toHaveLength(0);
  });

  test.each([
    [{ task_type: "code" }, { "x-router-task-type": "CODE" }, "code"],
    [{ task_type: null }, { "x-router-task-type": "code" }, "code"],
    [{ task_type: null }, {}, null],
  ])("%j with %j is %p", async (more, headers, task) => {
    const got = await start().ask({
      protocol: "openai",
      body: question("openai", { more }),
      headers: { ...headers, ...debug },
    });
    expect([got.status, taskOf(got.headers)]).toEqual([200, task]);
  });

  test("of another operation is the vendor's own", async () => {
    const core = createCore({
      deployment: deploymentOf({ lanes: [laneOf("first/a/one", "openai")] }),
      answer: byProvider({
        first: json(
          200,
          '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}',
        ),
      }),
    });
    const body = { model: "one", input: "a", task_type: "RETRIEVAL_QUERY" };
    const got = await core.ask({ protocol: "openai", operation: "embed", body });
    expect(got.status).toBe(200);
    const sent = core.effects.calls[0]?.init.body;
    expect(new TextDecoder().decode(sent instanceof Uint8Array ? sent : undefined)).toContain("RETRIEVAL_QUERY");
  });
});
