// Model lists and token counting: what a caller may ask for, and an estimate that says it is one.
import { expect, test } from "bun:test";
import { question } from "../harness/client-words.ts";
import { ANONYMOUS, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, byProvider, json, refusing, transportError } from "../harness/scripted-answers.ts";
import { ANTHROPIC_WORDS, OPENAI_WORDS } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const LANES = [
  laneOf("first/a/one", "anthropic", { capabilities: { contextWindow: 200_000, maxOutputTokens: 8_000 } }),
  laneOf("second/a/two", "openai", { capabilities: { contextWindow: 128_000 } }),
];

const listing = (answer: Answer = answering(OPENAI_WORDS)) =>
  createCore({ deployment: deploymentOf({ lanes: LANES, targets: [poolOf("fast", LANES)] }), answer });

test("the list is in the client's own shape, whichever path both share", async () => {
  const core = listing();
  const openai = JSON.parse((await core.ask({ protocol: "openai", operation: "models", body: "" })).text);
  expect(openai.object).toBe("list");
  expect(openai.data.map((model: { id: string }) => model.id).toSorted()).toEqual(["fast", "one", "two"]);
  const anthropic = JSON.parse(
    (
      await core.ask({
        protocol: "openai",
        operation: "models",
        body: "",
        headers: { "anthropic-version": "2023-06-01" },
      })
    ).text,
  );
  expect(anthropic.has_more).toBe(false);
  expect(anthropic.data.map((model: { id: string; type: string }) => model.type)).toEqual(["model", "model", "model"]);
  expect(core.effects.calls).toEqual([]);
  expect(core.records.map((record) => [record.operation, record.ingress, record.outcome])).toEqual([
    ["models", "openai", "answered"],
    ["models", "anthropic", "answered"],
  ]);
});

test("a restricted caller sees what it may ask for", async () => {
  const core = listing();
  const caller = { ...ANONYMOUS, allowedTargets: ["one"] };
  const got = await core.ask({ protocol: "openai", operation: "models", body: "", caller });
  expect(JSON.parse(got.text).data.map((model: { id: string }) => model.id)).toEqual(["one"]);
});

const COUNT = { protocol: "anthropic", operation: "count", body: question("anthropic", { model: "one" }) } as const;

test("counting is the vendor's own answer where a lane of that protocol has it", async () => {
  const core = listing(byProvider({ first: json(200, '{"input_tokens": 14}') }));
  const got = await core.ask(COUNT);
  expect(got.text).toBe('{"input_tokens": 14}');
  expect(got.headers["x-ringmain-estimated"]).toBeUndefined();
  expect(core.effects.calls.map((call) => call.url)).toEqual(["https://first.invalid/v1/messages/count_tokens"]);
  expect(core.inflight()).toBe(0);
});

const CANNOT: readonly [string, Answer][] = [
  ["404", json(404, '{"type":"error","error":{"type":"not_found_error","message":"Not found"}}')],
  ["405", json(405, "")],
  ["429", refusing(ANTHROPIC_WORDS, "rate-limited", { "retry-after": "60" })],
  ["500", refusing(ANTHROPIC_WORDS, "server-error")],
  ["401", refusing(ANTHROPIC_WORDS, "credential")],
  ["a refused connection", transportError("ConnectionRefused")],
  ["HTML", json(200, "<html>", { "content-type": "text/html" })],
];

for (const [name, answer] of CANNOT) {
  test(`counting on a lane that cannot (${name}) is an estimate that says so, and costs the lane nothing`, async () => {
    const core = listing(byProvider({ first: answer }));
    const got = await core.ask(COUNT);
    expect([got.status, got.headers["x-ringmain-estimated"]]).toEqual([200, "true"]);
    expect(JSON.parse(got.text).input_tokens).toBeGreaterThan(0);
    expect(core.changes).toEqual([]);
    const [lane] = LANES;
    if (lane === undefined) throw new Error("no lane");
    expect(core.standing.health.condition(poolOf("one", [lane]), lane, core.effects.nowMs()).eligible).toBe(true);
    expect(core.records).toHaveLength(1);
  });
}

test("counting where no lane speaks the protocol is an estimate, and asks nobody", async () => {
  const core = listing();
  const got = await core.ask({ ...COUNT, body: question("anthropic", { model: "two" }) });
  expect([got.status, got.headers["x-ringmain-estimated"]]).toEqual([200, "true"]);
  expect(core.effects.calls).toEqual([]);
});

test("a request the vendor refuses to count is the vendor's refusal", async () => {
  const core = listing(byProvider({ first: refusing(ANTHROPIC_WORDS, "rejected") }));
  const got = await core.ask(COUNT);
  expect([got.status, got.text]).toEqual([400, ANTHROPIC_WORDS.error("rejected").body]);
});
