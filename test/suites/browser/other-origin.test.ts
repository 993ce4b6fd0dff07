// What a web page of another origin can do to a gateway on this machine, in a real browser: what its scripts get to read,
// and what reaches the vendor.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM } from "../../../scripts/suites.ts";
import { type Gateway, startGateway } from "../../harness/binary.ts";
import { type ScriptedVendor, startScripted } from "../../harness/scripted/dialect.ts";
import { OPENAI_DIALECT } from "../../harness/scripted/openai.ts";
import { QUESTION } from "../../harness/scripted/script.ts";

const BROWSER = CHROMIUM.programs.find((program) => Bun.which(program) !== null) ?? "chromium";
/** A browser on a busy machine takes seconds to start. */
const PAGE_MS_MAX = 60_000;

/** What a call of the page came to: the status it read, `opaque` where it may not look, or the name of its error. */
type Seen = Readonly<Record<string, string>>;

let vendor: ScriptedVendor;
let gateway: Gateway;

beforeAll(async () => {
  vendor = await startScripted(OPENAI_DIALECT);
  gateway = await startGateway({
    env: { SCRIPTED_KEY: "scripted-vendor-key" },
    config: [
      'listen: "127.0.0.1:0"',
      `providers: { vendor: { protocol: openai, base_url: "${vendor.url}", api_key_env: SCRIPTED_KEY, allow_private: true } }`,
      "models: { text: { provider: vendor, upstream_model: text } }",
    ].join("\n"),
  });
}, 300_000);

afterAll(async () => {
  await gateway.stop();
  await vendor.close();
}, 60_000);

/** Opens a page of another origin that makes these calls one after the other, and returns what it says of each. */
async function callsOfPage(calls: Readonly<Record<string, readonly [path: string, init: RequestInit]>>): Promise<Seen> {
  const told = Promise.withResolvers<Seen>();
  const page = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (request.method !== "POST") return new Response(pageOf(calls), { headers: { "content-type": "text/html" } });
      told.resolve(Object.fromEntries(Object.entries(Object(await request.json())).map(([k, v]) => [k, String(v)])));
      return new Response();
    },
  });
  const profile = await mkdtemp(join(tmpdir(), "ringmain-browser-"));
  const browser = Bun.spawn(
    [
      BROWSER,
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      `--user-data-dir=${profile}`,
      page.url.href,
    ],
    { stdin: "ignore", stdout: "ignore", stderr: "ignore", timeout: PAGE_MS_MAX },
  );
  try {
    const ended = browser.exited.then(
      (code): Seen => ({ browser: `ended with ${code} before the page told anything` }),
    );
    return await Promise.race([told.promise, ended]);
  } finally {
    browser.kill("SIGKILL");
    await browser.exited;
    await page.stop(true);
    await rm(profile, { recursive: true, force: true });
  }
}

function pageOf(calls: Readonly<Record<string, readonly [path: string, init: RequestInit]>>): string {
  const script = `
    const seen = {};
    for (const [name, [path, init]] of Object.entries(${JSON.stringify(calls)})) {
      try {
        // A Blob without a type is sent without a content type, and a browser asks for no leave.
        const body = init.body === undefined || init.headers !== undefined ? init.body : new Blob([init.body]);
        const answer = await fetch(${JSON.stringify(gateway.url)} + path, { ...init, body });
        seen[name] = answer.type === "opaque" ? "opaque" : String(answer.status);
      } catch (error) {
        seen[name] = error.name;
      }
    }
    await fetch("/told", { method: "POST", body: JSON.stringify(seen) });`;
  return `<!doctype html><title>another origin</title><script type="module">${script}</script>`;
}

const CHAT = JSON.stringify({ model: "text", messages: [{ role: "user", content: QUESTION }] });

test(
  "a page of another origin reads nothing of the gateway, and what needs leave is not sent",
  async () => {
    const seen = await callsOfPage({
      models: ["/v1/models", {}],
      chat: ["/v1/chat/completions", { method: "POST", headers: { "content-type": "application/json" }, body: CHAT }],
      "with a key": ["/v1/models", { headers: { authorization: "Bearer stolen" } }],
    });
    expect(seen).toEqual({ models: "TypeError", chat: "TypeError", "with a key": "TypeError" });
    expect(vendor.requests.length).toBe(0);
  },
  PAGE_MS_MAX,
);

test(
  "a page that asks for no leave: text is refused, a body without a type is answered unread",
  async () => {
    const before = vendor.requests.length;
    const form = { method: "POST", mode: "no-cors", headers: { "content-type": "text/plain" }, body: CHAT } as const;
    expect(await callsOfPage({ text: ["/v1/chat/completions", form] })).toEqual({ text: "opaque" });
    expect(vendor.requests.length - before).toBe(0);

    // The page reads nothing, but the vendor is asked: what keeps pages from a gateway's money is a key.
    const bare = { method: "POST", mode: "no-cors", body: CHAT } as const;
    expect(await callsOfPage({ bare: ["/v1/chat/completions", bare] })).toEqual({ bare: "opaque" });
    expect(vendor.requests.length - before).toBe(1);
  },
  PAGE_MS_MAX,
);
