// Requests that name themselves: the same answer again, byte for byte, and never somebody else's.
import { describe, expect, test } from "bun:test";
import { createIdempotency } from "../../src/governance/idempotency.ts";
import { question } from "../harness/client-words.ts";
import { ANONYMOUS, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { answering, byProvider, json, refusing, stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const TTL_MS = 60_000;

function start(answer: Answer, bytesMax = 100_000) {
  let wallMs = 1_000_000;
  const remembering = createIdempotency({
    ttlMs: () => TTL_MS,
    wallMs: () => wallMs,
    find: async () => null,
    put: () => undefined,
  });
  const core = createCore({
    deployment: deploymentOf({ lanes: [laneOf("first/a/one", "openai")] }),
    answer,
    idempotency: {
      bytesMax,
      recall: async (key, fingerprint) => remembering.recall("w", key, fingerprint),
      remember: remembering.remember,
    },
  });
  const ask = (key: string, over: { text?: string; stream?: boolean; caller?: string } = {}) =>
    core.ask({
      protocol: "openai",
      headers: { "idempotency-key": key },
      caller: { ...ANONYMOUS, label: over.caller ?? "anonymous" },
      body: { ...question("openai", { stream: over.stream ?? false }), user: over.text ?? "same" },
    });
  return { core, ask, later: () => (wallMs += TTL_MS), jump: (byMs: number) => (wallMs += byMs) };
}

for (const isStream of [false, true]) {
  test(`${isStream ? "a stream" : "a whole answer"} is given again, and nobody is asked twice`, async () => {
    const { core, ask, later } = start(answering(OPENAI_WORDS));
    const first = await ask("k", { stream: isStream });
    const second = await ask("k", { stream: isStream });
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    expect(second.headers["x-ringmain-replayed"]).toBe("true");
    expect(second.headers["content-type"]).toBe(first.headers["content-type"] ?? "");
    expect(core.effects.calls).toHaveLength(1);
    expect(core.records.map(({ outcome }) => outcome)).toEqual(["answered", "answered"]);
    expect(core.records[1]?.attempts).toEqual([]);
    later();
    await ask("k", { stream: isStream });
    expect(core.effects.calls).toHaveLength(2);
  });
}

describe("what is not given again", () => {
  test("what was kept while the clock was ahead, once it is right again", async () => {
    const { core, ask, jump } = start(answering(OPENAI_WORDS));
    jump(30 * 86_400_000);
    await ask("k");
    await ask("k");
    expect(core.effects.calls).toHaveLength(1);
    jump(-30 * 86_400_000);
    await ask("k");
    expect(core.effects.calls).toHaveLength(2);
  });

  test("what was left of somebody's limits then", async () => {
    const body = OPENAI_WORDS.body(said());
    const { ask } = start(json(200, body, { "x-ratelimit-remaining-requests": "59", "x-request-id": "vendor-1" }));
    expect((await ask("k")).headers).toMatchObject({ "x-ratelimit-remaining-requests": "59" });
    const { headers } = await ask("k");
    expect([headers["x-ratelimit-remaining-requests"], headers["x-request-id"]]).toEqual([undefined, "vendor-1"]);
  });

  test("another request under the same name is 409, in the client's dialect", async () => {
    const { ask, core } = start(answering(OPENAI_WORDS));
    await ask("k");
    const other = await ask("k", { text: "other" });
    expect([other.status, JSON.parse(other.text).error.code]).toEqual([409, "idempotency_mismatch"]);
    expect(core.effects.calls).toHaveLength(1);
  });

  test("the same while it runs is 409 with a time to come back", async () => {
    const { core, ask } = start(stream([{ do: "hang" }]));
    const hanging = core.start({
      protocol: "openai",
      headers: { "idempotency-key": "k" },
      body: { ...question("openai", { stream: true }), user: "same" },
    });
    await core.effects.run(10);
    const second = await ask("k", { stream: true });
    expect([second.status, second.headers["retry-after"]]).toEqual([409, "1"]);
    hanging.leave();
    await core.until(hanging.answer);
  });

  test("somebody else's, a name that is too long, and an answer that was a refusal or too large", async () => {
    const { core, ask } = start(answering(OPENAI_WORDS));
    await ask("k", { caller: "one" });
    expect((await ask("k", { caller: "two" })).status).toBe(200);
    expect(core.effects.calls).toHaveLength(2);
    expect((await ask("x".repeat(256))).status).toBe(400);

    const refused = start(byProvider({ first: refusing(OPENAI_WORDS, "rejected") }));
    await refused.ask("k");
    await refused.ask("k");
    expect(refused.core.effects.calls).toHaveLength(2);

    const large = start(answering(OPENAI_WORDS), 10);
    await large.ask("k");
    await large.ask("k");
    expect(large.core.effects.calls).toHaveLength(2);
  });

  test("a stream that broke", async () => {
    const frames = OPENAI_WORDS.frames(said(), { usage: false });
    const broken = start(stream([{ do: "bytes", bytes: frames.slice(0, 3).join("") }, { do: "reset" }]));
    await broken.ask("k", { stream: true });
    await broken.ask("k", { stream: true });
    expect(broken.core.effects.calls).toHaveLength(2);
  });
});
