// Words with which the gateway asks a model for JSON, where its vendor has no such option: never a conversation by themselves.

import { describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { instruction, request, text, user } from "../harness/builders.ts";
import { MAKER, makersDialect } from "../harness/dialects.ts";

const WRITE = {
  upstreamModel: "claude-3-haiku-20240307",
  defaultMaxOutputTokens: 256,
  dialect: MAKER,
  maxOutputTokens: null,
};
const JSON_MODE = { outputFormat: { kind: "json" } } as const;
/** Anything that tells a model of JSON. */
const WORDS = /JSON/;

describe.each(["anthropic", "bedrock"] as const)("to %s", (id) => {
  const write = (over: Parameters<typeof request>[0]) => {
    const { value, losses } = PROTOCOLS[id].payload.writeRequest(request({ ...JSON_MODE, ...over }), {
      ...WRITE,
      dialect: makersDialect(id, WRITE.upstreamModel),
    });
    return {
      turns: JSON.stringify(value["messages"] ?? []),
      system: JSON.stringify(value["system"] ?? []),
      lost: losses.map(({ field }) => field).includes("messages"),
    };
  };

  test("a conversation keeps its turns", () => {
    const { turns, system } = write({ turns: [user(text("Hi."))] });
    expect([turns.includes("Hi."), WORDS.test(turns), WORDS.test(system)]).toEqual([true, false, true]);
  });

  test("beside instructions alone they are told, and a turn is made", () => {
    const { turns, system, lost } = write({ turns: [], instructions: [instruction("Be brief."), instruction("Go.")] });
    for (const told of ["Be brief.", "Go.", "JSON"]) expect(`${system} ${turns}`).toContain(told);
    expect([turns === "[]", lost]).toEqual([false, true]);
  });

  test("a request that says nothing has no turn", () => {
    expect(write({ turns: [], instructions: [] })).toMatchObject({ turns: "[]", lost: false });
  });
});
