// Vendors that want reasoning back refuse a call without it, and a null beside it; a client may have lost it, or keep each
// chunk of a streamed answer as a turn of its own.
import { expect, test } from "bun:test";
import { assistant, call, reasoning, request, result, text, tool, user } from "../../harness/builders.ts";
import { speaking } from "../../harness/crossing.ts";
import { MAKER } from "../../harness/dialects.ts";
import { objects } from "../../harness/scripted/rules.ts";

const CALL = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
const made = call("c1", "f", "{}");

const CASES: readonly (readonly [name: string, turns: Parameters<typeof assistant>[], sent: object[]])[] = [
  ["said", [[reasoning("Hm."), made]], [{ content: "", reasoning_content: "Hm.", tool_calls: [CALL] }]],
  [
    "said beside words",
    [[reasoning("Hm."), text("a"), made]],
    [{ content: "a", reasoning_content: "Hm.", tool_calls: [CALL] }],
  ],
  ["lost", [[made]], [{ content: "", reasoning_content: " ", tool_calls: [CALL] }]],
  ["lost beside words", [[text("a"), made]], [{ content: "a", reasoning_content: " ", tool_calls: [CALL] }]],
  [
    "in chunks",
    [[reasoning("H")], [reasoning("m.")], [made]],
    [{ content: "", reasoning_content: "Hm.", tool_calls: [CALL] }],
  ],
  [
    "in chunks with words",
    [[reasoning("Hm.")], [text("a")], [text("b")], [made]],
    [{ content: "ab", reasoning_content: "Hm.", tool_calls: [CALL] }],
  ],
];

for (const [name, turns, sent] of CASES) {
  test(`reasoning before a call: ${name}`, () => {
    const given = request({
      turns: [user(text("q")), ...turns.map((blocks) => assistant(...blocks)), tool(result("c1", [text("ok")]))],
    });
    const written = speaking("openai").payload.writeRequest(given, {
      upstreamModel: "m",
      defaultMaxOutputTokens: 256,
      maxOutputTokens: null,
      dialect: { ...MAKER, reasoningBack: "required" },
    });
    const messages: unknown = written.value["messages"];
    expect(messages).toEqual([
      { role: "user", content: "q" },
      ...sent.map((each) => ({ role: "assistant", ...each })),
      { role: "tool", tool_call_id: "c1", content: "ok" },
    ]);
  });
}

test("a client's own null beside reasoning that was given back to it becomes an empty text", () => {
  const said = { role: "assistant", content: null, reasoning_content: "Hm.", tool_calls: [CALL] };
  const body = {
    model: "m",
    messages: [{ role: "user", content: "q" }, said, { role: "tool", tool_call_id: "c1", content: "ok" }],
  };
  const { payload } = speaking("openai");
  const written = (dialect: typeof MAKER): unknown => {
    const options = { upstreamModel: "m", defaultMaxOutputTokens: 256, maxOutputTokens: null, dialect };
    return objects(payload.writeRequest(payload.readRequest(body).value, options).value["messages"])[1];
  };
  expect(written({ ...MAKER, reasoningBack: "required" })).toEqual({ ...said, content: "" });
  expect(written(MAKER)).toEqual(said);
});
