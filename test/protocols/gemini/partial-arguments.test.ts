// Arguments of a call streamed by their paths (`streamFunctionCallArguments`) have no place in another protocol. A call
// without them would be another one than the model made, so the answer is refused; and asking for it is told as lost.
import { describe, expect, test } from "bun:test";
import { gemini } from "../../../src/protocols/gemini/index.ts";
import { ALL, toLane } from "../../harness/crossing.ts";

const PIECES = [
  { name: "book", partialArgs: [{ jsonPath: "$.city", stringValue: "Par", willContinue: true }], willContinue: true },
  { name: "book", willContinue: true },
  { partialArgs: [{ jsonPath: "$.city", stringValue: "is" }] },
  { name: "book", partial_args: [{ json_path: "$.n", number_value: 1 }], will_continue: true },
];

describe.each(PIECES)("a piece of a call: %j", (functionCall) => {
  const candidate = { content: { role: "model", parts: [{ functionCall }] }, index: 0 };

  test("ends a stream as no answer, and makes up no call", () => {
    const reader = gemini.payload.createStreamReader();
    const events = [
      ...reader.push({ event: null, data: JSON.stringify({ candidates: [candidate] }) }),
      ...reader.end(),
    ];
    expect(events.filter(({ type }) => type === "block-start")).toEqual([]);
    expect(events.at(-1)).toEqual({ type: "failed", error: "malformed" });
  });

  test("is refused in words in a whole answer and in a history", () => {
    const body = { candidates: [{ ...candidate, finishReason: "STOP" }] };
    expect(() => gemini.payload.readResponse(body)).toThrow("partialArgs cannot be carried");
    const contents = [{ role: "user", parts: [{ text: "?" }] }, candidate.content];
    expect(() => gemini.payload.readRequest({ contents })).toThrow("contents[1].parts[0].functionCall");
  });
});

test.each([{}, { partialArgs: [] }, { willContinue: false }, { partialArgs: null, willContinue: null }])(
  "a call that is whole is one, whatever it says of pieces: %j",
  (members) => {
    const functionCall = { name: "book", args: { city: "Paris" }, ...members };
    const body = { candidates: [{ content: { parts: [{ functionCall }] }, finishReason: "STOP" }] };
    expect(gemini.payload.readResponse(body).value.choices[0]?.blocks).toMatchObject([
      { type: "tool-call", name: "book", arguments: '{"city":"Paris"}' },
    ]);
  },
);

test.each(ALL.map(({ id }) => id).filter((id) => id !== "gemini"))("asking for it is told as lost at %s", (lane) => {
  const tools = [
    { functionDeclarations: [{ name: "book", parametersJsonSchema: { type: "object", properties: {} } }] },
  ];
  const toolConfig = { functionCallingConfig: { mode: "AUTO", streamFunctionCallArguments: true } };
  const { losses } = toLane("gemini", lane, {
    contents: [{ role: "user", parts: [{ text: "?" }] }],
    tools,
    toolConfig,
  });
  expect(losses.filter(({ how }) => how === "dropped").map(({ field }) => field)).toEqual(["toolConfig"]);
});
