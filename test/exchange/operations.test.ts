// Operations beside chat through the one engine: translated, split, relayed, failed over and recorded like any other request.
import { describe, expect, test } from "bun:test";
import { openai } from "../../src/protocols/openai/index.ts";
import { type Ask, createCore, routeOf } from "../harness/core.ts";
import { deploymentOf, doorOf, laneOf, PRICES, poolOf } from "../harness/deployments.ts";
import { embedder } from "../harness/fake-operations.ts";
import { bodyText, byProvider, json, transportError } from "../harness/scripted-answers.ts";
import type { Answer, FetchCall } from "../harness/virtual-effects.ts";

const ALPHA = embedder("alpha");
const BETA = embedder("beta", { inputsMax: 2 });
const MUTE = embedder("mute", { operations: {} });
const PROTOCOLS = [ALPHA, BETA, MUTE, openai];

const lane = (id: string, protocol: string) => laneOf(id, protocol, { prices: PRICES });
const A = lane("first/a/one", "alpha");
const B = lane("second/a/two", "beta");
const M = lane("third/a/three", "mute");

function coreOf(lanes: readonly ReturnType<typeof laneOf>[], answer: Answer, over: Parameters<typeof poolOf>[2] = {}) {
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, over)] }),
    answer,
    protocols: PROTOCOLS,
  });
}

const embed = (texts: readonly unknown[], more: object = {}): Ask => ({
  protocol: "alpha",
  operation: "embed",
  body: { model: "pool", texts, ...more },
});

/** Vectors that tell which text they are of: its number. */
const embedding: Answer = (call) => {
  const body: { model: string; texts: string[] } = JSON.parse(bodyText(call));
  const vectors = body.texts.map((text) => [Number(text)]);
  return Response.json({ model: `vendor-${body.model}`, vectors, tokens: body.texts.length * 10 });
};

const urls = (calls: readonly FetchCall[]): string[] => calls.map((call) => call.url);
const texts = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));

