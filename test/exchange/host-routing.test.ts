// Vendors that route by themselves: what clients of every protocol say of hosts, what is configured, and the exact bytes that leave.
import { describe, expect, test } from "bun:test";
import type { Dialect } from "../../src/ir/dialect.ts";
import { question, see } from "../harness/client-words.ts";
import { ANONYMOUS, type Ask, createCore } from "../harness/core.ts";
import { deploymentOf, type LaneOver, laneOf, poolOf, targetOf } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";
import { answering, bodyText, json } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const ROUTER: Dialect = { ...MAKER, hostRouting: "members" };
const NAMES: Dialect = { ...MAKER, hostRouting: "names" };
const CLIENTS = ["openai", "responses", "anthropic", "gemini", "bedrock", "cohere"] as const;
const PROVIDER = { order: ["a", "b"], allow_fallbacks: false, max_price: { prompt: "1.50", completion: 2 } };

interface Given {
  readonly egress?: string;
  readonly over?: LaneOver;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly ask?: Partial<Ask>;
  /** Of a 404; absent: the vendor answers. */
  readonly errorBody?: Readonly<Record<string, unknown>>;
  readonly answer?: ReturnType<typeof json>;
  readonly patterns?: boolean;
}

function coreOf({
  egress = "openai",
  over = {},
  errorBody,
  answer = answering(wordsOf(egress)),
  patterns = true,
}: Given) {
  const lane = laneOf("router/a/m", egress, { dialect: ROUTER, upstreamModel: "v/m", ...over });
  const other = laneOf("plain/a/n", egress);
  return createCore({
    deployment: deploymentOf({
      lanes: [lane, other],
      targets: [
        targetOf("m", [{ model: "m", weight: 1, lanes: [lane.id], contextMax: null }], { kind: "model" }),
        targetOf("n", [{ model: "n", weight: 1, lanes: [other.id], contextMax: null }], { kind: "model" }),
        poolOf("pool", [lane]),
      ],
      aliases: {
        exact: {
          quick: { name: "quick", target: "m", by: "written" },
          "m:own": { name: "m:own", target: "n", by: "written" },
        },
        patterns: patterns ? [{ pattern: "*", target: "n" }] : [],
      },
    }),
    answer: errorBody === undefined ? answer : json(404, JSON.stringify(errorBody)),
  });
}

function askOf(protocol: string, model: string, { more = {}, ask = {} }: Given): Ask {
  const isInPath = protocol === "gemini" || protocol === "bedrock";
  const body =
    protocol === "bedrock"
      ? { messages: [{ role: "user", content: [{ text: "Hi" }] }], ...more }
      : question(protocol, { model, text: "Hi", more });
  return { protocol, body, ...(isInPath ? { params: { target: model } } : {}), ...ask };
}

async function send(protocol: string, given: Given, model = "m") {
  const core = coreOf(given);
  const got = await core.ask(askOf(protocol, model, given));
  const calls = core.effects.calls.map(bodyText);
  return { got, core, sent: calls[0] ?? "", losses: (core.records[0]?.losses ?? []).map(({ field }) => field) };
}

describe.each(CLIENTS)("a client of %s", (protocol) => {
  test("says which hosts and models, and neither is a loss", async () => {
    const more = { provider: PROVIDER, models: ["v/x", "v/y"] };
    const { sent, losses } = await send(protocol, { more });
    expect(JSON.parse(sent)).toMatchObject({ model: "v/m", ...more });
    expect(losses.filter((field) => /provider|models/.test(field))).toEqual([]);
  });

  test("says nothing, and what is configured is sent", async () => {
    const hostMembers = { provider: { data_collection: "deny" }, models: ["v/z"] };
    expect(JSON.parse((await send(protocol, { over: { hostMembers } })).sent)).toMatchObject(hostMembers);
  });

  test("says nothing, nothing is configured, and nothing is added", async () => {
    const { sent } = await send(protocol, {});
    const plain = await send(protocol, { over: { dialect: MAKER } });
    expect(sent).toBe(plain.sent);
    expect(sent).not.toMatch(/"provider"|"models"/);
  });

  test("says one of both, and of the other what is configured is sent", async () => {
    const hostMembers = { provider: { only: ["z"] }, models: ["v/z"] };
    const { sent } = await send(protocol, { over: { hostMembers }, more: { provider: PROVIDER } });
    expect(JSON.parse(sent)).toMatchObject({ provider: PROVIDER, models: ["v/z"] });
  });

  test.each([":nitro", ":floor", ":free", ":online", ":free:online", ":made-up"])(
    "asks for the model with %s behind it",
    async (ending) => {
      const { sent, core, got } = await send(protocol, {}, `m${ending}`);
      expect([got.status, core.records[0]?.target, core.records[0]?.asked]).toEqual([200, "m", `m${ending}`]);
      expect(JSON.parse(sent).model).toBe(`v/m${ending}`);
      expect(core.records[0]?.attempts[0]).toMatchObject({ lane: "router/a/m", upstreamModel: `v/m${ending}` });
    },
  );

  test("asks with an ending where the vendor takes none: the name is not there", async () => {
    const plain = await send(protocol, { patterns: false }, "n:nitro");
    expect([plain.got.status, plain.core.effects.calls.length]).toEqual([404, 0]);
    expect(JSON.stringify(JSON.parse(plain.got.text))).toContain('Did you mean \\"n\\"?');
    expect((await send(protocol, { patterns: false }, "pool:nitro")).got.status).toBe(404);
  });
});

