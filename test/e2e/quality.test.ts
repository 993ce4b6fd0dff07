// The quality gate over real sockets against the compiled program: a refusal never reaches the client, the next lane's answer
// does, whole and streamed, and a judge at another vendor decides where the look of an answer does not.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { question, see } from "../harness/client-words.ts";
import { type FakeUpstream, type Step, startFakeUpstream } from "../harness/fake-upstream.ts";
import { ask, get, post } from "../harness/raw-client.ts";
import { said, wordsOf } from "../harness/vendor-words.ts";

let poor: FakeUpstream;
let good: FakeUpstream;
let judge: FakeUpstream;
let gateway: Gateway;

const REFUSAL = "I'm sorry, but I can't help with that.";
const ANSWER = "Light of short waves is scattered more by the air, and what is scattered is what we see.";
const WORDS = wordsOf("openai");

function answer(type: string, body: string): Step[] {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return [{ do: "write", bytes: `${head}${body}` }, { do: "end" }];
}

const saying = (text: string) => (request: { readonly body: Buffer }) =>
  JSON.parse(request.body.toString()).stream === true
    ? answer("text/event-stream", WORDS.frames(said({ pieces: [text] }), { usage: true }).join(""))
    : answer("application/json", WORDS.body(said({ pieces: [text] })));

/** Grades by what stands in the document, as a model would. */
const judging = (request: { readonly body: Buffer }) => {
  const text = JSON.stringify(JSON.parse(request.body.toString()).messages);
  const id = /\{\\"id\\": \\"([A-Za-z0-9]+)\\"/.exec(text)?.[1] ?? "";
  const verdict = JSON.stringify({ id, score: text.includes("scattered") ? 0.9 : 0.1 });
  return answer("application/json", WORDS.body(said({ pieces: [verdict] })));
};

beforeAll(async () => {
  [poor, good, judge] = await Promise.all([
    startFakeUpstream(saying(REFUSAL)),
    startFakeUpstream(saying(ANSWER)),
    startFakeUpstream(judging),
  ]);
  const provider = (name: string, { url }: FakeUpstream) =>
    `  ${name}: { protocol: openai, base_url: "${url}", allow_private: true, api_key_env: KEY }\n`;
  gateway = await startGateway({
    config: `
auth: { mode: none }
providers:
${provider("poor", poor)}${provider("good", good)}${provider("grader", judge)}
models:
  cheap: { provider: poor }
  dear: { provider: good }
  wise: { provider: grader }
pools:
  auto: { select: ordered, members: [{ target: cheap }, { target: dear }], quality: { threshold: 0.72 } }
  only: { members: [{ target: cheap }], quality: { threshold: 0.72 } }
  best: { members: [{ target: cheap }], quality: { threshold: 0.72, on_below: return_best } }
  graded: { select: ordered, members: [{ target: cheap }, { target: dear }], quality: { threshold: 0.72, evaluators: [{ kind: structural }, { kind: judge, model: wise }] } }
`,
    env: { KEY: "sk-test" },
  });
}, 30_000);

afterAll(async () => {
  await gateway.stop();
  await Promise.all([poor.close(), good.close(), judge.close()]);
});

const PATHS = { openai: "/v1/chat/completions", anthropic: "/v1/messages", responses: "/v1/responses" } as const;
type Client = keyof typeof PATHS;
const CLIENTS: readonly Client[] = ["openai", "anthropic", "responses"];

function asked(client: Client, model: string, stream: boolean) {
  const body = JSON.stringify(question(client, { model, stream, text: "Why is the sky blue?" }));
  return ask(gateway.port, post(PATHS[client], body));
}

describe.each(["auto", "graded"])("a %s pool", (model) => {
  test.each(CLIENTS.flatMap((client) => [false, true].map((stream) => [client, stream] as const)))(
    "gives a %s client the answer that is good enough (streamed: %p)",
    async (client, stream) => {
      const got = await asked(client, model, stream);
      expect([got.status, see(client, got.body.toString()).text]).toEqual([200, ANSWER]);
      expect(got.body.toString()).not.toContain("sorry");
      expect(got.headers["x-ringmain-switch"]).toContain("reason=low-quality");
      expect(got.headers["x-ringmain-quality"]).toContain("threshold=0.72");
      expect(got.headers["x-ringmain-buffered"]).toBe(stream ? "quality" : undefined);
    },
  );
});

test("an answer that is not good enough stays here", async () => {
  const got = await asked("openai", "only", true);
  expect([got.status, got.headers["x-ringmain-error"]]).toEqual([503, "no_suitable_model_available"]);
  expect(got.body.toString()).not.toContain("sorry");
});

test("or is the best there is, and marked", async () => {
  const got = await asked("openai", "best", true);
  expect([got.status, see("openai", got.body.toString()).text, got.headers["x-ringmain-degraded"]]).toEqual([
    200,
    REFUSAL,
    "quality",
  ]);
});

test("metrics count what passed and what did not", async () => {
  const body = (await ask(gateway.port, get("/metrics"))).body.toString();
  expect(body).toContain('ringmain_quality_answers_total{pool="auto",lane="poor/default/cheap",outcome="rejected"} 6');
  expect(body).toContain('ringmain_quality_answers_total{pool="auto",lane="good/default/dear",outcome="passed"} 6');
  expect(body).toContain('ringmain_quality_answers_total{pool="best",lane="poor/default/cheap",outcome="degraded"} 1');
});