describe("embed", () => {
  test("the same protocol: the client's bytes and the vendor's", async () => {
    const core = coreOf([A], json(200, '{ "vectors":[[1.50]], "model":"m", "tokens": 7 }'));
    const got = await core.ask({ ...embed([]), body: '{ "texts":["x"],\t"model":"pool" }' });
    expect(core.effects.calls.map(bodyText)).toEqual(['{ "texts":["x"],\t"model":"upstream-one" }']);
    expect([got.status, got.text]).toEqual([200, '{ "vectors":[[1.50]], "model":"m", "tokens": 7 }']);
    const [record] = core.records;
    expect(record).toMatchObject({
      operation: "embed",
      outcome: "answered",
      answer: { usageEstimated: false, costNanos: 21_000 },
    });
    expect(record?.answer.usage).toMatchObject({ freshInputTokens: 7, outputTokens: 0 });
    expect(record?.attempts).toMatchObject([{ way: "relay", reportedModel: "m", outcome: "answered" }]);
  });

  test("another protocol: written for the lane and written back", async () => {
    const core = coreOf([B], embedding);
    const got = await core.ask(embed(["5", "6"], { user: "u" }));
    expect(urls(core.effects.calls)).toEqual(["https://second.invalid/embed"]);
    expect(JSON.parse(got.text)).toEqual({
      by: "alpha",
      inputs: 2,
      model: "vendor-upstream-two",
      vectors: [[5], [6]],
      tokens: 20,
    });
    expect(got.headers["x-ringmain-losses"]).toBe("1; metadata 1 (user dropped)");
    expect(core.records[0]).toMatchObject({ lossCount: 1, answer: { costNanos: 60_000 } });
    expect(core.records[0]?.attempts).toMatchObject([{ way: "translate", egress: "beta" }]);
  });

  test.each([
    ["another protocol", B, 2],
    ["its own", A, 4],
  ] as const)(
    "more inputs than one call of %s carries are several calls, in order and summed",
    async (_name, to, max) => {
      const core = coreOf([to], embedding);
      const got = await core.ask(embed(texts(11)));
      const sent = core.effects.calls.map((call): string[] => JSON.parse(bodyText(call)).texts);
      expect(sent.every((each) => each.length <= max)).toBe(true);
      expect(sent.flat().toSorted((a, b) => Number(a) - Number(b))).toEqual(texts(11));
      expect(JSON.parse(got.text)).toMatchObject({ vectors: texts(11).map((text) => [Number(text)]), tokens: 110 });
      expect(core.records[0]?.answer.usage).toMatchObject({ freshInputTokens: 110, outputTokens: 0 });
      expect(core.records[0]?.attempts).toHaveLength(1);
    },
  );

  test("never more than four calls at a time", async () => {
    let now = 0;
    let most = 0;
    const core = coreOf([B], async (call) => {
      now++;
      most = Math.max(most, now);
      await Promise.resolve();
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      now--;
      return embedding(call);
    });
    await core.ask(embed(texts(40)));
    expect(most).toBe(4);
    expect(core.effects.calls).toHaveLength(20);
  });

  test("one call that fails fails them all: the others are ended, and another lane serves", async () => {
    const aborted: boolean[] = [];
    let calls = 0;
    const hanging: Answer = (call) =>
      new Promise((_resolve, reject) => {
        call.init.signal.addEventListener("abort", () => {
          aborted.push(true);
          reject(call.init.signal.reason);
        });
      });
    const second: Answer = (call) => (++calls === 3 ? json(500, "{}")(call) : hanging(call));
    const core = coreOf([B, A], byProvider({ second, first: embedding }));
    const got = await core.ask(embed(texts(4).concat(texts(4))));
    expect(got.status).toBe(200);
    expect(aborted).toHaveLength(3);
    expect(core.records[0]?.attempts.map(({ outcome }) => outcome)).toEqual(["server-error", "answered"]);
    expect(core.inflight()).toBe(0);
  });

  test("a client that leaves ends every call", async () => {
    let aborted = 0;
    const core = coreOf([B], (call) => {
      return new Promise((_resolve, reject) => {
        call.init.signal.addEventListener("abort", () => {
          aborted++;
          reject(call.init.signal.reason);
        });
      });
    });
    const asked = core.start(embed(texts(8)));
    await core.effects.run(1);
    asked.leave();
    expect((await core.until(asked.answer)).status).toBe(499);
    expect(aborted).toBe(4);
    expect(core.inflight()).toBe(0);
  });

  test.each([
    ["a refused connection", transportError("ConnectionRefused")],
    ["a 503", json(503, "{}")],
    ["no vectors", json(200, '{"error":"none"}')],
    ["no JSON", json(200, "none")],
    ["too few vectors", json(200, '{"vectors":[[1]]}')],
    ["a page", json(200, "<html>", { "content-type": "text/html" })],
  ])("fails over from %s", async (_name, answer) => {
    const core = coreOf([B, A], byProvider({ second: answer, first: embedding }));
    const got = await core.ask(embed(["1", "2"]));
    expect(JSON.parse(got.text).vectors).toEqual([[1], [2]]);
    expect(got.headers["x-ringmain-lane"]).toBe(A.id);
    expect(core.records[0]?.attempts).toHaveLength(2);
  });

  test("a lane without the operation is left out, and loses nothing by it", async () => {
    const core = coreOf([M, A], embedding);
    const got = await core.ask(embed(["3"]));
    expect(got.headers["x-ringmain-lane"]).toBe(A.id);
    expect(core.records[0]?.attempts).toHaveLength(1);
    expect(core.changes).toEqual([]);
  });

  test("where no lane has it, the answer says so", async () => {
    const core = coreOf([M], embedding);
    const got = await core.ask(embed(["3"]));
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([400, "no_capable_lane"]);
    expect(core.effects.calls).toEqual([]);
    expect(core.records[0]?.skipped).toEqual([{ lane: M.id, because: "no-operation" }]);
  });

  test("a provider's own path is chat's, and a lane that has only that is left out", async () => {
    const lanes = [{ ...A, doors: [doorOf("alpha", { path: "/own/chat" })] as const }];
    const deployment = deploymentOf({ lanes });
    const core = createCore({ deployment, answer: embedding, protocols: PROTOCOLS });
    const got = await core.ask(embed(["3"]));
    expect([got.status, core.effects.calls.length]).toEqual([400, 0]);
  });

  test("what one lane's protocol cannot say another's may", async () => {
    const core = coreOf([B, A], embedding);
    const got = await core.ask(embed(["unspeakable"]));
    expect([got.status, got.headers["x-ringmain-lane"]]).toEqual([200, A.id]);
    expect(urls(core.effects.calls)).toEqual(["https://first.invalid/embed"]);
    expect(core.changes).toEqual([]);
    const alone = coreOf([B], embedding);
    const refused = await alone.ask(embed(["unspeakable"]));
    expect([refused.status, refused.text.includes("beta has no word for that.")]).toEqual([400, true]);
  });

  test("a body that is none of its protocol is refused where it must be read, and relayed where not", async () => {
    const core = coreOf([B], embedding);
    const got = await core.ask({ ...embed([]), body: { model: "pool", texts: "x" } });
    expect([got.status, core.effects.calls.length]).toEqual([400, 0]);
    const same = coreOf([A], json(400, '{"message":"the vendor says why"}'));
    const relayed = await same.ask({ ...embed([]), body: { model: "pool", texts: "x" } });
    expect([relayed.status, relayed.text]).toEqual([400, '{"message":"the vendor says why"}']);
  });

  test("more than all calls together can carry is refused with the number that can", async () => {
    const core = coreOf([B], embedding);
    const got = await core.ask(embed(texts(257)));
    expect([got.status, got.text.includes("256")]).toEqual([400, true]);
    expect(core.effects.calls).toEqual([]);
  });

  test("strict translation refuses a loss, and translation off another protocol", async () => {
    const strict = coreOf([B], embedding, { translation: "strict" });
    expect((await strict.ask(embed(["1"], { user: "u" }))).headers["x-ringmain-error"]).toBe("losses_refused");
    expect((await strict.ask(embed(["1"]))).status).toBe(200);
    const off = coreOf([B], embedding, { translation: "off" });
    expect((await off.ask(embed(["1"]))).headers["x-ringmain-error"]).toBe("missing_protocol");
  });
});

