// Models that are named in the path: clients write the colons and slashes of an id raw or percent-encoded, and mean the same.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { type ScriptedVendor, startScripted } from "../harness/scripted/dialect.ts";
import { OPENAI_DIALECT } from "../harness/scripted/openai.ts";
import { ANSWER, QUESTION } from "../harness/scripted/script.ts";

const MODEL = "us.anthropic.claude-sonnet-v1:0";
const SLASHED = "team/smart";
const BODIES: Readonly<Record<string, unknown>> = {
  gemini: { contents: [{ role: "user", parts: [{ text: QUESTION }] }] },
  bedrock: { messages: [{ role: "user", content: [{ text: QUESTION }] }] },
};
/** The path of a whole answer, of protocols whose clients name the model nowhere else. */
const ROUTES = Object.values<Protocol>(PROTOCOLS).flatMap(({ id, payload, carrier }) =>
  carrier.routes
    .filter(({ operation, target, path }) => operation === "chat" && target.from === "param" && !/stream/i.test(path))
    .filter(() => id === payload.id && !carrier.routes.some(({ target }) => target.from === "body"))
    .slice(0, 1)
    .map(({ path }) => ({ id, path })),
);

let vendor: ScriptedVendor;
let gateway: Gateway;

beforeAll(async () => {
  vendor = await startScripted(OPENAI_DIALECT);
  gateway = await startGateway({
    env: { SCRIPTED_KEY: "scripted-vendor-key" },
    config: [
      'listen: "127.0.0.1:0"',
      `providers: { vendor: { protocol: openai, base_url: "${vendor.url}", api_key_env: SCRIPTED_KEY, allow_private: true } }`,
      "models:",
      `  "${MODEL}": { provider: vendor, upstream_model: text }`,
      `  "${SLASHED}": { provider: vendor, upstream_model: text }`,
      "",
    ].join("\n"),
  });
}, 300_000);

afterAll(async () => {
  await gateway.stop();
  await vendor.close();
}, 60_000);

for (const { id, path } of ROUTES) {
  for (const name of [MODEL, encodeURIComponent(MODEL), encodeURIComponent(SLASHED)]) {
    test(`${id}: ${name}`, async () => {
      const answer = await fetch(`${gateway.url}${path.replace(/:[a-z]+/i, name)}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(BODIES[id]),
      });
      const text = await answer.text();
      expect([answer.status, text.includes(ANSWER)]).toEqual([200, true]);
    });
  }
}

test("there is such a protocol", () => {
  expect(ROUTES.length).toBeGreaterThan(0);
});
