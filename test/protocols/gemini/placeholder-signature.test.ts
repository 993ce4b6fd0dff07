// What stands for a missing signature seals nothing: no protocol loses it, and its own vendor gets it back.
import { describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../../src/protocols/index.ts";
import { OPTIONS } from "../../harness/protocol-builders.ts";

const { payload } = PROTOCOLS.gemini;

describe.each(["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"])("%s", (mark) => {
  const body = {
    model: "m",
    tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object", properties: {} } }] }],
    contents: [
      { role: "user", parts: [{ text: "Hi." }] },
      { role: "model", parts: [{ functionCall: { id: "a", name: "f", args: {} }, thoughtSignature: mark }] },
      { role: "user", parts: [{ functionResponse: { id: "a", name: "f", response: { output: "1" } } }] },
    ],
  };

  test.each(Object.values(PROTOCOLS).filter(({ id }) => id !== "gemini"))("$id: nothing is lost", (protocol) => {
    const { value, losses } = payload.readRequest(body);
    const written = protocol.payload.writeRequest(value, OPTIONS);
    expect([...losses, ...written.losses]).toEqual([]);
    expect(JSON.stringify(written.value)).not.toContain(mark);
  });

  test("its own vendor gets it back where it stood", () => {
    const written = payload.writeRequest(payload.readRequest(body).value, OPTIONS);
    expect(written.value["contents"]).toEqual(body.contents);
  });
});
