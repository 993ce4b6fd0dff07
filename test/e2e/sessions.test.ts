// An agent's session over real sockets against the compiled program: it begins at the first member, goes on where it was
// served when that one fails, is told of the switch, and stays there when the first one is back.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { question } from "../harness/client-words.ts";
import { type FakeUpstream, type Step, startFakeUpstream } from "../harness/fake-upstream.ts";
import { ask, post } from "../harness/raw-client.ts";
import { said, wordsOf } from "../harness/vendor-words.ts";

let work: FakeUpstream;
let home: FakeUpstream;
let gateway: Gateway;

const answer = (status: string, body: string): Step[] => [
  {
    do: "write",
    bytes: `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  },
  { do: "end" },
];
const well = (): Step[] => answer("200 OK", wordsOf("openai").body(said()));
const broken = (): Step[] => answer("500 Internal Server Error", "{}");

beforeAll(async () => {
  [work, home] = await Promise.all([startFakeUpstream(well), startFakeUpstream(well)]);
  gateway = await startGateway({
    config: `
auth: { mode: none }
providers:
  work: { protocol: openai, base_url: "${work.url}", allow_private: true, accounts: [{ id: one, api_key_env: KEY }, { id: two, api_key_env: KEY }] }
  home: { protocol: openai, base_url: "${home.url}", allow_private: true, accounts: [{ id: one, api_key_env: KEY }, { id: two, api_key_env: KEY }] }
models:
  first: { provider: work }
  second: { provider: home }
pools:
  both: { select: ordered, members: [{ target: first }, { target: second }] }
`,
    env: { KEY: "sk-test" },
  });
}, 30_000);

afterAll(async () => {
  await gateway.stop();
  await Promise.all([work.close(), home.close()]);
});

interface Turn {
  readonly ingress: "openai" | "anthropic" | "responses";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

const AGENTS: readonly (readonly [string, Turn])[] = [
  ["Claude Code", { ingress: "anthropic", path: "/v1/messages", headers: { "x-claude-code-session-id": "cc" } }],
  ["Codex", { ingress: "responses", path: "/v1/responses", headers: { "session-id": "cx" } }],
  ["OpenCode", { ingress: "openai", path: "/v1/chat/completions", headers: { "x-session-affinity": "oc" } }],
  ["a body's own name", { ingress: "responses", path: "/v1/responses", more: { prompt_cache_key: "k" } }],
];

test.each(AGENTS)("%s", async (_name, { ingress, path, headers = {}, more = {} }) => {
  const turn = async () => {
    const body = JSON.stringify(question(ingress, { model: "both", more }));
    const got = await ask(gateway.port, post(path, body, headers));
    expect(got.status).toBe(200);
    return { lane: got.headers["x-ringmain-lane"] ?? "", told: got.headers["x-ringmain-switch"] };
  };
  work.answer(well);
  const begun = await turn();
  expect([begun.lane.split("/")[0], begun.told]).toEqual(["work", undefined]);
  for (let at = 0; at < 4; at += 1) expect(await turn()).toEqual(begun);
  work.answer(broken);
  const moved = await turn();
  expect(moved.lane.split("/")[0]).toBe("home");
  expect(moved.told).toBe(`from=${begun.lane}; to=${moved.lane}; reason=server-error; tier=unknown`);
  work.answer(well);
  for (let at = 0; at < 4; at += 1) expect(await turn()).toEqual({ lane: moved.lane, told: undefined });
});
