/** Ranks, both versions of the API and the vendors that took the shape over. */

import { describe, expect, test } from "bun:test";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import type { IrRerankRequest } from "../../../src/ir/rerank.ts";
import { rerank } from "../../../src/protocols/cohere/rerank.ts";
import { WireError } from "../../../src/std/wire-error.ts";

const read = (members: object) =>
  rerank.readRequest({ model: "m", query: "q", documents: ["a", "b"], ...members }).value;
const write = (request: IrRerankRequest) => {
  const { value, losses } = rerank.writeRequest(request, "up");
  return { body: value, lost: losses.map(({ how, field }) => `${how} ${field}`) };
};

describe("requests", () => {
  const rows: [object, object][] = [
    [{}, { query: "q", documents: ["a", "b"], top: null, maxTokensPerDocument: null, extras: {} }],
    [
      { top_n: 1, max_tokens_per_doc: 9 },
      { top: 1, maxTokensPerDocument: 9 },
    ],
    [{ top_k: 2 }, { top: 2 }],
    [{ documents: [{ text: "a", title: "T" }] }, { documents: ["a"] }],
    [{ documents: [{ title: "T", body: "B", n: 1 }] }, { documents: ["title: T\nbody: B\nn: 1"] }],
    [{ documents: [{ title: "T", text: "a" }], rank_fields: ["title", "text"] }, { documents: ["title: T\ntext: a"] }],
    [{ documents: [{ title: "T", text: "a" }], rank_fields: ["title"] }, { documents: ["T"] }],
    [{ priority: 1 }, { extras: { priority: 1 } }],
  ];
  test.each(rows)("%j", (members, expected) => {
    expect(read(members)).toMatchObject(expected);
  });

  test.each([[{ query: 5 }], [{ documents: [] }], [{ documents: "a" }], [{ documents: [5] }], [{ top_n: "x" }]])(
    "%j is refused",
    (members) => {
      expect(() => read(members)).toThrow(WireError);
    },
  );

  test("are written in the second version's shape", () => {
    expect(write(read({ top_n: 1, max_tokens_per_doc: 9, priority: 2 }))).toEqual({
      body: { model: "up", query: "q", documents: ["a", "b"], top_n: 1, max_tokens_per_doc: 9, priority: 2 },
      lost: [],
    });
    expect(write(read({ return_documents: true, rank_fields: ["text"], max_chunks_per_doc: 3 }))).toEqual({
      body: { model: "up", query: "q", documents: ["a", "b"] },
      lost: ["dropped return_documents", "dropped max_chunks_per_doc"],
    });
    expect(write(read({ return_documents: false })).lost).toEqual([]);
    expect(write({ ...read({}), sourceProtocol: "elsewhere", extras: { theirs: 1 } }).lost).toEqual(["dropped theirs"]);
  });
});

describe("answers", () => {
  const results = [
    { index: 1, relevance_score: 0.9 },
    { index: 0, relevance_score: 0.1, document: { text: "a" } },
  ];
  const meta = { api_version: { version: "2" }, billed_units: { search_units: 1 } };

  test("the vendor's, and those of others", () => {
    const ranked = [
      { index: 1, score: 0.9 },
      { index: 0, score: 0.1 },
    ];
    expect(rerank.readResponse({ id: "i", results, meta })).toMatchObject({
      id: "i",
      results: ranked,
      searchUnits: 1,
      usage: null,
    });
    expect(rerank.readResponse({ model: "m", results, usage: { total_tokens: 7 } })).toMatchObject({
      results: ranked,
      searchUnits: null,
      usage: { freshInputTokens: 7 },
    });
    expect(rerank.readResponse({ object: "list", data: results, usage: { total_tokens: 7 } }).results).toEqual(ranked);
  });

  test.each([[{}], [{ results: [{}] }], [{ results: [{ index: 1 }] }]])("%j is no answer", (body) => {
    expect(() => rerank.readResponse({ ...body })).toThrow(WireError);
  });

  test("are written as the vendor's, its own as it was", () => {
    const newId = (length: number) => "1".repeat(length);
    const body = { id: "i", results, meta, vendor_x: 1 };
    expect(rerank.writeResponse(rerank.readResponse(body), { newId })).toEqual(body);
    const ranked = [{ index: 1, score: 0.9 }];
    expect(
      rerank.writeResponse(
        {
          sourceProtocol: "elsewhere",
          id: null,
          results: ranked,
          usage: null,
          searchUnits: null,
          extras: {},
          spelling: NO_SPELLING,
        },
        { newId },
      ),
    ).toEqual({
      id: "11111111-1111-4111-9111-111111111111",
      results: [{ index: 1, relevance_score: 0.9 }],
      meta: { api_version: { version: "2" } },
    });
  });
});