describe("rerank", () => {
  const ask: Ask = {
    protocol: "alpha",
    operation: "rerank",
    body: { model: "pool", query: "q", documents: ["a", "b"] },
  };
  const answer = json(200, '{"order":[1,0],"tokens":4}');

  test("is relayed between lanes of its protocol and translated to others", async () => {
    const relayed = await coreOf([A], answer).ask(ask);
    expect(relayed.text).toBe('{"order":[1,0],"tokens":4}');
    const core = coreOf([B], answer);
    expect(JSON.parse((await core.ask(ask)).text)).toEqual({ by: "alpha", order: [1, 0] });
    expect(core.records[0]).toMatchObject({
      operation: "rerank",
      answer: { usage: { freshInputTokens: 4, outputTokens: 0 } },
    });
  });

  test("fails over", async () => {
    const core = coreOf([B, A], byProvider({ second: json(500, "{}"), first: answer }));
    expect((await core.ask(ask)).status).toBe(200);
    expect(core.records[0]?.attempts.map(({ lane }) => lane)).toEqual([B.id, A.id]);
  });
});

test("a key in the query is a credential on routes whose clients send it there, and reaches no record and no vendor", async () => {
  const alpha = embedder("alpha");
  const keyed = { ...alpha, carrier: { ...alpha.carrier, auth: { ...alpha.carrier.auth, queryKey: true } } };
  const lanes = [laneOf("first/a/one", "alpha")];
  const core = createCore({
    deployment: deploymentOf({ lanes, auth: { mode: "token", clientTokens: [] } }),
    answer: json(200, '{"vectors":[]}'),
    clientTokens: ["query-key-1"],
    protocols: [keyed, embedder("beta")],
  });
  const parts = { method: "POST", path: "/x", query: "alt=sse&key=query-key-1", headers: {}, params: {} };
  const accepted = ["alpha", "beta"].map(
    (protocol) => core.exchange.credential(routeOf(core.protocols, protocol, "embed"), parts).ok,
  );
  expect(accepted).toEqual([true, false]);
  await core.ask({ protocol: "alpha", operation: "embed", body: { model: "one", texts: [] }, query: parts.query });
  expect(core.effects.calls).toHaveLength(1);
  expect(JSON.stringify([core.records, core.rows, core.effects.calls])).not.toContain("query-key-1");
});

test("a path that takes several kinds of bodies is what the body asks for", async () => {
  const [chat, ...rest] = ALPHA.carrier.routes;
  if (chat === undefined) throw new Error("there is no route");
  const instead = [{ holds: "texts", protocol: "beta", operation: "embed" }] as const;
  const both = { ...ALPHA, carrier: { ...ALPHA.carrier, routes: [{ ...chat, instead }, ...rest] } };
  const core = createCore({
    deployment: deploymentOf({ lanes: [A, B] }),
    answer: embedding,
    protocols: [both, BETA, openai],
  });
  const got = await core.ask({ protocol: "alpha", body: { model: "two", texts: ["1"] } });
  expect(JSON.parse(got.text)).toMatchObject({ vectors: [[1]] });
  await core.ask({ protocol: "alpha", body: { model: "one", messages: [] } });
  await core.ask({ protocol: "alpha", body: "no JSON" });
  expect(core.records.map(({ ingress, operation }) => [ingress, operation])).toEqual([
    ["beta", "embed"],
    ["alpha", "chat"],
    ["alpha", "chat"],
  ]);
});
