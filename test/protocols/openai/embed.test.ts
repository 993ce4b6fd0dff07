/** Vectors in the shape nearly every vendor took over, both ways. */

import { describe, expect, test } from "bun:test";
import type { EmbedVector, IrEmbedRequest } from "../../../src/ir/embed.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { UNKNOWN_USAGE } from "../../../src/ir/usage.ts";
import { embed } from "../../../src/protocols/openai/embed.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { embedRequest } from "../../harness/builders.ts";

const read = (members: object) => embed.readRequest({ model: "m", ...members }).value;
const foreign = (over: Partial<IrEmbedRequest> = {}): IrEmbedRequest => embedRequest({ encodings: [], ...over });
const write = (request: IrEmbedRequest) => {
  const { value, losses } = embed.writeRequest(request, "up");
  return { body: value, lost: losses.map(({ how, field }) => `${how} ${field}`) };
};

describe("requests", () => {
  const rows: [object, object][] = [
    [{ input: "a" }, { inputs: [{ type: "text", text: "a" }], wasString: true, encodings: [], dimensions: null }],
    [{ input: ["a", "b"] }, { inputs: [{ text: "a" }, { text: "b" }], wasString: false }],
    [{ input: [1, 2] }, { inputs: [{ type: "tokens", tokens: [1, 2] }], wasString: true }],
    [{ input: [[1], [2, 3]] }, { inputs: [{ tokens: [1] }, { tokens: [2, 3] }], wasString: false }],
    [
      { input: "a", encoding_format: "base64", dimensions: 8 },
      { encodings: ["base64"], dimensions: 8 },
    ],
    // A client that names every member; vLLM refuses a null, so none is written.
    [
      { input: "a", encoding_format: null, user: "u", input_type: "query" },
      { encodings: [], user: "u" },
    ],
  ];
  test.each(rows)("%j", (members, expected) => {
    const request = read(members);
    expect(request).toMatchObject(expected);
    const given = Object.entries(members).filter(([, value]) => value !== null);
    expect(write(request)).toEqual({ body: { model: "up", ...Object.fromEntries(given) }, lost: [] });
  });

  test.each([[{}], [{ input: [] }], [{ input: [{}] }], [{ input: [1.5] }], [{ input: "a", dimensions: "8" }]])(
    "%j is refused",
    (members) => {
      expect(() => read(members)).toThrow(WireError);
    },
  );

  test("what another protocol says and this one cannot is a loss, or no request at all", () => {
    expect(
      write(
        foreign({
          purpose: "query",
          truncate: "end",
          extras: { theirs: 1 },
          spelling: NO_SPELLING,
          encodings: ["int8"],
        }),
      ),
    ).toEqual({
      body: { model: "up", input: ["a"] },
      lost: ["dropped input_type", "dropped truncate", "dropped theirs"],
    });
    expect(write(foreign({ truncate: "none", dimensions: 4 }))).toEqual({
      body: { model: "up", input: ["a"], dimensions: 4 },
      lost: [],
    });
    expect(write(foreign({ inputs: [{ type: "text", text: "a", title: "T" }] })).lost).toEqual(["dropped title"]);
    expect(() => write(foreign({ inputs: [{ type: "image", mediaType: null, data: "aW1n" }] }))).toThrow(WireError);
  });
});

describe("answers", () => {
  const body = {
    object: "list",
    data: [
      { object: "embedding", index: 1, embedding: [0.25, -1] },
      { object: "embedding", index: 0, embedding: "AAAAPwAAgL8=" },
    ],
    model: "their-model",
    usage: { prompt_tokens: 5, total_tokens: 5 },
  };

  test("are read in the order of the inputs", () => {
    expect(embed.readResponse(body, "m")).toMatchObject({
      model: "their-model",
      vectors: [
        { kind: "base64", data: "AAAAPwAAgL8=" },
        { kind: "float", values: [0.25, -1] },
      ],
      usage: { freshInputTokens: 5 },
    });
  });

  test.each([[{}], [{ data: [{}] }], [{ data: [{ embedding: ["x"] }] }]])("%j is no answer", (broken) => {
    expect(() => embed.readResponse({ ...broken }, "m")).toThrow(WireError);
  });

  const answer = (vectors: readonly EmbedVector[], encodings: readonly string[], tokens: number | null = 3) => {
    const usage = tokens === null ? null : { ...UNKNOWN_USAGE, freshInputTokens: tokens };
    const context = { request: foreign({ encodings }), upstreamModel: "up", newId: () => "0" };
    const response = {
      sourceProtocol: "elsewhere",
      id: null,
      model: null,
      vectors,
      usage,
      extras: {},
      spelling: NO_SPELLING,
    };
    const { value, losses } = embed.writeResponse(response, context);
    return { value, lost: losses.map(({ field }) => field) };
  };

  test("are written as the client wants its numbers", () => {
    const float = { kind: "float", values: [0.5, -1] } as const;
    const base64 = { kind: "base64", data: "AAAAPwAAgL8=" } as const;
    expect(answer([float, base64], [])).toEqual({
      value: {
        object: "list",
        data: [
          { object: "embedding", index: 0, embedding: [0.5, -1] },
          { object: "embedding", index: 1, embedding: [0.5, -1] },
        ],
        model: "up",
        usage: { prompt_tokens: 3, total_tokens: 3 },
      },
      lost: [],
    });
    expect(answer([float, base64], ["base64"]).value).toMatchObject({
      data: [{ embedding: "AAAAPwAAgL8=" }, { embedding: "AAAAPwAAgL8=" }],
    });
  });

  test("what is not known, or coded otherwise, is told", () => {
    const coded = { kind: "coded", encoding: "int8", values: [1, -2] } as const;
    expect(answer([coded], [], null)).toMatchObject({
      value: { data: [{ embedding: [1, -2] }], usage: { prompt_tokens: 0 } },
      lost: ["usage.prompt_tokens", "data[].embedding"],
    });
  });

  test("an answer of its own keeps the vendor's counts and members", () => {
    const own = { ...body, data: body.data.toReversed(), vendor_x: 1 };
    const context = { request: read({ input: ["a", "b"] }), upstreamModel: "up", newId: () => "0" };
    expect(embed.writeResponse(embed.readResponse(own, "m"), context).value).toMatchObject({
      model: "their-model",
      usage: own.usage,
      vendor_x: 1,
    });
  });
});
