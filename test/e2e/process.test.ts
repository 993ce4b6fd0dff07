// The program as an operator meets it: starts, refusals to start, signals, crashes, hostile folders, and secrets that stay.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Gateway, runCommand, startGateway } from "../harness/binary.ts";
import { question, see } from "../harness/client-words.ts";
import { rawStep, startFakeUpstream } from "../harness/fake-upstream.ts";
import { CANARY, configText, ENV } from "../harness/gateway-config.ts";
import { ask, connectRaw, get, post } from "../harness/raw-client.ts";
import { said, VENDOR_WORDS } from "../harness/vendor-words.ts";
import { startVendor, type Vendor } from "../harness/vendors.ts";

const MODELS = [
  "text",
  "gated-mid",
  "hang",
  "bad-key",
  "no-money",
  "rejected",
  "limited",
  "broken",
  "reset",
  "error-mid",
  "html",
];
const CHAT = "/v1/chat/completions";

let vendors: Record<"openai" | "anthropic", Vendor>;

beforeAll(async () => {
  vendors = { openai: await startVendor("openai"), anthropic: await startVendor("anthropic") };
}, 300_000);

afterAll(() => Promise.all([vendors.openai.close(), vendors.anthropic.close()]));

const config = (more = ""): string => configText({ ...vendors, models: MODELS, more });
const asking = (model: string, stream = false): Uint8Array =>
  post(CHAT, JSON.stringify(question("openai", { model, stream })));

