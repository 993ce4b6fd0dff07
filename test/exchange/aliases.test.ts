// Names that nothing configured has: whom they are served by in every protocol, how that is told, and what is refused.
import { describe, expect, test } from "bun:test";
import { createExplain } from "../../src/exchange/probing/explain.ts";
import type { Aliases, OtherName } from "../../src/ir/deployment.ts";
import { decisionOf } from "../../src/observability/decision.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { question, see } from "../harness/client-words.ts";
import { ANONYMOUS, type Ask, createCore, type Got } from "../harness/core.ts";
import { type DeploymentInput, deploymentOf, laneOf, poolOf, targetOf } from "../harness/deployments.ts";
import { answering, bodyText } from "../harness/scripted-answers.ts";
import { ANTHROPIC_WORDS, OPENAI_WORDS } from "../harness/vendor-words.ts";

const LANES = [laneOf("first/a/one", "anthropic"), laneOf("second/a/two", "openai")];
const alias = (name: string, target: string, by: OtherName["by"] = "written"): [string, OtherName] => [
  name.toLowerCase(),
  { name, target, by },
];
const ALIASES: Aliases = {
  exact: Object.fromEntries([alias("Helper", "fast"), alias("dated-1", "one", "catalog"), alias("lost", "nowhere")]),
  patterns: [
    { pattern: "claude-haiku-*", target: "fast" },
    { pattern: "g*", target: "sure" },
  ],
};

function coreOf(over: Partial<DeploymentInput> = {}) {
  const [one, two] = LANES;
  if (one === undefined || two === undefined) throw new Error("two lanes");
  const sure = poolOf("sure", [two], { identity: "strict" });
  const deployment = deploymentOf({
    lanes: LANES,
    targets: [poolOf("fast", [one]), sure],
    aliases: ALIASES,
    ...over,
  });
  return createCore({
    deployment,
    answer: (call) => answering(call.url.includes("first") ? ANTHROPIC_WORDS : OPENAI_WORDS)(call),
  });
}

const CLIENTS = ["openai", "responses", "anthropic", "gemini", "bedrock", "cohere"];

function ask(protocol: string, model: string, more: Partial<Ask> = {}): Ask {
  const isInPath = protocol === "gemini" || protocol === "bedrock";
  const body =
    protocol === "bedrock"
      ? { messages: [{ role: "user", content: [{ text: "Hi" }] }] }
      : question(protocol, { model });
  return { protocol, body, ...(isInPath ? { params: { target: model } } : {}), ...more };
}

function errorOf(protocol: string, got: Got): string {
  return protocol === "bedrock" ? String(JSON.parse(got.text).message) : String(see(protocol, got.text).error);
}

describe.each(CLIENTS)("a client of %s", (protocol) => {
  test.each([
    ["Helper", "fast", "written"],
    ["claude-haiku-4-5-20251001", "fast", "pattern"],
    ["dated-1", "one", "catalog"],
  ] as const)("asks for %s", async (asked, target, by) => {
    const core = coreOf();
    const got = await core.ask(ask(protocol, asked));
    expect([got.status, got.headers["x-ringmain-alias"]]).toEqual([200, `asked=${asked}; target=${target}`]);
    expect(core.records[0]).toMatchObject({ asked, target, alias: by });
    expect(decisionOf(core.records[0] ?? expect.unreachable(), core.world.deployment, 1)).toMatchObject({
      alias: by,
      asked,
    });
    expect(JSON.parse(bodyText(core.effects.calls[0] ?? expect.unreachable())).model).toBe("upstream-one");
  });

  test("asks for what is near to a name, and is told which", async () => {
    const core = coreOf();
    const got = await core.ask(ask(protocol, "fasd"));
    expect(got.status).toBe(404);
    expect(errorOf(protocol, got)).toContain('Did you mean "fast"?');
    expect(got.headers["x-ringmain-alias"]).toBeUndefined();
  });

  test("gets no pattern where the exact model is promised", async () => {
    const core = coreOf();
    const got = await core.ask(ask(protocol, "gpt-9"));
    expect([got.status, errorOf(protocol, got)]).toEqual([
      400,
      'The name "gpt-9" fits a pattern of names for "sure", which promises the exact model. Ask for "sure".',
    ]);
    expect(core.effects.calls).toEqual([]);
  });
});

