// What was decided, told to clients that ask with `x-router-debug`: never unasked, only to those who may read it, and only of
// lanes that they may ask for. The answer's own bytes stay.
import { describe, expect, test } from "bun:test";
import type { Deployment } from "../../src/ir/deployment.ts";
import { asObject, parseJson } from "../../src/std/json.ts";
import { question, see } from "../harness/client-words.ts";
import { ANONYMOUS, type CoreInput, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf, type TargetOver } from "../harness/deployments.ts";
import { answering, byProvider, refusing } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, VENDOR_WORDS, wordsOf } from "../harness/vendor-words.ts";
import { answerNever } from "../harness/virtual-effects.ts";

const DEBUG = { "x-router-debug": "true" };
const PROTOCOLS = VENDOR_WORDS.map(({ protocol }) => protocol);

/** The first lane is limited, the second serves. */
function start(
  over: {
    deployment?: Partial<Pick<Deployment, "errorDetail" | "streamOpenAfterMs">>;
    target?: TargetOver;
    core?: Partial<CoreInput>;
    protocol?: string;
  } = {},
) {
  const { protocol = "openai" } = over;
  const lanes = [laneOf("first/a/one", protocol), laneOf("second/a/two", protocol)];
  const words = wordsOf(protocol);
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, over.target)], ...over.deployment }),
    answer: byProvider({ first: refusing(words, "rate-limited", { "retry-after": "9" }), second: answering(words) }),
    ...over.core,
  });
}

/** Of the header. */
function decoded(headers: Readonly<Record<string, string>>): Record<string, unknown> {
  const value = headers["x-router-metadata"] ?? "";
  expect(value).toMatch(/^[A-Za-z0-9+/]+=*$/);
  return asObject(parseJson(Buffer.from(value, "base64").toString("utf8"))) ?? {};
}

const TRIED = { modelId: "one", outcome: "rate_limit", lane: "first/a/one", failure: "rate_limited", status: 429 };
const SERVED = { modelId: "two", outcome: "success", lane: "second/a/two", failure: null };

describe("a whole answer", () => {
  test.each(PROTOCOLS.flatMap((client) => PROTOCOLS.map((vendor) => [client, vendor] as const)))(
    "to a %s client from %s has both the header and the member, and its own bytes are as they were",
    async (client, vendor) => {
      const plain = await start({ protocol: vendor }).ask({ protocol: client, body: question(client) });
      expect(Object.keys(plain.headers)).not.toContain("x-router-metadata");
      const headers = { ...DEBUG, "x-router-task-type": "code" };
      const got = await start({ protocol: vendor }).ask({ protocol: client, body: question(client), headers });
      expect(got.status).toBe(200);
      const told = decoded(got.headers);
      expect(told).toMatchObject({
        selectedModelId: "two",
        taskType: "code",
        target: "pool",
        attempts: [TRIED, SERVED],
      });
      const member = `,"router":${JSON.stringify(told)}`;
      expect(got.text).toContain(member);
      if (client === vendor) expect(got.text.replace(member, "")).toBe(plain.text);
      expect(see(client, got.text).text).toBe("Hello, wörld.");
    },
  );

  test("that is a refusal tells who was left out", async () => {
    const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
      answer: refusing(OPENAI_WORDS, "rate-limited", { "retry-after": "9" }),
    });
    await core.ask({ protocol: "openai", body: question("openai") });
    const got = await core.ask({ protocol: "openai", body: question("openai"), headers: DEBUG });
    expect(got.status).toBe(503);
    const told = decoded(got.headers);
    expect(told).toMatchObject({
      selectedModelId: null,
      taskType: null,
      attempts: [],
      skipped: [
        { lane: "first/a/one", because: "waiting" },
        { lane: "second/a/two", because: "waiting" },
      ],
    });
    expect(asObject(parseJson(got.text))?.["router"]).toEqual(told);
  });
});

