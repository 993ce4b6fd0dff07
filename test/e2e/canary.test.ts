// One known secret of each kind in one gateway, and every channel it has searched for them: what it writes, what it keeps,
// what it tells clients and operators. That the search finds a planted one is tested first.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { CANARIES, findInFolder, findSecret, keepSecret, secretsOf } from "../harness/canaries.ts";
import { question } from "../harness/client-words.ts";
import { type FakeUpstream, rawStep, startFakeUpstream } from "../harness/fake-upstream.ts";
import { type Broker, startBroker } from "../harness/mqtt-broker.ts";
import { said, wordsOf } from "../harness/vendor-words.ts";

const ADMIN = { authorization: `Bearer ${CANARIES.adminToken}`, "content-type": "application/json" };
const PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v2/chat"] as const;
const WORDS = ["openai", "anthropic", "responses", "cohere"] as const;
const CHANNELS = [
  "/stats",
  "/metrics",
  "/health",
  "/admin/keys",
  "/admin/audit",
  "/admin/usage",
  "/admin/decisions",
  "/admin/openapi.json",
] as const;

let upstream: FakeUpstream;
let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({ login: { username: "ringmain", password: CANARIES.displayPassword } });
  // Every second answer is an error that quotes what it was sent, as vendors do.
  let asked = 0;
  upstream = await startFakeUpstream((request) => {
    asked += 1;
    const words = wordsOf("openai");
    if (asked % 2 === 1) return [rawStep(200, words.body(said()), { "content-type": "application/json" })];
    const sent = String(request.headers["authorization"] ?? request.headers["x-api-key"] ?? "");
    const error = {
      error: {
        message: `Incorrect API key provided: ${sent} (${Buffer.from(sent).toString("base64")})`,
        type: "invalid_request_error",
      },
    };
    return [rawStep(asked % 4 === 0 ? 401 : 500, JSON.stringify(error), { "content-type": "application/json" })];
  });
}, 300_000);
afterAll(() => Promise.all([upstream.close(), broker.close()]));

const config = (): string => `listen: "127.0.0.1:0"
drain_secs: 2
admin: { token: "${CANARIES.adminToken}" }
auth: { mode: token, client_tokens: ["${CANARIES.clientToken}"], aws_keys: [{ access_key_id: AKIDCLIENT0000000, secret_access_key_env: AWS_CLIENT_SECRET, key: team-a }] }
governance: { enabled: true, db_path: ledger.db }
observability: { decisions: { db_path: decisions.db } }
log: { level: debug }
providers:
  up: { protocol: openai, base_url: "${upstream.url}", api_key_env: LANE_KEY, allow_private: true }
  aws: { protocol: bedrock, base_url: "${upstream.url}", api_key_env: AWS_LANE_PAIR, region: us-west-2, allow_private: true }
models:
  m: { provider: up, prices: { input_per_million_usd: 10, output_per_million_usd: 100 } }
  signed: { provider: aws, upstream_model: m }
displays: [{ type: awtrix, name: desk, url: "${broker.url}", username: ringmain, password: "${CANARIES.displayPassword}", prefix: canary, update_secs: 1 }]
`;
const env = {
  LANE_KEY: CANARIES.laneKey,
  AWS_CLIENT_SECRET: CANARIES.awsClientSecret,
  AWS_LANE_PAIR: `AKIDLANE000000000:${CANARIES.awsLaneSecret}`,
};

test("the search finds a planted secret in every place it looks, whatever its form", async () => {
  const gateway = await startGateway({ config: config(), env });
  const secrets = secretsOf(config(), env);
  expect(secrets).toEqual(expect.arrayContaining(Object.values(CANARIES)));
  for (const secret of Object.values(CANARIES)) {
    expect(findSecret(secrets, "stdout", `{"k":"${secret}"}`)).toContain("stdout");
    expect(findSecret(secrets, "a page", `x ${Buffer.from(secret).toString("base64")}`)).toContain("a page");
    expect(findSecret(secrets, "a page", `?key=${encodeURIComponent(secret)}`)).toContain("a page");
  }
  expect(findSecret(secrets, "stdout", "nothing of the kind")).toBeNull();
  await mkdir(join(gateway.folder, "spool"));
  await writeFile(join(gateway.folder, "spool", "w1.jsonl"), `{"caller":"${CANARIES.laneKey}"}`);
  expect(await findInFolder(secrets, gateway.folder, new Set())).not.toBeNull();
  expect(await gateway.stop().then(String, (error: Error) => error.message)).toContain("w1.jsonl");
}, 60_000);