describe("commands", () => {
  test("serve without a configuration says what to do and exits 1", async () => {
    const run = await runCommand(["serve"]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("ringmain init");
    expect(run.stderr).toContain("ringmain demo");
    expect(run.stdout).toBe("");
  });

  test("serve with a path that does not exist exits 1 and names it", async () => {
    const run = await runCommand(["serve", "--config", "not-there.yaml"]);
    expect([run.code, run.stderr.includes("not-there.yaml")]).toEqual([1, true]);
  });

  test("serve with a broken configuration exits 1 and names the place", async () => {
    const run = await runCommand(["serve", "--config", "config.yaml"], {
      files: { "config.yaml": "providers: {}\nmodels:\n  a: { provider: nobody }\n" },
    });
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/config\.yaml.*3/);
  });

  test("check exits 0, 1 and 2", async () => {
    const files = { "good.yaml": config(), "bad.yaml": config("lisen: 1"), "broken.yaml": "a: [" };
    const good = await runCommand(["check", "--config", "good.yaml"], { files, env: ENV });
    expect([good.code, good.stdout.includes("openai-text")]).toEqual([0, true]);
    const bad = await runCommand(["check", "--config", "bad.yaml"], { files, env: ENV });
    expect([bad.code, `${bad.stdout}${bad.stderr}`.includes("lisen")]).toEqual([1, true]);
    const broken = await runCommand(["check", "--config", "broken.yaml"], { files });
    expect(broken.code).toBe(1);
    expect((await runCommand(["check", "--nonsense"])).code).toBe(2);
    expect((await runCommand(["nonsense"])).code).toBe(2);
  });

  test("version and help say so", async () => {
    const version = await runCommand(["version"]);
    expect([version.code, /\d+\.\d+\.\d+/.test(version.stdout)]).toEqual([0, true]);
    expect((await runCommand(["--version"])).code).toBe(0);
    for (const args of [["help"], ["--help"], ["serve", "--help"], ["check", "--help"]]) {
      const help = await runCommand(args);
      expect([args, help.code, help.stdout.includes("Usage:")]).toEqual([args, 0, true]);
    }
  });

  test("a port that is taken is said, with exit 1", async () => {
    const upstream = await startFakeUpstream();
    const taken = new URL(upstream.url).port;
    const run = await runCommand(["serve", "--config", "config.yaml", "--listen", `127.0.0.1:${taken}`], {
      files: { "config.yaml": config() },
      env: ENV,
    });
    expect([run.code, run.stderr.includes(taken)]).toEqual([1, true]);
    await upstream.close();
  });

  test("a public address without authentication is refused", async () => {
    const run = await runCommand(["serve", "--config", "config.yaml"], {
      files: { "config.yaml": config().replace("127.0.0.1:0", "0.0.0.0:0") },
      env: ENV,
    });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("allow_open_relay");
  });

  test("an environment that switches off certificates is refused", async () => {
    const run = await runCommand(["serve", "--config", "config.yaml"], {
      files: { "config.yaml": config() },
      env: { ...ENV, NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    });
    expect([run.code, run.stderr.includes("NODE_TLS_REJECT_UNAUTHORIZED")]).toEqual([1, true]);
  });
});

/** Requests one after the other until the gateway says that it is not ready: far more than a message needs. */
const READY_ASKED_MAX = 2_000;

describe("signals and crashes", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`${signal} lets a running stream end, refuses new work, and exits 0`, async () => {
      const vendor = await startVendor("openai");
      const gateway = await startGateway({
        config: configText({ openai: vendor, anthropic: vendors.anthropic, models: MODELS }),
        env: ENV,
      });
      const client = await connectRaw(gateway.port);
      client.write(asking("openai-gated-mid", true));
      await client.saw("Hel");
      gateway.signal(signal);
      await gateway.wrote(signal);
      // The word reaches the worker a moment after the line was written; from then on it is not ready, or not there.
      const readyStatus = () =>
        ask(gateway.port, get("/readyz")).then(
          (answer) => answer.status,
          () => 503,
        );
      let ready = await readyStatus();
      for (let asked = 1; ready === 200 && asked < READY_ASKED_MAX; asked++) ready = await readyStatus();
      expect(ready).toBe(503);
      vendor.open();
      const answer = await client.answer();
      expect(see("openai", answer.body.toString())).toMatchObject({
        text: "Hello, wörld.",
        error: null,
        endings: ["[DONE]"],
      });
      expect(await gateway.exited).toBe(0);
      await vendor.close();
    }, 60_000);
  }

  test("an idle gateway stops at once", async () => {
    const gateway = await startGateway({ config: config(), env: ENV });
    expect((await ask(gateway.port, asking("openai-text"))).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
    expect(connectRaw(gateway.port)).rejects.toThrow();
  }, 60_000);

  test("a second signal does not wait for a silent vendor", async () => {
    const gateway = await startGateway({ config: config(), env: ENV });
    const before = vendors.openai.requests.length;
    const client = await connectRaw(gateway.port);
    client.write(asking("openai-hang", true));
    await vendors.openai.received(before + 1);
    gateway.signal("SIGTERM");
    await gateway.wrote("SIGTERM");
    gateway.signal("SIGTERM");
    expect(await gateway.exited).toBe(0);
    await vendors.openai.requests[before]?.gone;
    await client.closed;
  }, 60_000);

  test("SIGHUP changes nothing, and is said", async () => {
    const gateway = await startGateway({ config: config(), env: ENV });
    gateway.signal("SIGHUP");
    await gateway.wrote("SIGHUP");
    expect((await ask(gateway.port, asking("openai-text"))).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
  }, 60_000);

  test("a worker that is killed is replaced", async () => {
    const gateway = await startGateway({ config: config(), env: ENV });
    const before = await childrenOf(gateway.pid);
    expect(before).toHaveLength(1);
    for (const pid of before) process.kill(pid, "SIGKILL");
    await gateway.wrote("SIGKILL");
    expect(await servedAgain(gateway)).toBe(200);
    const after = await childrenOf(gateway.pid);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect(await gateway.stop()).toBe(0);
  }, 60_000);

  test("workers end when their supervisor is killed", async () => {
    const gateway = await startGateway({ config: config(), env: ENV });
    const workers = await childrenOf(gateway.pid);
    gateway.signal("SIGKILL");
    // Resolves only when the workers have closed the outputs they share with it.
    await gateway.exited;
    expect(workers.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]);
  }, 60_000);
});

