// A call of another vendor in the history of a Gemini client: its seal is left out, and the vendor's word for a call without
// a signature stands in its place, where the model demands one.
import { expect, test } from "bun:test";
import { writeBase64Tag } from "../../../src/protocols/shared/signature-tag.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { speaking } from "../../harness/crossing.ts";
import { makersDialect } from "../../harness/dialects.ts";

const FOREIGN = writeBase64Tag("signature", { issuer: "anthropic", value: "c2VhbGVkIGVsc2V3aGVyZSwgbG9uZyBlbm91Z2g=" });
const OWN = "R2VtaW5pU2lnbmF0dXJlLCBsb25nIGVub3VnaCB0bw==";
const SKIP = "skip_thought_signature_validator";
const user = { role: "user", parts: [{ text: "a" }] };
const model = (...calls: JsonObject[]) => ({ role: "model", parts: calls });
const call = (signature?: string) => ({
  functionCall: { name: "f", args: {} },
  ...(signature === undefined ? {} : { thoughtSignature: signature }),
});
const result = { role: "user", parts: [{ functionResponse: { name: "f", response: { output: "ok" } } }] };

const CASES: readonly (readonly [name: string, model: string, given: JsonObject[], sent: JsonObject[]])[] = [
  ["the first call", "gemini-3.1-pro-preview", [user, model(call(FOREIGN)), result], [user, model(call(SKIP)), result]],
  [
    "each step",
    "gemini-3.1-pro-preview",
    [user, model(call(FOREIGN)), result, model(call(FOREIGN)), result],
    [user, model(call(SKIP)), result, model(call(SKIP)), result],
  ],
  [
    "beside the vendor's own",
    "gemini-3.1-pro-preview",
    [user, model(call(FOREIGN)), result, model(call(OWN)), result],
    [user, model(call(SKIP)), result, model(call(OWN)), result],
  ],
  [
    "a turn that is over",
    "gemini-3.1-pro-preview",
    [user, model(call(FOREIGN)), result, user],
    [user, model(call()), result, user],
  ],
  ["a model that demands none", "gemini-2.5-pro", [user, model(call(FOREIGN)), result], [user, model(call()), result]],
  [
    "what the client itself left out",
    "gemini-3.1-pro-preview",
    [user, model(call()), result],
    [user, model(call()), result],
  ],
];

for (const [name, upstreamModel, contents, sent] of CASES) {
  test(`a foreign seal: ${name}`, () => {
    const { payload } = speaking("gemini");
    const dialect = makersDialect("gemini", upstreamModel);
    const options = { upstreamModel, defaultMaxOutputTokens: 256, maxOutputTokens: null, dialect };
    const written = payload.writeRequest(payload.readRequest({ contents }).value, options);
    expect(JSON.parse(JSON.stringify(written.value["contents"]))).toEqual(sent);
  });
}
