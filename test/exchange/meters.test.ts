// Every route of every protocol has a meter: a request through it ends in one row, with the usage its vendor reported, or
// without one for a reason that stands here. A new route or operation fails until somebody says which of the two it is.
import { describe, expect, test } from "bun:test";
import type { Operation } from "../../src/ir/facts.ts";
import type { Route } from "../../src/ir/route.ts";
import { inputTokens, UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { question } from "../harness/client-words.ts";
import { type Ask, type Core, createCore, type Got } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES } from "../harness/deployments.ts";
import { type BodyStep, json, stream } from "../harness/scripted-answers.ts";
import { bytesSaid, said, wordsOf } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

/** Why a row of that operation has no usage, though everything went well. */
const WITHOUT_USAGE: Readonly<Partial<Record<Operation, string>>> = {
  count: "vendors take nothing for it",
  moderate: "vendors take nothing for it",
  models: "no vendor is asked",
};

/** An operation as a client asks it, and a vendor's answer that reports 9 tokens of input, or what the vendor words say. */
interface Sample {
  readonly body: object;
  readonly answer: Answer;
}

const OPENAI_USAGE = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 };
const IMAGE_USAGE = { input_tokens: 9, output_tokens: 1_056, total_tokens: 1_065 };
const whole = (body: object): Answer => json(200, JSON.stringify(body));
const EMBEDDING = { object: "embedding", index: 0, embedding: [0.5] };

/** By protocol, operation and, where paths differ, the end of the path. Chat is asked in the words of each vendor. */
const SAMPLES: readonly (readonly [protocol: string, operation: Operation, end: string, sample: Sample])[] = [
  ["openai", "embed", "", sample({ input: "x" }, { object: "list", data: [EMBEDDING], usage: OPENAI_USAGE })],
  ["openai", "complete", "", sample({ prompt: "x" }, { choices: [{ text: "x", index: 0 }], usage: OPENAI_USAGE })],
  ["openai", "moderate", "", sample({ input: "x" }, { id: "m", results: [{ flagged: false }] })],
  ["openai", "image", "", sample({ prompt: "x" }, { created: 1, data: [{ b64_json: "aGk=" }], usage: IMAGE_USAGE })],
  ["openai", "audio", "/speech", sample({ input: "x", voice: "v" }, { text: "x", usage: IMAGE_USAGE })],
  ["openai", "audio", "", sample({ file: "x" }, { text: "x", usage: IMAGE_USAGE })],
  [
    "cohere",
    "embed",
    "",
    sample(
      { texts: ["x"], input_type: "search_query", embedding_types: ["float"] },
      { id: "1", embeddings: { float: [[0.5]] }, texts: ["x"], meta: { billed_units: { input_tokens: 9 } } },
    ),
  ],
  [
    "cohere",
    "rerank",
    "",
    sample(
      { query: "x", documents: ["y"] },
      {
        id: "1",
        results: [{ index: 0, relevance_score: 0.5 }],
        meta: { billed_units: { search_units: 1 }, tokens: { input_tokens: 9 } },
      },
    ),
  ],
  [
    "gemini",
    "embed",
    ":embedContent",
    sample(
      { content: { parts: [{ text: "x" }] } },
      { embedding: { values: [0.5] }, usageMetadata: { promptTokenCount: 9 } },
    ),
  ],
  [
    "gemini",
    "embed",
    ":batchEmbedContents",
    sample(
      { requests: [{ model: "models/m", content: { parts: [{ text: "x" }] } }] },
      { embeddings: [{ values: [0.5] }], usageMetadata: { promptTokenCount: 9 } },
    ),
  ],
  ["anthropic", "count", "", sample({ messages: [{ role: "user", content: "x" }] }, { input_tokens: 9 })],
  ["responses", "count", "", sample({ input: "x" }, { object: "response.input_tokens", input_tokens: 9 })],
  ["gemini", "count", "", sample({ contents: [{ role: "user", parts: [{ text: "x" }] }] }, { totalTokens: 9 })],
  [
    "bedrock",
    "count",
    "",
    sample({ input: { converse: { messages: [{ role: "user", content: [{ text: "x" }] }] } } }, { inputTokens: 9 }),
  ],
];