describe("a stream", () => {
  test.each(PROTOCOLS)("to a %s client has the header alone", async (protocol) => {
    const plain = await start({ protocol }).ask({ protocol, body: question(protocol, { stream: true }) });
    const got = await start({ protocol }).ask({ protocol, body: question(protocol, { stream: true }), headers: DEBUG });
    expect(decoded(got.headers)).toMatchObject({ selectedModelId: "two", attempts: [TRIED, SERVED] });
    expect(got.text).toBe(plain.text);
  });

  test.each(PROTOCOLS)("that was opened ahead of its answer names no lane to a %s client", async (protocol) => {
    const core = start({
      protocol,
      deployment: { streamOpenAfterMs: 500 },
      target: { onExhausted: { action: "wait", maxMs: 60_000 } },
      core: { answer: answerNever },
    });
    const asked = core.start({ protocol, body: question(protocol, { stream: true }), headers: DEBUG });
    const answer = await core.until(asked.answer);
    expect(answer.headers["x-ringmain-opened"]).toBe("true");
    expect(Object.keys(answer.headers)).not.toContain("x-router-metadata");
    asked.leave();
  });
});

describe("who may read it", () => {
  const key = (debug: boolean | undefined) => ({ ...ANONYMOUS, ...(debug === undefined ? {} : { debug }) });
  test.each([
    ["full", undefined, 200],
    ["full", true, 200],
    ["full", false, 403],
    ["minimal", undefined, 403],
    ["minimal", true, 200],
    ["minimal", false, 403],
  ] as const)("errors.detail %s, and the key says %p: %d", async (errorDetail, debug, status) => {
    const core = start({ deployment: { errorDetail } });
    const got = await core.ask({ protocol: "openai", body: question("openai"), headers: DEBUG, caller: key(debug) });
    expect([got.status, "x-router-metadata" in got.headers]).toEqual([status, status === 200]);
    if (status === 403) expect(got.text).toContain("x-router-debug");
    expect(core.effects.calls.length).toBe(status === 200 ? 2 : 0);
    const silent = await core.ask({
      protocol: "openai",
      body: question("openai"),
      headers: { "x-router-debug": "false" },
      caller: key(debug),
    });
    expect([silent.status, "x-router-metadata" in silent.headers]).toEqual([200, false]);
  });

  test("lanes that the caller may not ask for are not named, the one that served included", async () => {
    const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
    const [first, second] = lanes;
    if (first === undefined || second === undefined) throw new Error("two lanes are made");
    const core = createCore({
      deployment: deploymentOf({
        lanes,
        targets: [
          poolOf("pool", [first], { onExhausted: { action: "fallback-pool", pool: "other" } }),
          poolOf("other", [second]),
        ],
      }),
      answer: byProvider({ first: refusing(OPENAI_WORDS, "rate-limited"), second: answering(OPENAI_WORDS) }),
    });
    const caller = { ...ANONYMOUS, allowedTargets: ["pool"] };
    const got = await core.ask({ protocol: "openai", body: question("openai"), headers: DEBUG, caller });
    expect(got.status).toBe(200);
    const told = decoded(got.headers);
    expect(told).toMatchObject({ selectedModelId: null, attempts: [TRIED] });
    expect(JSON.stringify(told)).not.toContain("second/a/two");
  });

  test("what the client's body or a credential says is never in it", async () => {
    const core = start();
    const got = await core.ask({
      protocol: "openai",
      body: question("openai", { text: "sesame" }),
      headers: { ...DEBUG, authorization: "Bearer sk-hidden" },
    });
    expect(JSON.stringify(decoded(got.headers))).not.toMatch(/sesame|sk-hidden|key-of-|https:/);
  });
});

test("a header that would be too long says so, and the body has all of it", async () => {
  const lanes = Array.from({ length: 60 }, (_, at) =>
    laneOf(`provider-with-a-long-name-${at}/account/model-${at}`, "openai"),
  );
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { failover: { cap: 59 } })] }),
    answer: refusing(OPENAI_WORDS, "server-error"),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai"), headers: DEBUG });
  expect(got.headers["x-router-metadata"]?.length).toBeLessThanOrEqual(4_096);
  const told = decoded(got.headers);
  expect(told).toMatchObject({ truncated: true, selectedModelId: null });
  expect(asObject(parseJson(got.text))?.["router"]).toMatchObject({ considered: lanes.map(({ id }) => id) });
});

test("a large answer that is not held has the header alone", async () => {
  const text = "x".repeat(9 * 1024 * 1024);
  const core = start({ core: { answer: answering(OPENAI_WORDS, { pieces: [text] }) } });
  const got = await core.ask({ protocol: "openai", body: question("openai"), headers: DEBUG });
  expect(decoded(got.headers)).toMatchObject({ selectedModelId: "one" });
  expect(got.text).not.toContain('"router"');
});