test("nothing of the folder it is started in is loaded or run", async () => {
  const evil = 'await Bun.write("pwned.txt", "yes"); console.log("pwned");';
  const files = {
    "bunfig.toml": 'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n',
    "evil.ts": evil,
    ".env": "OPENAI_TEST_KEY=from-dotenv\nSTOLEN=from-dotenv\nNODE_TLS_REJECT_UNAUTHORIZED=0\n",
    "tsconfig.json": '{"compilerOptions":{"paths":{"*":["./evil.ts"]}}}',
    "package.json": '{"name":"evil","main":"./evil.ts","scripts":{"preinstall":"./evil.ts"}}',
  };
  const gateway = await startGateway({ config: config(), env: ENV, files });
  const before = vendors.openai.requests.length;
  expect((await ask(gateway.port, asking("openai-text"))).status).toBe(200);
  expect(existsSync(join(gateway.folder, "pwned.txt"))).toBe(false);
  expect(vendors.openai.requests[before]?.headers["authorization"]).toBe(`Bearer ${ENV.OPENAI_TEST_KEY}`);
  expect(`${gateway.stdout()}${gateway.stderr()}`).not.toContain("pwned");
  expect(await gateway.stop()).toBe(0);

  const missing = await runCommand(["check", "--config", "config.yaml"], {
    files: { ...files, "config.yaml": config().replaceAll("OPENAI_TEST_KEY", "STOLEN") },
    env: ENV,
  });
  expect(`${missing.stdout}${missing.stderr}`).toContain("STOLEN");
}, 60_000);

test("no secret is ever shown: not in logs, statistics, metrics, or any answer, whatever goes wrong", async () => {
  const shown: string[] = [];
  const more = `auth: { mode: token, client_tokens_env: [CLIENT_TOKEN] }\nadmin: { token_env: ADMIN_TOKEN }\nlog: { level: debug, format: json }`;
  const env = { ...ENV, CLIENT_TOKEN: `client-token-${CANARY}`, ADMIN_TOKEN: `admin-token-${CANARY}` };
  const gateway = await startGateway({ config: config(more), env });
  const headers = { authorization: `Bearer ${env.CLIENT_TOKEN}` };
  const keep = ({ status, headers: given, body }: Awaited<ReturnType<typeof ask>>): void => {
    shown.push(`${status} ${JSON.stringify(given)} ${body.toString()}`);
  };
  for (const { path, protocol } of VENDOR_WORDS) {
    for (const vendor of ["openai", "anthropic"]) {
      for (const model of MODELS.filter((each) => each !== "hang" && each !== "gated-mid")) {
        for (const stream of [false, true])
          keep(
            await ask(
              gateway.port,
              post(path, JSON.stringify(question(protocol, { model: `${vendor}-${model}`, stream })), headers),
            ),
          );
      }
    }
    keep(await ask(gateway.port, post(path, "{}", { authorization: `Bearer wrong-${CANARY.toUpperCase()}` })));
    keep(await ask(gateway.port, post(path, "not json", headers)));
    keep(await ask(gateway.port, post(path, JSON.stringify(question(protocol, { model: "nobody" })), headers)));
  }
  for (const path of ["/stats", "/metrics", "/readyz", "/healthz", "/v1/models"]) {
    keep(await ask(gateway.port, get(path, { authorization: `Bearer ${env.ADMIN_TOKEN}` })));
    keep(await ask(gateway.port, get(path, headers)));
  }
  expect(await gateway.stop()).toBe(0);
  const all = [...shown, gateway.stdout(), gateway.stderr()].join("\n");
  expect(all.length).toBeGreaterThan(10_000);
  expect(all).not.toContain(CANARY);
  expect(await Bun.file(join(gateway.folder, "pwned.txt")).exists()).toBe(false);
}, 60_000);

test("a vendor that echoes the key in its error does not get it shown to the client", async () => {
  const upstream = await startFakeUpstream((request) => [
    rawStep(
      400,
      JSON.stringify({
        error: {
          message: `Bad request with ${request.headers["authorization"]}`,
          type: "invalid_request_error",
          code: null,
        },
      }),
      { "content-type": "application/json" },
    ),
  ]);
  const gateway = await startGateway({
    config: configText({ ...vendors, openai: { ...vendors.openai, url: upstream.url }, models: ["text"] }),
    env: ENV,
  });
  const relayed = await ask(gateway.port, asking("openai-text"));
  const translated = await ask(
    gateway.port,
    post("/v1/messages", JSON.stringify(question("anthropic", { model: "openai-text" }))),
  );
  await gateway.stop();
  await upstream.close();
  expect([relayed.status, translated.status]).toEqual([400, 400]);
  expect(`${gateway.stdout()}${gateway.stderr()}`).not.toContain(CANARY);
  expect(relayed.body.toString()).not.toContain(CANARY);
  expect(translated.body.toString()).not.toContain(CANARY);
}, 60_000);