test("an exact alias may lead to what promises the exact model", async () => {
  const core = coreOf({ aliases: { exact: Object.fromEntries([alias("same", "sure")]), patterns: [] } });
  await core.ask(ask("openai", "same"));
  expect(core.records[0]).toMatchObject({ target: "sure", alias: "written" });
});

test("exact failover refuses patterns too", async () => {
  const target = targetOf("m", [{ model: "one", weight: 1, lanes: ["first/a/one"], contextMax: null }], {
    kind: "model",
    exactFailover: true,
  });
  const core = coreOf({ targets: [target], aliases: { exact: {}, patterns: [{ pattern: "*", target: "m" }] } });
  expect((await core.ask(ask("openai", "whatever"))).status).toBe(400);
});

test("its target's lanes are what a key may use, and nothing else is told", async () => {
  const status = async (allowed: string[], model: string) => {
    const got = await coreOf().ask(ask("openai", model, { caller: { ...ANONYMOUS, allowedTargets: allowed } }));
    return [got.status, see("openai", got.text).error];
  };
  expect((await status(["fast"], "helper"))[0]).toBe(200);
  expect(await status(["one"], "helper")).toEqual([403, "This key may not use the requested model."]);
  expect(await status(["two"], "fasd")).toEqual([403, "This key may not use the requested model."]);
  expect(await status(["fast"], "fasd")).toEqual([
    403,
    'This key may not use the requested model. Did you mean "fast"?',
  ]);
  expect(await status(["fast"], "gpt-9")).toEqual([403, "This key may not use the requested model."]);
});

test("a caller without aliases is asked for what it means, and keeps other ids of the very same model", async () => {
  const caller = { ...ANONYMOUS, aliases: false };
  const core = coreOf();
  const status = async (protocol: string, model: string) => (await core.ask(ask(protocol, model, { caller }))).status;
  for (const protocol of ["openai", "anthropic", "gemini"]) {
    for (const model of ["helper", "claude-haiku-9"]) expect(await status(protocol, model)).toBe(404);
    for (const model of ["fast", "one", "dated-1"]) expect(await status(protocol, model)).toBe(200);
  }
  const counted = await core.ask({ ...ask("anthropic", "helper", { caller }), operation: "count" });
  expect(counted.status).toBe(404);
  const listed = await core.ask({ protocol: "openai", operation: "models", body: "", caller });
  expect(listed.text).not.toContain("Helper");
  const near = await core.ask(ask("openai", "helpr", { caller }));
  expect(near.text).not.toContain('elper\\"');
});

test("a target that has gone is none", async () => {
  expect((await coreOf().ask(ask("openai", "lost"))).status).toBe(404);
});

test("a place at a provider is never an alias", async () => {
  const core = coreOf({ aliases: { exact: {}, patterns: [{ pattern: "*", target: "fast" }] } });
  for (const place of ["first/b/one", "FIRST/one", "first/"])
    expect((await core.ask(ask("openai", place))).status).toBe(404);
  expect((await core.ask(ask("openai", "vendor/model"))).status).toBe(200);
});

test("counting has aliases, and other operations have none", async () => {
  const core = coreOf();
  const counted = await core.ask({ ...ask("anthropic", "helper"), operation: "count" });
  expect([counted.status, counted.headers["x-ringmain-alias"]]).toEqual([200, "asked=helper; target=fast"]);
  const embedded = await core.ask({ protocol: "openai", operation: "embed", body: { model: "helper", input: "x" } });
  expect(embedded.status).toBe(404);
});

