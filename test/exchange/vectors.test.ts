// Embeddings and reranking with the real protocols: who asks in one vendor's shape is served by another's lane.
import { describe, expect, test } from "bun:test";
import { type Ask, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { bodyText, json } from "../harness/scripted-answers.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const LANES = { openai: laneOf("first/a/one", "openai"), cohere: laneOf("first/a/one", "cohere") };

function coreOf(protocol: keyof typeof LANES, answer: Answer) {
  const lanes = [LANES[protocol]];
  return createCore({ deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }), answer });
}

const asOpenAi = (more: object): Ask => ({ protocol: "openai", operation: "embed", body: { model: "pool", ...more } });
const asCohere = (more: object): Ask => ({ protocol: "cohere", operation: "embed", body: { model: "pool", ...more } });

/** The vendor's answer: one vector per text, its first number the text itself. */
const cohereVectors: Answer = (call) => {
  const body: { texts: string[]; embedding_types: string[] } = JSON.parse(bodyText(call));
  const embeddings = Object.fromEntries(
    body.embedding_types.map((type) => [type, body.texts.map((text) => [Number(text), 0.5])]),
  );
  const meta = { api_version: { version: "2" }, billed_units: { input_tokens: body.texts.length } };
  return Response.json({ id: "i", embeddings, texts: body.texts, meta, response_type: "embeddings_by_type" });
};

describe("embeddings", () => {
  test("a client of OpenAI's on a lane of Cohere's", async () => {
    const core = coreOf("cohere", cohereVectors);
    const got = await core.ask(asOpenAi({ input: ["1", "2"], dimensions: 256 }));
    expect(core.effects.calls.map(({ url }) => new URL(url).pathname)).toEqual(["/v2/embed"]);
    expect(core.effects.calls.map((call) => JSON.parse(bodyText(call)))).toEqual([
      {
        model: "upstream-one",
        texts: ["1", "2"],
        input_type: "search_document",
        embedding_types: ["float"],
        output_dimension: 256,
      },
    ]);
    expect(JSON.parse(got.text)).toEqual({
      object: "list",
      data: [
        { object: "embedding", index: 0, embedding: [1, 0.5] },
        { object: "embedding", index: 1, embedding: [2, 0.5] },
      ],
      model: "upstream-one",
      usage: { prompt_tokens: 2, total_tokens: 2 },
    });
    expect(got.headers["x-ringmain-losses"]).toBe("1; options 1 (input_type approximated)");
    expect(core.records[0]?.answer.usage).toMatchObject({ freshInputTokens: 2 });
  });

  test("its official client's default, base64, is made of the same numbers", async () => {
    const core = coreOf("cohere", cohereVectors);
    const got = await core.ask(asOpenAi({ input: "1", encoding_format: "base64" }));
    const data: string = JSON.parse(got.text).data[0].embedding;
    const bytes = Buffer.from(data, "base64");
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4), bytes.length]).toEqual([1, 0.5, 8]);
  });

  test("a client of Cohere's on a lane of OpenAI's", async () => {
    const answer = {
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: [0.5] }],
      model: "m",
      usage: { prompt_tokens: 3, total_tokens: 3 },
    };
    const core = coreOf("openai", json(200, JSON.stringify(answer)));
    const got = await core.ask(asCohere({ texts: ["a"], input_type: "search_query", embedding_types: ["float"] }));
    expect(core.effects.calls.map((call) => JSON.parse(bodyText(call)))).toEqual([
      { model: "upstream-one", input: ["a"] },
    ]);
    expect(JSON.parse(got.text)).toMatchObject({
      embeddings: { float: [[0.5]] },
      texts: ["a"],
      meta: { billed_units: { input_tokens: 3 } },
    });
  });

  test("more texts than one call carries come back whole, with the sum of what is billed", async () => {
    const core = coreOf("cohere", cohereVectors);
    const texts = Array.from({ length: 200 }, (_, at) => String(at));
    const got = await core.ask(asCohere({ texts, input_type: "search_document", embedding_types: ["float"] }));
    expect(core.effects.calls).toHaveLength(3);
    const answer: { embeddings: { float: number[][] }; texts: string[]; meta: object } = JSON.parse(got.text);
    expect(answer.embeddings.float.map(([first]) => first)).toEqual(texts.map(Number));
    expect(answer.texts).toEqual(texts);
    expect(answer.meta).toMatchObject({ billed_units: { input_tokens: 200 } });
  });

  test("images are nothing for a lane of texts: refused in the client's words, and no lane is to blame", async () => {
    const core = coreOf("openai", json(200, "{}"));
    const got = await core.ask(asCohere({ images: ["data:image/png;base64,aW1n"], embedding_types: ["float"] }));
    expect(got.status).toBe(400);
    expect(JSON.parse(got.text)).toMatchObject({ id: expect.any(String), message: expect.stringMatching(/text only/) });
    expect(core.effects.calls).toHaveLength(0);
  });
});

test("ranks are relayed, and their units of billing are no tokens", async () => {
  const answer = {
    id: "i",
    results: [{ index: 0, relevance_score: 0.9 }],
    meta: { billed_units: { search_units: 1 } },
  };
  const core = coreOf("cohere", json(200, JSON.stringify(answer)));
  const body = '{"model":"pool","query":"q","documents":["a"] }';
  const got = await core.ask({ protocol: "cohere", operation: "rerank", body });
  expect(core.effects.calls.map((call) => [new URL(call.url).pathname, bodyText(call)])).toEqual([
    ["/v2/rerank", '{"model":"upstream-one","query":"q","documents":["a"] }'],
  ]);
  expect([got.status, JSON.parse(got.text)]).toEqual([200, answer]);
  expect(core.records[0]).toMatchObject({ operation: "rerank", outcome: "answered" });
});
