/** Vectors, both versions of the API. */

import { describe, expect, test } from "bun:test";
import type { EmbedVector, IrEmbedRequest } from "../../../src/ir/embed.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { UNKNOWN_USAGE } from "../../../src/ir/usage.ts";
import { embed } from "../../../src/protocols/cohere/embed.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { embedRequest } from "../../harness/builders.ts";

const IMAGE = "data:image/png;base64,aW1n";
const read = (members: object) => embed.readRequest({ model: "m", ...members }).value;
const text = (said: string, title: string | null = null) => ({ type: "text", text: said, title }) as const;
const foreign = (over: Partial<IrEmbedRequest> = {}): IrEmbedRequest =>
  embedRequest({ purpose: "document", encodings: [], ...over });
const write = (request: IrEmbedRequest, model = "embed-v4.0") => {
  const { value, losses } = embed.writeRequest(request, model);
  return { body: value, lost: losses.map(({ how, field }) => `${how} ${field}`) };
};

describe("requests", () => {
  const rows: [object, object][] = [
    [{ texts: ["a", "b"] }, { inputs: [text("a"), text("b")], purpose: null, encodings: [] }],
    [{ texts: ["a"], input_type: "search_query" }, { purpose: "query" }],
    [{ texts: ["a"], input_type: "search_document" }, { purpose: "document" }],
    [{ texts: ["a"], embedding_types: ["float", "int8"] }, { encodings: ["float", "int8"] }],
    [
      { texts: ["a"], output_dimension: 256, truncate: "END" },
      { dimensions: 256, truncate: "end" },
    ],
    [{ inputs: [{ content: [{ type: "text", text: "a" }] }] }, { inputs: [text("a")] }],
    [
      {
        inputs: [
          {
            content: [
              { type: "text", text: "a" },
              { type: "text", text: "b" },
            ],
          },
        ],
      },
      { inputs: [text("a\nb")] },
    ],
    [
      { images: [IMAGE], input_type: "image" },
      { inputs: [{ type: "image", mediaType: "image/png", data: "aW1n" }], extras: {} },
    ],
    [{ texts: ["a"], priority: 1, input_type: "new_kind" }, { extras: { priority: 1, input_type: "new_kind" } }],
  ];
  test.each(rows)("%j", (members, expected) => {
    expect(read(members)).toMatchObject(expected);
  });

  test.each([
    [{}],
    [{ texts: [] }],
    [{ texts: "a" }],
    [{ inputs: [{ content: [] }] }],
    [{ images: ["https://x.invalid/a.png"] }],
    [
      {
        inputs: [
          {
            content: [
              { type: "text", text: "a" },
              { type: "image_url", image_url: { url: IMAGE } },
            ],
          },
        ],
      },
    ],
  ])("%j is refused", (members) => {
    expect(() => read(members)).toThrow(WireError);
  });

  test("its own goes back as it was", () => {
    const members = {
      texts: ["a"],
      input_type: "classification",
      embedding_types: ["float", "ubinary"],
      truncate: "NONE",
      output_dimension: 512,
      priority: 1,
    };
    expect(write(read(members))).toEqual({ body: { model: "embed-v4.0", ...members }, lost: [] });
  });

  const written: [Partial<IrEmbedRequest>, object, string[]][] = [
    [{}, { texts: ["a"], input_type: "search_document", embedding_types: ["float"] }, []],
    [{ purpose: null }, { input_type: "search_document" }, ["approximated input_type"]],
    [{ purpose: "query" }, { input_type: "search_query" }, []],
    [{ purpose: "similarity" }, { input_type: "clustering" }, ["approximated input_type"]],
    [{ encodings: ["base64"] }, { embedding_types: ["float"] }, []],
    [{ dimensions: 512, truncate: "start" }, { output_dimension: 512, truncate: "START" }, []],
    [
      { inputs: [text("a", "T")], user: "u", extras: { x: 1 }, spelling: NO_SPELLING },
      { texts: ["a"] },
      ["dropped x", "dropped user", "dropped title"],
    ],
    [
      { inputs: [text("a"), { type: "image", mediaType: null, data: "aW1n" }] },
      {
        inputs: [
          { content: [{ type: "text", text: "a" }] },
          { content: [{ type: "image_url", image_url: { url: IMAGE } }] },
        ],
      },
      [],
    ],
  ];
  test.each(written)("of another protocol: %j", (over, expected, losses) => {
    const { body, lost } = write(foreign(over));
    expect(body).toMatchObject(expected);
    expect(lost).toEqual(losses);
  });

  test("what would give other vectors than asked for is refused", () => {
    expect(() => write(foreign({ inputs: [{ type: "tokens", tokens: [1] }] }))).toThrow(WireError);
    expect(() => write(foreign({ dimensions: 8 }), "embed-multilingual-v3.0")).toThrow(WireError);
    expect(embed.inputsMax("embed-v4.0")).toBe(96);
  });
});

