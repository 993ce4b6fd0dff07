// What the compiled gateway promises about who serves: a refusal that is waited for, the same model elsewhere, and what is
// said where no lane may stand in.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { question } from "../harness/client-words.ts";
import { type FakeUpstream, jsonStep, startFakeUpstream } from "../harness/fake-upstream.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";

const ADMIN = "admin-token-1";
const CHAT = "/v1/chat/completions";
const ANSWER = JSON.parse(OPENAI_WORDS.body(said({ pieces: ["Hello."] })));

let gateway: Gateway;
let first: FakeUpstream;
let second: FakeUpstream;

const config = (): string => `
listen: "127.0.0.1:0"
admin: { token_env: ADMIN }
providers:
  first: { protocol: openai, base_url: "${first.url}", api_key_env: K, allow_private: true }
  second: { protocol: openai, base_url: "${second.url}", api_key_env: K, allow_private: true }
  alone: { protocol: openai, base_url: "${first.url}", api_key_env: K, allow_private: true }
  picture-house: { protocol: openai, base_url: "${first.url}", api_key_env: K, allow_private: true }
models:
  patient: { provider: first }
  own: { provider: first, canonical: our-model, exact_model_failover: true }
  own-elsewhere: { provider: second, canonical: Our-Model }
  alone: { provider: alone, canonical: nobody-elses, exact_model_failover: true }
  blind: { provider: second, capabilities: { input: [text] } }
  seeing: { provider: picture-house, capabilities: { input: [text, image] } }
pools:
  format: { members: [ { target: patient }, { target: blind } ], translation: "off" }
  pictures: { members: [ { target: blind }, { target: seeing } ] }
  keeps: { members: [ { target: own, weight: 1000 }, { target: own-elsewhere, weight: 1 } ], failover: { keep: [model] } }
  waits: { members: [ { target: patient } ], on_exhausted: { action: wait, max_ms: 10000 } }
`;

beforeAll(async () => {
  [first, second] = await Promise.all([startFakeUpstream(), startFakeUpstream()]);
  gateway = await startGateway({ config: config(), env: { K: "key", ADMIN } });
}, 300_000);

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([first?.close(), second?.close()]);
}, 60_000);

interface Told {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer, looked into by the test that knows it
  readonly body: any;
}

async function ask(body: object, path = CHAT): Promise<Told> {
  const response = await fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Decisions are kept a moment after the answer. */
async function decisionOf({ headers }: Told): Promise<Told["body"]> {
  const url = `${gateway.url}/admin/decisions/${headers.get("x-ringmain-request-id")}`;
  const endMs = performance.now() + 10_000;
  for (;;) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${ADMIN}` } });
    if (answer.status === 200 || performance.now() > endMs) return answer.json();
    await answer.text();
  }
}

const busy = (seconds: number) =>
  jsonStep(429, { error: { message: "Slow down, please." } }, { "retry-after": `${seconds}` });

describe("a pool that waits", () => {
  test("serves the request that met the refusal itself, once the hint has passed", async () => {
    first.answer((_request, index) => [index === 0 ? busy(1) : jsonStep(200, ANSWER)]);
    const told = await ask(question("openai", { model: "waits" }));
    expect([told.status, told.headers.get("x-ringmain-attempts")]).toEqual([200, "2"]);
    expect(first.requests).toHaveLength(2);
    const decision = await decisionOf(told);
    expect(decision.queued_ms).toBeGreaterThanOrEqual(900);
    expect(decision.attempts.map((each: Told["body"]) => [each.lane, each.outcome])).toEqual([
      ["first/default/patient", "rate-limited"],
      ["first/default/patient", "answered"],
    ]);
  });
});

const user = (content: unknown) => ({ messages: [{ role: "user", content }] });
const REAL: Readonly<Record<string, object>> = {
  tools: { ...user("Hello."), tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }] },
  image: user([{ type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }]),
  schema: {
    ...user("Hello."),
    response_format: { type: "json_schema", json_schema: { name: "a", schema: { type: "object" } } },
  },
};

describe.each(["own", "keeps"])("a model outside the catalog at two providers, asked for as %s", (model) => {
  test.each(Object.entries(REAL))("%s: the other provider serves what the first one fails", async (_name, body) => {
    first.answer(() => [jsonStep(500, { error: { message: "broken" } })]);
    second.answer(() => [jsonStep(200, ANSWER)]);
    const told = await ask({ model, ...body });
    expect([told.status, told.headers.get("x-ringmain-lane")]).toEqual([200, "second/default/own-elsewhere"]);
  });
});

describe("a promise that cannot be kept", () => {
  test("is said as such for a single lane, with the vendor's words and every lane's own recovery", async () => {
    first.answer(() => [busy(40)]);
    const told = await ask({ model: "alone", ...user("Hello.") });
    expect([told.status, told.headers.get("x-ringmain-error"), told.headers.get("retry-after")]).toEqual([
      503,
      "exact_model_unavailable",
      "40",
    ]);
    const [tried] = told.body.error.gateway.tried;
    expect(tried).toMatchObject({ lane: "alone/default/alone", status: 429, message: "Slow down, please." });
    expect(tried.recoversInMs).toBeGreaterThan(38_000);
  });

  test("of an ability that one lane alone has", async () => {
    first.answer(() => [busy(20)]);
    const told = await ask({ model: "pictures", ...REAL["image"] });
    expect([told.status, told.headers.get("x-ringmain-error"), told.headers.get("retry-after")]).toEqual([
      503,
      "no_capable_fallback",
      "20",
    ]);
    expect(told.body.error.gateway.skipped).toEqual([
      { lane: "second/default/blind", because: "lacks-capability", lacks: ["image input"], recoversInMs: null },
    ]);
  });

  test("of a pool without the client's protocol names both, and what to add", async () => {
    const told = await ask({ model: "format", max_tokens: 5, ...user("Hello.") }, "/v1/messages");
    expect([told.status, told.headers.get("x-ringmain-error")]).toEqual([503, "missing_protocol"]);
    expect(told.body.error.message).toContain(
      'Nothing behind "format" speaks anthropic, this client\'s protocol, and translation is off. Add a model to it whose provider speaks anthropic',
    );
    expect(told.body.error.gateway.skipped).toHaveLength(2);
  });
});