test("a stream that is opened early says it as well, and a refusal", async () => {
  const core = coreOf({ streamOpenAfterMs: 1_000 });
  const silent = createCore({
    deployment: core.world.deployment,
    answer: () => new Promise<Response>(() => undefined),
  });
  const opened = await silent.until(
    silent.start(ask("openai", "helper", { body: question("openai", { model: "helper", stream: true }) })).answer,
  );
  expect(opened.headers).toMatchObject({
    "x-ringmain-opened": "true",
    "x-ringmain-alias": "asked=helper; target=fast",
  });
  const failing = createCore({
    deployment: coreOf().world.deployment,
    answer: () => new Response("{}", { status: 500 }),
  });
  expect((await failing.ask(ask("openai", "helper"))).headers["x-ringmain-alias"]).toBe("asked=helper; target=fast");
});

test("what a client made up cannot end the header or show a key", async () => {
  const core = coreOf({ aliases: { exact: {}, patterns: [{ pattern: "*", target: "fast" }] } });
  const got = await core.ask(ask("openai", "x; target=y\r\nz sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"));
  expect(got.headers["x-ringmain-alias"]).toMatch(/^asked=x%3B%20target=y%0D%0Az%20\S+; target=fast$/);
  expect(got.headers["x-ringmain-alias"]).not.toContain("abcdefghijklmnop");
});

test("headers that are off say nothing", async () => {
  const of = async (responseHeaders: "minimal" | "off") =>
    (await coreOf({ responseHeaders }).ask(ask("openai", "helper"))).headers["x-ringmain-alias"];
  expect([await of("minimal"), await of("off")]).toEqual(["asked=helper; target=fast", undefined]);
});

test("lists show written names, and one model is found by any but a pattern", async () => {
  const core = coreOf();
  const list = async (caller = ANONYMOUS) =>
    JSON.parse((await core.ask({ protocol: "openai", operation: "models", body: "", caller })).text).data.map(
      (each: { id: string }) => each.id,
    );
  expect(await list()).toEqual(["one", "two", "fast", "sure", "Helper"]);
  expect(await list({ ...ANONYMOUS, allowedTargets: ["one"] })).toEqual(["one"]);
  const one = async (model: string) =>
    (
      await core.ask({
        protocol: "openai",
        operation: "models",
        path: "/v1/models/:id",
        body: "",
        params: { id: model },
      })
    ).status;
  expect([await one("helper"), await one("dated-1"), await one("claude-haiku-9")]).toEqual([200, 200, 404]);
});

test("explain says how a name leads there, and what is refused", async () => {
  const core = coreOf();
  const explain = createExplain({
    world: core.world,
    shared: core.shared,
    protocols: Object.values(PROTOCOLS),
    admission: null,
    callerNamed: null,
  });
  const of = (target: string) => explain({ target, protocol: "openai", request: null, headers: {}, key: null });
  const found = await of("claude-haiku-9");
  expect(found.ok && [found.value.target, found.value.alias]).toEqual(["fast", "pattern"]);
  const own = await of("fast");
  expect(own.ok && own.value.alias).toBeNull();
  expect((await of("gpt-9")).ok).toBe(false);
  const unknown = await of("fasd");
  expect(unknown.ok ? "" : unknown.failure.message).toBe('Nothing is called "fasd" here. Did you mean "fast"?');
});

test("a list tells the limits that hold: those of an alias's target, and a window that the configuration states", async () => {
  const lane = laneOf("first/a/one", "anthropic", { capabilities: { contextWindow: 200_000, maxOutputTokens: 8_000 } });
  const stated = targetOf("fast", [{ model: "one", weight: 1, lanes: [lane.id], contextMax: 50_000 }]);
  const core = coreOf({ lanes: [lane], targets: [stated] });
  const headers = { "anthropic-version": "2023-06-01" };
  const got = await core.ask({ protocol: "openai", operation: "models", body: "", headers });
  const limits = JSON.parse(got.text).data.map((each: Record<string, unknown>) => [
    each["id"],
    each["max_input_tokens"],
    each["max_tokens"],
  ]);
  expect(limits).toEqual([
    ["one", 200_000, 8_000],
    ["fast", 50_000, 8_000],
    ["Helper", 50_000, 8_000],
  ]);
});