test("only a known token is let in, wherever clients put it, and the answer to others tells nothing", async () => {
  const gateway = await startGateway({
    config: config("auth: { mode: token, client_tokens_env: [CLIENT_TOKEN] }"),
    env: { ...ENV, CLIENT_TOKEN: "the-right-token" },
  });
  const body = JSON.stringify(question("openai", { model: "openai-text" }));
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await ask(gateway.port, post(CHAT, body, headers))).status;
  const before = vendors.openai.requests.length;
  const refused = [
    {},
    { authorization: "Bearer wrong" },
    { authorization: "Bearer " },
    { authorization: "Basic dGhlLXJpZ2h0LXRva2Vu" },
    { authorization: "Bearer wrong", "x-api-key": "other" },
    { authorization: "Bearer wrong, Bearer other" },
    { cookie: "token=the-right-token" },
  ];
  const bodies: string[] = [];
  for (const headers of refused) {
    const answer = await ask(gateway.port, post(CHAT, body, { ...headers }));
    expect([headers, answer.status]).toEqual([headers, 401]);
    bodies.push(answer.body.toString().replaceAll(/req_\w+/g, ""));
  }
  expect(new Set(bodies).size).toBe(1);
  expect(vendors.openai.requests.length).toBe(before);
  for (const headers of [
    { authorization: "Bearer the-right-token" },
    { authorization: "bearer the-right-token" },
    { "x-api-key": "the-right-token" },
    { authorization: "Bearer the-right-token", "x-api-key": "of-a-vendor" },
    { authorization: "Bearer of-a-vendor", "x-api-key": "the-right-token" },
    { authorization: "Bearer the-right-token, Bearer of-a-vendor" },
  ]) {
    expect(await status({ ...headers })).toBe(200);
  }
  expect((await ask(gateway.port, get("/stats"))).status).toBe(401);
  expect((await ask(gateway.port, get("/healthz"))).status).toBe(200);
  expect(await gateway.stop()).toBe(0);
}, 60_000);

test("a vendor that redirects gets nothing more, and least of all the key", async () => {
  const thief = await startFakeUpstream();
  const upstream = await startFakeUpstream(() => [rawStep(307, "", { location: `${thief.url}${CHAT}` })]);
  const gateway = await startGateway({
    config: configText({ ...vendors, openai: { ...vendors.openai, url: upstream.url }, models: ["text"] }),
    env: { ...ENV, HTTP_PROXY: thief.url, ALL_PROXY: thief.url, http_proxy: thief.url },
  });
  const answer = await ask(gateway.port, asking("openai-text"));
  expect(answer.status).toBe(502);
  expect(thief.requests).toEqual([]);
  expect(upstream.requests).toHaveLength(1);
  await gateway.stop();
  await Promise.all([thief.close(), upstream.close()]);
}, 60_000);

test("requests at the same moment, from the first after the start, each get the vendor's exact answer", async () => {
  const gateway = await startGateway({ config: config(), env: ENV });
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway.port, asking("openai-text"))));
  const [words] = VENDOR_WORDS;
  expect(new Set(answers.map((answer) => answer.body.toString()))).toEqual(
    new Set([words?.body(said({ model: "text" })) ?? ""]),
  );
  expect(await gateway.stop()).toBe(0);
}, 60_000);

/** Each thread of a process has a list of its own. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, "utf8")));
  return lists
    .join(" ")
    .split(" ")
    .filter((each) => each.trim() !== "")
    .map(Number);
}

const SERVED_AGAIN_MS_MAX = 20_000;

/** The status of the first answer after a crash; connections are refused until the new worker listens. */
async function servedAgain(gateway: Gateway): Promise<number> {
  for (const endMs = performance.now() + SERVED_AGAIN_MS_MAX; performance.now() < endMs; ) {
    const status = await ask(gateway.port, asking("openai-text")).then(
      (answer) => answer.status,
      () => null,
    );
    if (status !== null) return status;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return 0;
}