function sample(body: object, answer: object): Sample {
  return { body, answer: whole(answer) };
}

function chatSample({ protocol, stream: says }: Route): Sample {
  const words = wordsOf(protocol);
  const isStream = says.from === "fixed" && says.value;
  if (!isStream) return { body: question(protocol), answer: json(200, words.body(said())) };
  const steps = words.frames(said()).map((frame): BodyStep => ({ do: "bytes", bytes: bytesSaid(words, frame) }));
  const type = Object.values(PROTOCOLS).find(({ id }) => id === protocol)?.carrier.framing.contentType ?? "";
  return {
    body: question(protocol),
    answer: async (call) =>
      new Response((await stream(steps)(call)).body, { status: 200, headers: { "content-type": type } }),
  };
}

function sampleFor(route: Route): Sample | null {
  if (route.operation === "chat") return chatSample(route);
  const found = SAMPLES.find(
    ([protocol, operation, end]) =>
      protocol === route.protocol && operation === route.operation && route.path.endsWith(end),
  );
  return found?.[3] ?? null;
}

/** The lane's three names, wherever the path wants them. */
function paramsOf({ target, path }: Route): Record<string, string> {
  const names = [...path.matchAll(/:([a-z]+)/g)].map(([, name = ""]) => name);
  const values: Record<string, string> = { provider: "up", account: "a", model: "m", target: "up/a/m" };
  const chosen = target.from === "param" && target.names.length === 1 ? { [target.names[0] ?? ""]: "up/a/m" } : {};
  return { ...Object.fromEntries(names.map((name) => [name, values[name] ?? "x"])), ...chosen };
}

async function through(route: Route, { body, answer }: Sample): Promise<{ core: Core; got: Got }> {
  const lane = laneOf("up/a/m", route.protocol, { prices: PRICES });
  const core = createCore({ deployment: deploymentOf({ lanes: [lane] }), answer, metered: true });
  const ask: Ask = {
    protocol: route.protocol,
    operation: route.operation,
    path: route.path,
    params: paramsOf(route),
    body: route.target.from === "body" ? { ...body, [route.target.member]: "up/a/m" } : body,
  };
  return { core, got: await core.ask(ask) };
}

const ROUTES: readonly Route[] = Object.values(PROTOCOLS).flatMap(({ carrier }) => carrier.routes);

describe("a row for every route", () => {
  for (const route of ROUTES) {
    if (route.operation === "models") continue;
    test(`${route.protocol} ${route.method} ${route.path}`, async () => {
      const sampled = sampleFor(route);
      // A route nobody has a sample of is a route nobody knows to be metered.
      if (sampled === null) throw new Error(`no sample for ${route.protocol} ${route.operation}`);
      const { core, got } = await through(route, sampled);
      expect([got.status, got.text]).toEqual([200, got.text]);
      expect(core.rows).toHaveLength(1);
      const [row] = core.rows;
      const [record] = core.records;
      const reason = WITHOUT_USAGE[route.operation];
      if (reason === undefined) {
        expect([row?.state, record?.answer.usageEstimated]).toEqual(["ok", false]);
        expect(inputTokens(row?.usage ?? UNKNOWN_USAGE)).toBeGreaterThan(0);
        expect(row?.costNanos).toBeGreaterThan(0);
      } else {
        expect([row?.usage, row?.costNanos, reason]).toEqual([null, 0, reason]);
      }
    });
  }
});

test("a list of models asks no vendor and costs nothing", async () => {
  for (const route of ROUTES.filter(({ operation, path }) => operation === "models" && !path.includes(":"))) {
    const core = createCore({
      deployment: deploymentOf({ lanes: [laneOf("up/a/m", route.protocol)] }),
      answer: () => Promise.reject(new Error("asked")),
    });
    const got = await core.ask({ protocol: route.protocol, operation: "models", path: route.path, body: "" });
    expect([route.path, got.status]).toEqual([route.path, 200]);
    expect(core.rows.map(({ usage, costNanos }) => [usage, costNanos])).toEqual([[null, 0]]);
  }
});