describe("answers", () => {
  const meta = { api_version: { version: "2" }, billed_units: { input_tokens: 4 } };

  test.each([
    [[[0.5]], [{ kind: "float", values: [0.5] }]],
    [
      { float: [[0.5], [1]], int8: [[1], [2]] },
      [
        { kind: "float", values: [0.5] },
        { kind: "float", values: [1] },
      ],
    ],
    [{ base64: ["AAAAPw=="] }, [{ kind: "base64", data: "AAAAPw==" }]],
    [{ int8: [[-3]] }, [{ kind: "coded", encoding: "int8", values: [-3] }]],
  ])("embeddings %j", (embeddings, vectors) => {
    const body = { id: "i", embeddings, meta, texts: ["a"], response_type: "x" };
    const read = embed.readResponse(body, "m");
    expect(read).toMatchObject({ id: "i", model: null, vectors: [...vectors], usage: { freshInputTokens: 4 } });
  });

  test.each([[{}], [{ embeddings: {} }], [{ embeddings: [["x"]] }], [{ embeddings: { base64: [5] } }]])(
    "%j is no answer",
    (body) => {
      expect(() => embed.readResponse({ ...body }, "m")).toThrow(WireError);
    },
  );

  const answer = (vectors: readonly EmbedVector[], encodings: readonly string[]) => {
    const usage = { ...UNKNOWN_USAGE, freshInputTokens: 4 };
    const response = {
      sourceProtocol: "elsewhere",
      id: null,
      model: "m",
      vectors,
      usage,
      extras: {},
      spelling: NO_SPELLING,
    };
    const newId = (length: number) => "1".repeat(length);
    const request = read({ texts: ["a"], embedding_types: [...encodings] });
    const { value, losses } = embed.writeResponse(response, { request, upstreamModel: "m", newId });
    return { body: value, lost: losses.map(({ how, field }) => `${how} ${field}`) };
  };
  const float = { kind: "float", values: [0.5] } as const;

  test("of another protocol, in the encodings asked for", () => {
    expect(answer([float], ["float", "base64"])).toEqual({
      body: {
        id: "11111111-1111-4111-9111-111111111111",
        embeddings: { float: [[0.5]], base64: ["AAAAPw=="] },
        texts: ["a"],
        meta,
        response_type: "embeddings_by_type",
      },
      lost: [],
    });
    expect(answer([{ kind: "base64", data: "AAAAPw==" }], ["float"]).body).toMatchObject({
      embeddings: { float: [[0.5]] },
    });
    expect(answer([float], ["float", "ubinary"]).lost).toEqual(["dropped embeddings.ubinary"]);
    expect(answer([{ kind: "coded", encoding: "int8", values: [1] }], ["int8"]).body).toMatchObject({
      embeddings: { int8: [[1]] },
    });
  });

  test("a client of the first version that names no encoding gets the plain list it knows", () => {
    expect(answer([float], []).body).toMatchObject({ embeddings: [[0.5]], response_type: "embeddings_floats" });
  });

  test("its own goes back as it was", () => {
    const embeddings = { float: [[0.5]], int8: [[3]] };
    const body = { id: "i", embeddings, texts: ["a"], meta, response_type: "embeddings_by_type", vendor_x: 1 };
    const request = read({ texts: ["a"], embedding_types: ["float", "int8"] });
    const context = { request, upstreamModel: "m", newId: () => "0" };
    expect(embed.writeResponse(embed.readResponse(body, "m"), context)).toEqual({ value: body, losses: [] });
  });
});
