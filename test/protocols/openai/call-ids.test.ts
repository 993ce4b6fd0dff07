// A vendor that takes ids of calls in one length: ids of others are fitted, a call and its result alike.
import { expect, test } from "bun:test";
import { fitRequest } from "../../../src/protocols/shared/fit-request.ts";
import { asObject, asText, at, type JsonObject } from "../../../src/std/json.ts";
import { assistant, call, request, result, text, tool, user } from "../../harness/builders.ts";
import { speaking } from "../../harness/crossing.ts";
import { MAKER } from "../../harness/dialects.ts";
import { objects } from "../../harness/scripted/rules.ts";

const OPTIONS = { upstreamModel: "m", defaultMaxOutputTokens: 256, maxOutputTokens: null };
const dialect = { ...MAKER, callIdChars: 9 };

/** Ids of the calls and of their results, as they are written. */
function written(ids: readonly string[], over: typeof MAKER = dialect): string[][] {
  const given = request({
    turns: [
      user(text("q")),
      assistant(...ids.map((id) => call(id, "f", "{}"))),
      tool(...ids.map((id) => result(id, [text("ok")]))),
    ],
  });
  const fitted = fitRequest(given, { dialect: over, native: false, hasCustomTools: true });
  expect(fitted.losses).toEqual([]);
  const body = speaking("openai").payload.writeRequest(fitted.value, { ...OPTIONS, dialect: over }).value;
  const messages: JsonObject[] = objects(body["messages"]);
  const calls = objects(messages.find((each) => each["tool_calls"] !== undefined)?.["tool_calls"]);
  const results = messages.filter((each) => each["role"] === "tool");
  return [calls.map((each) => asText(each["id"]) ?? ""), results.map((each) => asText(each["tool_call_id"]) ?? "")];
}

const FOREIGN = [
  "call_Step0Call0AbCdEfGhIjKlMn",
  "toolu_01Step0Call1",
  "rmg_58b8c36f8e1987bc33838673",
  "a",
  "nine-char",
];

test("ids that do not fit become nine letters and digits, and stay apart", () => {
  const [calls = [], results = []] = written(FOREIGN);
  expect(results).toEqual(calls);
  expect(calls.filter((id) => !/^[a-zA-Z0-9]{9}$/.test(id))).toEqual([]);
  expect(new Set(calls).size).toBe(FOREIGN.length);
  expect(written(FOREIGN)).toEqual([calls, results]);
});

test("the vendor's own ids stay, beside others", () => {
  const [calls = []] = written(["UByW1YDuT", "call_1"]);
  expect([calls[0], calls[1] === "call_1"]).toEqual(["UByW1YDuT", false]);
});

test("where any will do they stay", () => expect(written(FOREIGN, MAKER)[0]).toEqual(FOREIGN));

test("an end user is left out and told where the vendor knows none", () => {
  const given = request({ turns: [user(text("q"))], user: "u-1" });
  const fitted = fitRequest(given, {
    dialect: { ...MAKER, refusedSettings: ["user"] },
    native: false,
    hasCustomTools: true,
  });
  expect(fitted.losses.map(({ field }) => field)).toEqual(["user"]);
  const body = speaking("openai").payload.writeRequest(fitted.value, { ...OPTIONS, dialect: MAKER }).value;
  expect(at(asObject(body), "user")).toBeUndefined();
});
