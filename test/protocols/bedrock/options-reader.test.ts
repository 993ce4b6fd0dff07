// Options that a Converse client asks of its model: what is not read of them is told, and goes back to a Converse lane.

import { describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../../src/protocols/index.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { makersDialect } from "../../harness/dialects.ts";

const WRITE = {
  upstreamModel: "us.anthropic.claude-sonnet-4-5",
  defaultMaxOutputTokens: 256,
  dialect: makersDialect("bedrock", "us.anthropic.claude-sonnet-4-5"),
  maxOutputTokens: null,
};
const MESSAGES = [{ role: "user", content: [{ text: "Hi." }] }];

const bodyOf = (fields: JsonObject): JsonObject => ({ messages: MESSAGES, additionalModelRequestFields: fields });

describe("thinking that cannot be read", () => {
  test.each<[string, JsonObject, string]>([
    ["of an unknown type", { thinking: { type: "sometimes", budget_tokens: 4096 } }, "thinking"],
    ["of an unknown type, with a display", { thinking: { type: "x", display: "omitted" } }, "thinking"],
    ["of no type", { thinking: { budget_tokens: 4096 } }, "thinking"],
    ["of a type that is no text", { thinking: { type: 7, budget_tokens: 4096, more: true } }, "thinking"],
    ["under its old name", { reasoning_config: { type: "sometimes", budget_tokens: 4096 } }, "reasoning_config"],
    [
      "under both names",
      { thinking: { type: "disabled" }, reasoning_config: { type: "enabled", budget_tokens: 2048 } },
      "reasoning_config",
    ],
  ])("%s stays whole, and is a loss elsewhere", (_what, fields, name) => {
    const { value } = PROTOCOLS.bedrock.payload.readRequest(bodyOf(fields));
    const back = PROTOCOLS.bedrock.payload.writeRequest(value, WRITE).value["additionalModelRequestFields"];
    expect(back).toMatchObject({ [name]: fields[name] });
    const { losses } = PROTOCOLS.anthropic.payload.writeRequest(value, WRITE);
    expect(losses.map(({ field, how }) => [field, how])).toEqual([["additionalModelRequestFields", "dropped"]]);
  });
});

test.each<[JsonObject]>([
  [{ thinking: { type: "enabled", budget_tokens: 4096 } }],
  [{ reasoning_config: { type: "enabled", budget_tokens: 4096 } }],
  [{ thinking: {} }],
])("thinking that is read leaves nothing: %p", (fields) => {
  expect(PROTOCOLS.bedrock.payload.readRequest(bodyOf(fields)).value.extras).toEqual({});
});