test("no secret is in anything a gateway writes, keeps or tells", async () => {
  const gateway = await startGateway({ config: config(), env });
  const told: [where: string, text: string][] = [];
  const note = async (where: string, response: Response): Promise<void> => {
    told.push([where, `${JSON.stringify([...response.headers])}\n${await response.text()}`]);
  };
  const secret = await keyOf(gateway);
  for (const [at, path] of PATHS.entries()) {
    for (const credential of [secret, `${secret}x`, CANARIES.clientToken, CANARIES.adminToken, CANARIES.laneKey]) {
      for (const model of ["m", "signed", "nobody", credential]) {
        const body = JSON.stringify({ ...question(WORDS[at] ?? "openai", { model }), max_tokens: 5 });
        const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json" };
        const answer = await fetch(`${gateway.url}${path}`, { method: "POST", headers, body });
        await note(`${path} ${model} ${answer.status}`, answer);
      }
    }
  }
  for (const pasted of [secret, CANARIES.clientToken, CANARIES.adminToken, CANARIES.laneKey]) {
    await paste(gateway, secret, pasted, note);
  }
  for (const path of CHANNELS) await note(path, await fetch(`${gateway.url}${path}`, { headers: ADMIN }));
  for (const path of CHANNELS) await note(`${path}, asked by nobody`, await fetch(`${gateway.url}${path}`));
  told.push(["the command line", await readFile(`/proc/${gateway.pid}/cmdline`, "latin1")]);
  told.push(["a display", JSON.stringify(broker.seen)]);
  // Answers, refusals of the gateway and errors of vendors that quote a key were all among it.
  for (const what of ["/v1/chat/completions m 200", " m 401", " signed 5", " nobody 404"]) {
    expect([what, told.some(([where]) => where.includes(what))]).toEqual([what, true]);
  }
  const secrets = secretsOf(config(), env);
  expect(told.flatMap(([where, text]) => findSecret(secrets, where, text) ?? [])).toEqual([]);
  // Both outputs, both databases and what lies beside them.
  expect(await gateway.stop()).toBe(0);
}, 120_000);

/** A credential where none belongs: in a prompt, a name, a header, a path, a query, the name of a key. */
async function paste(
  gateway: Gateway,
  secret: string,
  pasted: string,
  note: (where: string, response: Response) => Promise<void>,
): Promise<void> {
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const asked = (model: string, content = "hi") => ({ model, max_tokens: 5, messages: [{ role: "user", content }] });
  const post = (path: string, body: object, more = {}) =>
    fetch(`${gateway.url}${path}`, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(body) });
  for (const path of ["/v1/chat/completions", "/v1/messages"]) {
    const encoded = Buffer.from(pasted).toString("base64");
    for (const model of [pasted, `up/${pasted}`, `x${pasted}`, `m:${pasted}`, `${pasted}\n`, encoded]) {
      const answer = await post(path, asked(model));
      await note(`${path} pasted ${answer.status}`, answer);
    }
    await note(`${path} a prompt`, await post(path, asked("m", pasted)));
    for (const name of ["x-ringmain-project", "x-session-id", "x-request-id", "idempotency-key", "user-agent"]) {
      await note(`${path} ${name}`, await post(path, asked("m"), { [name]: pasted }));
    }
    await note(`${path} a query`, await post(`${path}?api-version=${pasted}&x=${pasted}`, asked("m")));
    const odd = { ...asked("m"), [pasted]: 1, tool_choice: pasted, stop: pasted, metadata: { user_id: pasted } };
    await note(`${path} a member`, await post(path, odd));
  }
  await note("a model's page", await fetch(`${gateway.url}/v1/models/${pasted}`, { headers }));
  await note("a path", await fetch(`${gateway.url}/v1/${pasted}/chat`, { headers }));
  for (const fields of [{ name: pasted }, { name: "k", project: pasted }, { name: "k", labels: { team: pasted } }]) {
    const made = await fetch(`${gateway.url}/admin/keys`, {
      method: "POST",
      headers: ADMIN,
      body: JSON.stringify(fields),
    });
    const text = await made.text();
    if (made.status === 201) keepSecret((JSON.parse(text) as { secret: string }).secret);
    else await note(`a key named like a secret, ${made.status}`, new Response(text));
  }
}

async function keyOf(gateway: Gateway): Promise<string> {
  const made = await fetch(`${gateway.url}/admin/keys`, { method: "POST", headers: ADMIN, body: '{"name":"canary"}' });
  expect(made.status).toBe(201);
  const { secret } = (await made.json()) as { secret: string };
  return keepSecret(secret);
}