describe("the exact bytes", () => {
  const MESSAGES = '"messages":[{"role":"user","content":"Hi"}]';
  const hostMembers = { provider: { sort: "price" }, models: ["v/z"] };
  const PROVIDER_TEXT = '{ "order" : ["a"],"max_price":{"prompt":1.50} }';
  const raw = (text: string) => ({ ask: { body: text } });

  test.each<[string, string, string, Given, string]>([
    [
      "relay, the client's own",
      "openai",
      `{"model":"m","provider":${PROVIDER_TEXT},${MESSAGES}}`,
      {},
      `{"model":"v/m","provider":${PROVIDER_TEXT},${MESSAGES}}`,
    ],
    [
      "relay, configured",
      "openai",
      `{"model":"m",${MESSAGES}}`,
      { over: { hostMembers } },
      `{"model":"v/m",${MESSAGES},"provider":{"sort":"price"},"models":["v/z"]}`,
    ],
    [
      "relay, null is nothing given",
      "openai",
      `{"model":"m","provider":null,${MESSAGES}}`,
      { over: { hostMembers: { provider: { zdr: true } } } },
      `{"model":"v/m","provider":{"zdr":true},${MESSAGES}}`,
    ],
    [
      "relay, an empty list is given",
      "openai",
      `{"model":"m","models":[],${MESSAGES}}`,
      { over: { hostMembers: { models: ["v/z"] } } },
      `{"model":"v/m","models":[],${MESSAGES}}`,
    ],
    [
      "translated",
      "anthropic",
      `{"model":"m","max_tokens":9,"provider":{"only":["a"]},"fallbacks":[{"model":"v/x"}],${MESSAGES}}`,
      {},
      `{"model":"v/m",${MESSAGES},"max_tokens":9,"provider":{"only":["a"]},"models":["v/x"]}`,
    ],
    [
      "translated, configured",
      "anthropic",
      `{"model":"m","max_tokens":9,${MESSAGES}}`,
      { over: { hostMembers } },
      `{"model":"v/m",${MESSAGES},"max_tokens":9,"provider":{"sort":"price"},"models":["v/z"]}`,
    ],
    [
      "Messages relayed, whose own word is fallbacks",
      "anthropic",
      `{"model":"m","max_tokens":9,"fallbacks":[{"model":"v/x"}],${MESSAGES}}`,
      { egress: "anthropic", over: { hostMembers } },
      `{"model":"v/m","max_tokens":9,"fallbacks":[{"model":"v/x"}],${MESSAGES},"provider":{"sort":"price"}}`,
    ],
    [
      "an ending of the upstream's own is not repeated",
      "openai",
      `{"model":"m:free",${MESSAGES}}`,
      { over: { upstreamModel: "v/m:free" } },
      `{"model":"v/m:free",${MESSAGES}}`,
    ],
  ])("%s", async (_name, protocol, text, given, expected) => {
    const { sent } = await send(protocol, { ...given, ...raw(text) });
    expect(sent).toBe(expected);
  });

  test("embeddings take hosts and no models to fall back to", async () => {
    const core = coreOf({ over: { hostMembers } });
    await core.ask({ protocol: "openai", operation: "embed", body: { model: "m", input: "x" } });
    expect(core.effects.calls.map(bodyText)).toEqual(['{"model":"v/m","input":"x","provider":{"sort":"price"}}']);
  });

  test("hosts cross a translation of embeddings, and are no loss", async () => {
    const vector = { object: "embedding", index: 0, embedding: [0.5] };
    const answer = { object: "list", model: "v/m", data: [vector], usage: { prompt_tokens: 1, total_tokens: 1 } };
    const core = coreOf({ answer: json(200, JSON.stringify(answer)) });
    const body = {
      model: "m",
      texts: ["x"],
      input_type: "search_query",
      embedding_types: ["float"],
      provider: PROVIDER,
    };
    const got = await core.ask({ protocol: "cohere", operation: "embed", body });
    expect(got.status).toBe(200);
    expect(core.effects.calls.map((call) => JSON.parse(bodyText(call)).provider)).toEqual([PROVIDER]);
    expect((core.records[0]?.losses ?? []).map(({ field }) => field)).not.toContain("provider");
  });
});

