// Who begins and who ends: vendors that want the user to begin, to end, or not to speak right behind results of tools.
import { expect, test } from "bun:test";
import type { IrRequest } from "../../src/ir/request.ts";
import { fitRequest } from "../../src/protocols/shared/fit-request.ts";
import { asText, type JsonObject } from "../../src/std/json.ts";
import { assistant, call, functionTool, request, result, text, tool, user } from "../harness/builders.ts";
import { speaking } from "../harness/crossing.ts";
import { MAKER, makersDialect } from "../harness/dialects.ts";
import { objects } from "../harness/scripted/rules.ts";

const OPTIONS = { defaultMaxOutputTokens: 9_000, maxOutputTokens: null };

function rolesAt(protocol: string, upstreamModel: string, given: IrRequest, own?: typeof MAKER) {
  const dialect = own ?? makersDialect(protocol, upstreamModel);
  const { value, losses } = speaking(protocol).payload.writeRequest(given, { ...OPTIONS, upstreamModel, dialect });
  const messages: JsonObject[] = objects(value["messages"]);
  return { roles: messages.map(({ role }) => asText(role) ?? "").join(" "), told: losses.length > 0 };
}

const PREFILLED = request({ turns: [user(text("q")), assistant(text("The answer is"))] });
const GREETED = request({ turns: [assistant(text("Hello.")), user(text("q"))] });

const ENDS: readonly (readonly [protocol: string, model: string, given: IrRequest, roles: string])[] = [
  ["anthropic", "claude-opus-4-8", PREFILLED, "user assistant user"],
  ["anthropic", "claude-sonnet-4-6", PREFILLED, "user assistant user"],
  ["anthropic", "claude-sonnet-4-5", PREFILLED, "user assistant"],
  ["anthropic", "another-model", PREFILLED, "user assistant"],
  ["anthropic", "claude-sonnet-4-5", GREETED, "assistant user"],
  ["bedrock", "us.anthropic.claude-opus-4-8", PREFILLED, "user assistant user"],
  ["bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", PREFILLED, "user assistant"],
  ["bedrock", "amazon.nova-pro-v1:0", PREFILLED, "user assistant"],
  ["bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", GREETED, "user assistant user"],
];

for (const [protocol, model, given, roles] of ENDS) {
  test(`${protocol}, ${model}: ${given.turns.map(({ role }) => role).join(" ")}`, () => {
    const asked = given.turns.map(({ role }) => role).join(" ");
    expect(rolesAt(protocol, model, given)).toEqual({ roles, told: roles !== asked });
  });
}

const CALLED = [user(text("q")), assistant(call("c1", "f", "{}")), tool(result("c1", [text("ok")]))];

test("a word of the assistant stands between results and the user, where the vendor wants one", () => {
  const given = request({ turns: [...CALLED, user(text("and?"))] });
  expect(rolesAt("openai", "m", given)).toEqual({ roles: "user assistant tool user", told: false });
  const strict = { ...MAKER, userAfterResults: false };
  expect(rolesAt("openai", "m", given, strict)).toEqual({ roles: "user assistant tool assistant user", told: true });
  expect(rolesAt("openai", "m", request({ turns: CALLED }), strict)).toEqual({
    roles: "user assistant tool",
    told: false,
  });
});

const FORCED: readonly (readonly [name: string, over: Partial<IrRequest>, choice: string])[] = [
  ["any", { toolChoice: { kind: "required" } }, "auto"],
  ["one", { toolChoice: { kind: "tool", name: "f" } }, "auto"],
  ["none", { toolChoice: { kind: "none" } }, "none"],
  ["not at all", { toolChoice: null }, "null"],
];

for (const [name, over, choice] of FORCED) {
  test(`a model that thinks is not made to call a tool: ${name}`, () => {
    const given = request({ turns: [user(text("q"))], tools: [functionTool("f", {})], ...over });
    const dialect = { ...MAKER, forcedTools: false };
    const fitted = fitRequest(given, { dialect, native: false, hasCustomTools: true });
    expect(String(fitted.value.toolChoice?.kind ?? null)).toBe(choice);
    expect(fitted.losses.length > 0).toBe(choice === "auto");
    expect(fitRequest(given, { dialect: MAKER, native: false, hasCustomTools: true }).value).toEqual(given);
    expect(fitRequest(given, { dialect, native: true, hasCustomTools: true }).value).toEqual(given);
  });
}
