// What a web page of another origin can do to a gateway on this machine, in a real browser: what its scripts get to read,
// and what reaches the vendor, however it is sent.
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
const TOKEN = "a-token-of-the-editor";

/** What each call of the page came to: the status it read, `opaque` where it may not look, or the name of its error. */
type Seen = Readonly<Record<string, string>>;

let vendor: ScriptedVendor;
let open: Gateway;
let closed: Gateway;
/** Serves the page; its origin is one that `closed` lets in. */
let site: ReturnType<typeof Bun.serve>;
let page = "";
let told = Promise.withResolvers<Seen>();
/** Requests of the browser that reached this machine's other listener, as a check that they are sent at all. */
const arrived: string[] = [];

beforeAll(async () => {
  vendor = await startScripted(OPENAI_DIALECT);
  site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/told") {
        told.resolve(Object.fromEntries(Object.entries(Object(await request.json())).map(([k, v]) => [k, String(v)])));
        return new Response();
      }
      if (pathname !== "/") arrived.push(`${request.method} ${pathname}`);
      return new Response(page, { headers: { "content-type": "text/html" } });
    },
  });
  const config = (more: string): string =>
    [
      'listen: "127.0.0.1:0"',
      `providers: { vendor: { protocol: openai, base_url: "${vendor.url}", api_key_env: SCRIPTED_KEY, allow_private: true } }`,
      "models: { text: { provider: vendor, upstream_model: text } }",
      more,
    ].join("\n");
  const env = { SCRIPTED_KEY: "scripted-vendor-key" };
  open = await startGateway({ env, config: config("") });
  closed = await startGateway({
    env,
    config: config(`auth: { mode: token, client_tokens: [${TOKEN}] }\ncors: { origins: ["${site.url.origin}"] }`),
  });
}, 300_000);

afterAll(async () => {
  await open.stop();
  await closed.stop();
  await vendor.close();
  await site.stop(true);
}, 60_000);

/** Opens a page that runs this script, whose `seen` it then tells; `send(name, promise)` notes what a call came to. */
async function seenByPage(script: string): Promise<Seen> {
  told = Promise.withResolvers<Seen>();
  page = `<!doctype html><title>another origin</title><script type="module">
    const seen = {};
    const send = async (name, answer) => {
      try {
        const got = await answer;
        seen[name] = got.type === "opaque" ? "opaque" : String(got.status ?? got);
      } catch (error) {
        seen[name] = error.name;
      }
    };
    const loaded = (made, url) => new Promise((done) => {
      made.onload = () => done("loaded");
      made.onerror = () => done("not loaded");
      made.src = url;
      document.body.append(made);
    });
    /** A form in a frame; its answer is loaded there, and cannot be read. */
    const submit = (url, enctype, name, value) => new Promise((done) => {
      const frame = document.createElement("iframe");
      frame.name = "f" + Math.random();
      document.body.append(frame);
      const form = Object.assign(document.createElement("form"), { method: "POST", action: url, enctype, target: frame.name });
      form.append(Object.assign(document.createElement("input"), { name, value }));
      document.body.append(form);
      frame.onload = () => done("sent");
      form.submit();
    });
    ${script}
    await fetch("/told", { method: "POST", body: JSON.stringify(seen) });</script><body></body>`;
  const profile = await mkdtemp(join(tmpdir(), "ringmain-browser-"));
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`];
  const browser = Bun.spawn([BROWSER, ...flags, site.url.href], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    timeout: PAGE_MS_MAX,
  });
  try {
    const ended = browser.exited.then(
      (code): Seen => ({ browser: `ended with ${code} before the page told anything` }),
    );
    return await Promise.race([told.promise, ended]);
  } finally {
    browser.kill("SIGKILL");
    await browser.exited;
    await rm(profile, { recursive: true, force: true });
  }
}

const CHAT = JSON.stringify({ model: "text", messages: [{ role: "user", content: QUESTION }] });
/** A form sends `name=value`: as text/plain that can be made JSON. */
const [FORM_NAME, FORM_VALUE] = [`${CHAT.slice(0, -1)},"x":"`, '"}'];

/** Every way a page has that asks for no leave, and one GET by each tag. */
function waysTo(url: string): string {
  const chat = JSON.stringify(`${url}/v1/chat/completions`);
  const body = JSON.stringify(CHAT);
  return `
    const chat = ${chat};
    const post = { method: "POST", mode: "no-cors" };
    await send("text", fetch(chat, { ...post, headers: { "content-type": "text/plain" }, body: ${body} }));
    await send("blob", fetch(chat, { ...post, body: new Blob([${body}]) }));
    await send("beacon", navigator.sendBeacon(chat, ${body}));
    await send("beacon of a blob", navigator.sendBeacon(chat, new Blob([${body}])));
    await send("form", submit(chat, "application/x-www-form-urlencoded", "model", "text"));
    await send("form of text", submit(chat, "text/plain", ${JSON.stringify(FORM_NAME)}, ${JSON.stringify(FORM_VALUE)}));
    await send("image", loaded(new Image(), ${JSON.stringify(`${url}/v1/models`)}));
    await send("script", loaded(document.createElement("script"), ${JSON.stringify(`${url}/v1/models`)}));
    await send("read", fetch(${JSON.stringify(`${url}/v1/models`)}));
    await send("json", fetch(chat, { method: "POST", headers: { "content-type": "application/json" }, body: ${body} }));
    // A beacon is on its way when it returns; this call comes after it on the same connection's queue.
    await send("last", fetch(chat, { ...post, body: new Blob([${body}]) }));`;
}

const NOTHING = {
  text: "opaque",
  blob: "opaque",
  beacon: "true",
  "beacon of a blob": "true",
  form: "sent",
  "form of text": "sent",
  image: "not loaded",
  script: "not loaded",
  read: "TypeError",
  json: "TypeError",
  last: "opaque",
};

test.each(["127.0.0.1", "localhost"])(
  "a page of another origin spends nothing and reads nothing by the name %s, however it sends",
  async (host) => {
    const before = vendor.requests.length;
    const url = open.url.replace("127.0.0.1", host);
    expect(await seenByPage(waysTo(url))).toEqual(NOTHING);
    expect(vendor.requests.length - before).toBe(0);
  },
  PAGE_MS_MAX,
);

test(
  "the same ways do reach a listener that does not look",
  async () => {
    arrived.length = 0;
    await seenByPage(waysTo(site.url.origin.replace("127.0.0.1", "localhost")));
    expect(arrived.filter((line) => line === "POST /v1/chat/completions").length).toBeGreaterThanOrEqual(7);
    expect(arrived.filter((line) => line === "GET /v1/models").length).toBeGreaterThanOrEqual(2);
  },
  PAGE_MS_MAX,
);

test(
  "a listed page with a token is served and reads the answer; without one it gets nothing",
  async () => {
    const before = vendor.requests.length;
    const init = (headers: object): string =>
      JSON.stringify({ method: "POST", headers: { "content-type": "application/json", ...headers }, body: CHAT });
    const chat = JSON.stringify(`${closed.url}/v1/chat/completions`);
    const seen = await seenByPage(`
      await send("token", fetch(${chat}, ${init({ authorization: `Bearer ${TOKEN}` })}));
      await send("no token", fetch(${chat}, ${init({})}));
      await send("blob", fetch(${chat}, { method: "POST", mode: "no-cors", body: new Blob([${JSON.stringify(CHAT)}]) }));`);
    expect(seen).toEqual({ token: "200", "no token": "401", blob: "opaque" });
    expect(vendor.requests.length - before).toBe(1);
  },
  PAGE_MS_MAX,
);