describe("names", () => {
  test.each([
    ["an exact alias wins", "m:own", "n", "upstream-n"],
    ["an ending behind an alias", "quick:nitro", "m", "v/m:nitro"],
    ["an ending behind a place", "router/m:nitro", "m", "v/m:nitro"],
    ["an ending comes before a pattern", "m:nitro", "m", "v/m:nitro"],
    ["a pattern takes all else", "other:nitro", "n", "upstream-n"],
    ["text that is no ending", "m:no such", "n", "upstream-n"],
    ["an empty ending", "m:", "n", "upstream-n"],
  ])("%s", async (_name, asked, target, upstream) => {
    const { core, sent } = await send("openai", {}, asked);
    expect([core.records[0]?.target, JSON.parse(sent).model]).toEqual([target, upstream]);
  });

  test("a vendor that takes names alone gets no members", async () => {
    const given = { over: { dialect: NAMES, hostMembers: { models: ["x"] } }, more: { provider: PROVIDER } };
    const { sent, losses } = await send("anthropic", given, "m:fastest");
    expect(JSON.parse(sent).model).toBe("v/m:fastest");
    expect(sent).not.toMatch(/"provider"|"models"/);
    expect(losses).toContain("provider");
  });

  test("strict identity takes the model's name with its ending and without", async () => {
    for (const reported of ["v/m", "v/m:nitro", "m"]) {
      const core = coreOf({});
      const lane = core.world.deployment.lanes["router/a/m"] ?? expect.unreachable();
      const { isReportedAs } = await import("../../src/ir/canonical.ts");
      const asked = { upstreamModel: "v/m:nitro", canonical: { id: lane.upstreamModel, proven: false } };
      expect(isReportedAs(asked, reported)).toBe(true);
      expect(isReportedAs(asked, "v/mother")).toBe(false);
    }
  });
});

describe("what the vendor does not find", () => {
  const NOT_FOUND = { errorBody: { error: { message: "The model does not exist.", code: "model_not_found" } } };
  const stateAfter = async (given: Given, model = "m") => {
    const { core, got } = await send("openai", { ...NOT_FOUND, ...given }, model);
    const lane = core.world.deployment.lanes["router/a/m"] ?? expect.unreachable();
    const target = core.world.deployment.targets["m"] ?? expect.unreachable();
    const { because } = core.shared.health.condition(target, lane, core.effects.nowMs());
    return [got.status, core.effects.calls.length, because];
  };

  test.each<[string, Given, string]>([
    ["an ending", {}, "m:made-up"],
    ["hosts", { more: { provider: { only: ["nobody"] } } }, "m"],
    ["models", { more: { models: ["v/none"] } }, "m"],
  ])("by the client's own wish for %s moves nothing", async (_name, given, model) => {
    const plain = await stateAfter(given, model);
    expect(plain.slice(0, 2)).toEqual([404, 1]);
    expect(plain[2]).toBe(null);
  });

  test("with no wish of the client's takes the lane out", async () => {
    expect((await stateAfter({}))[2]).not.toBe(null);
  });
});

describe("a caller of some models", () => {
  const caller = { ...ANONYMOUS, allowedTargets: ["m"] };
  test.each([
    ["the same model", { models: ["v/m"] }, 200],
    ["another model", { models: ["v/expensive"] }, 403],
    ["another model, as Messages spells it", { fallbacks: [{ model: "v/expensive" }] }, 403],
    ["hosts alone", { provider: PROVIDER }, 200],
  ])("falls back to %s", async (_name, more, status) => {
    const { got, core } = await send("openai", { more, ask: { caller } });
    expect(got.status).toBe(status);
    expect(core.effects.calls.length).toBe(status === 200 ? 1 : 0);
    if (status === 403) expect(see("openai", got.text).error).toContain("may not use");
  });
});
