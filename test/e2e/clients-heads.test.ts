// What agents put into a request's head, at the compiled program: compressed bodies, and a vendor's key beside our token.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { BedrockRuntimeClient, ConverseCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { type FakeUpstream, rawStep, startFakeUpstream } from "../harness/fake-upstream.ts";
import { said, wordsOf } from "../harness/vendor-words.ts";

const CLIENT_ID = "AKIDCLIENT0000000";
const CLIENT_KEY = "client/secret/key/of/its/own";
const FOREIGN = "sk-ant-api03-of-the-vendor";

let vendor: FakeUpstream;
let gateway: Gateway;
let through: Gateway;

beforeAll(async () => {
  const words = wordsOf("openai");
  vendor = await startFakeUpstream((request) => [
    request.path.endsWith("/images/edits")
      ? rawStep(200, '{"created":1,"data":[{"b64_json":"AA=="}]}', { "content-type": "application/json" })
      : rawStep(200, words.body(said()), { "content-type": "application/json" }),
  ]);
  const lanes = `providers: { mo: { protocol: openai, base_url: "${vendor.url}", api_key_env: LANE_KEY, allow_private: true } }
models: { m: { provider: mo } }
`;
  const env = { LANE_KEY: "lane-key", CLIENT_KEY };
  [gateway, through] = await Promise.all([
    startGateway({
      env,
      config: `listen: "127.0.0.1:0"
auth: { mode: token, client_tokens: [one, two], aws_keys: [{ access_key_id: ${CLIENT_ID}, secret_access_key_env: CLIENT_KEY, key: token-1 }] }
${lanes}`,
    }),
    startGateway({ env, config: `listen: "127.0.0.1:0"\nauth: { mode: passthrough }\n${lanes}` }),
  ]);
}, 300_000);

afterAll(async () => {
  await Promise.all([gateway.stop(), through.stop()]);
  await vendor.close();
});

/** A question in each protocol, and where its clients find what went wrong. */
const DOORS = [
  { path: "/v1/messages", body: { model: "m", max_tokens: 9, messages: [{ role: "user", content: "Hi." }] } },
  { path: "/v1/chat/completions", body: { model: "m", messages: [{ role: "user", content: "Hi." }] } },
  { path: "/v1/responses", body: { model: "m", input: "Hi." } },
  { path: "/v1beta/models/m:generateContent", body: { contents: [{ role: "user", parts: [{ text: "Hi." }] }] } },
  { path: "/model/m/converse", body: { messages: [{ role: "user", content: [{ text: "Hi." }] }] } },
  { path: "/v2/chat", body: { model: "m", messages: [{ role: "user", content: "Hi." }] } },
] as const;

async function ask(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  at: Gateway = gateway,
): Promise<{ readonly status: number; readonly text: string }> {
  const head = { "content-type": "application/json", ...headers };
  const response = await fetch(`${at.url}${path}`, { method: "POST", headers: head, body });
  return { status: response.status, text: await response.text() };
}

const OURS = { authorization: "Bearer one" };

describe.each(DOORS)("a compressed body at $path", ({ path, body }) => {
  const plain = Buffer.from(JSON.stringify(body));

  test.each([
    ["gzip", gzipSync(plain)],
    ["deflate", deflateSync(plain)],
    ["deflate", deflateRawSync(plain)],
    ["br", brotliCompressSync(plain)],
    ["zstd", zstdCompressSync(plain)],
    ["gzip, zstd", zstdCompressSync(gzipSync(plain))],
  ])("in %s is served, and goes on decoded", async (encoding, bytes) => {
    const before = vendor.requests.length;
    const { status } = await ask(path, new Uint8Array(bytes), { ...OURS, "content-encoding": encoding });
    expect(status).toBe(200);
    const sent = vendor.requests[before];
    expect(sent?.headers["content-encoding"]).toBeUndefined();
    expect(JSON.parse(sent?.body.toString() ?? "").messages.at(-1).role).toBe("user");
  });

  test.each([
    ["a bomb", "gzip", gzipSync(Buffer.alloc(40_000_000)), 413],
    ["an unknown encoding", "compress", plain, 415],
    ["other bytes than it says", "zstd", plain, 400],
    ["a body that is cut short", "zstd", zstdCompressSync(plain).subarray(0, -2), 400],
  ])("of %s is refused in the protocol's own words", async (_what, encoding, bytes, status) => {
    const before = vendor.requests.length;
    const answer = await ask(path, new Uint8Array(bytes), { ...OURS, "content-encoding": encoding });
    // Converse has no 413 and no 415.
    expect(path.startsWith("/model/") ? [status, 400] : [status]).toContain(answer.status);
    expect(answer.text).toMatch(/message/);
    expect(JSON.parse(answer.text)).toBeObject();
    expect(vendor.requests.length).toBe(before);
  });
});

test("relay sends the decoded bytes as they were written", async () => {
  const before = vendor.requests.length;
  const written =
    '{ "model" : "m",\n "messages":[{"role":"user","content":"H\\u0069."}], "seed": 12345678901234567890 }';
  await ask("/v1/chat/completions", new Uint8Array(gzipSync(written)), { ...OURS, "content-encoding": "gzip" });
  expect(vendor.requests[before]?.body.toString()).toBe(written);
});

test("a form may be compressed too", async () => {
  const form = [
    "--b\r\ncontent-disposition: form-data; name=model\r\n\r\nm\r\n",
    "--b\r\ncontent-disposition: form-data; name=prompt\r\n\r\nA hat.\r\n",
    "--b\r\ncontent-disposition: form-data; name=image; filename=a.png\r\ncontent-type: image/png\r\n\r\nbytes\r\n--b--\r\n",
  ].join("");
  const before = vendor.requests.length;
  const headers = { ...OURS, "content-type": "multipart/form-data; boundary=b", "content-encoding": "zstd" };
  const { status } = await ask("/v1/images/edits", new Uint8Array(zstdCompressSync(Buffer.from(form))), headers);
  expect(status).toBe(200);
  expect(vendor.requests[before]?.body.toString()).toBe(form);
});

interface SignedAs {
  readonly key?: string;
  readonly id?: string;
  readonly headers?: Record<string, string>;
  readonly compressed?: boolean;
  /** After it was signed. */
  readonly spoil?: (body: Uint8Array) => Uint8Array;
}

/** By the vendor's own client, which signs what it sends as it sends it. */
async function askSigned({ key = CLIENT_KEY, id = CLIENT_ID, headers = {}, compressed, spoil }: SignedAs) {
  const client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: gateway.url,
    credentials: { accessKeyId: id, secretAccessKey: key },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  const change = (request: unknown, how: (body: Uint8Array) => Uint8Array): void => {
    if (typeof request !== "object" || request === null || !("body" in request) || !("headers" in request)) return;
    const body = how(request.body instanceof Uint8Array ? request.body : Buffer.from(String(request.body)));
    const more = compressed === true ? { "content-encoding": "gzip" } : {};
    Object.assign(request.headers ?? {}, more, headers, { "content-length": String(body.length) });
    Object.assign(request, { body });
  };
  client.middlewareStack.add(
    (next) => (args) => {
      change(args.request, compressed === true ? (body) => gzipSync(body) : (body) => body);
      return next(args);
    },
    { step: "build", priority: "low", name: "compress" },
  );
  if (spoil !== undefined) {
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign(args.request ?? {}, { body: spoil(gzipSync("{}")) });
        return next(args);
      },
      { step: "finalizeRequest", priority: "low", name: "spoil" },
    );
  }
  try {
    const messages = [{ role: "user" as const, content: [{ text: "Hi." }] }];
    const answer = await client.send(new ConverseCommand({ modelId: "m", messages }));
    return answer.$metadata.httpStatusCode;
  } catch (error) {
    return typeof error === "object" && error !== null && "$metadata" in error ? error.$metadata : error;
  } finally {
    client.destroy();
  }
}

describe("a signature", () => {
  test("covers the bytes as they were sent", async () => {
    expect(await askSigned({ compressed: true })).toBe(200);
    expect(await askSigned({ compressed: true, key: "wrong" })).toMatchObject({ httpStatusCode: 403 });
  });

  test("is looked at before a body is decoded", async () => {
    const bomb = (): Uint8Array => gzipSync(Buffer.alloc(40_000_000));
    expect(await askSigned({ compressed: true, spoil: bomb })).toMatchObject({ httpStatusCode: 403 });
  });

  test.each([
    ["a vendor's key beside it is passed over", { headers: { "x-api-key": FOREIGN } }, 200],
    ["a token of the same caller is fine", { headers: { "x-api-key": "one" } }, 200],
    ["a token of another caller is refused", { headers: { "x-api-key": "two" } }, 403],
    ["of other keys is passed over beside a token of ours", { id: "AKIDNOBODY", headers: { "x-api-key": "one" } }, 200],
    ["of other keys is refused beside two", { id: "AKIDNOBODY", headers: { "x-api-key": "one, two" } }, 403],
    ["of other keys is refused alone", { id: "AKIDNOBODY" }, 403],
    ["of other keys is refused beside a vendor's", { id: "AKIDNOBODY", headers: { "x-api-key": FOREIGN } }, 403],
    ["that is wrong is refused, whatever stands beside it", { key: "wrong", headers: { "x-api-key": "one" } }, 403],
  ])("%s", async (_what, signed, status) => {
    const got = await askSigned(signed);
    expect(got).toEqual(status === 200 ? 200 : expect.objectContaining({ httpStatusCode: status }));
  });
});

describe.each(DOORS)("two credentials at $path", ({ path, body }) => {
  const text = JSON.stringify(body);

  test.each([
    ["our token beside a vendor's key", { authorization: "Bearer one", "x-api-key": FOREIGN }, 200],
    ["the other way round", { authorization: `Bearer ${FOREIGN}`, "x-api-key": "one" }, 200],
    ["beside Google's", { authorization: `Bearer ${FOREIGN}`, "x-goog-api-key": "two" }, 200],
    [
      "of four, one ours",
      { authorization: "Bearer a", "x-api-key": "b", "api-key": "two", "x-goog-api-key": "c" },
      200,
    ],
    ["ours beside Basic", { authorization: "Basic dXNlcjpwYXNz", "x-api-key": "one" }, 200],
    ["ours twice", { authorization: "Bearer one", "x-api-key": "one" }, 200],
    ["two callers", { authorization: "Bearer one", "x-api-key": "two" }, 401],
    ["two vendors'", { authorization: "Bearer a", "x-api-key": "b" }, 401],
    ["two callers and a vendor", { authorization: "Bearer one", "x-api-key": "two", "api-key": FOREIGN }, 401],
  ])("%s", async (_what, headers, status) => {
    const before = vendor.requests.length;
    const answer = await ask(path, text, headers);
    // Converse and Gemini have other words for it.
    expect(status === 200 ? [200] : [400, 401, 403]).toContain(answer.status);
    const sent = vendor.requests.slice(before);
    expect(sent.length).toBe(status === 200 ? 1 : 0);
    for (const request of sent) {
      expect(request.headers["authorization"]).toBe("Bearer lane-key");
      const shown = JSON.stringify(request.headers) + request.path + request.body.toString();
      for (const secret of Object.values(headers)) expect(shown).not.toContain(`${secret.replace(/^\w+ /, "")}"`);
    }
  });
});

test("a vendor's key in the query, and ours there", async () => {
  const path = "/v1beta/models/m:generateContent";
  const text = JSON.stringify(DOORS[3].body);
  expect((await ask(`${path}?key=${FOREIGN}`, text, { authorization: "Bearer one" })).status).toBe(200);
  expect((await ask(`${path}?key=one`, text, { "x-goog-api-key": FOREIGN })).status).toBe(200);
  expect((await ask(`${path}?key=one&key=two`, text, {})).status).toBe(400);
  expect(vendor.requests.filter((request) => request.path.includes("key=")).length).toBe(0);
});

test("a credential that is passed on must be the only one: which account pays is not ours to choose", async () => {
  const before = vendor.requests.length;
  const [path, text] = ["/v1/chat/completions", JSON.stringify(DOORS[1].body)];
  expect((await ask(path, text, { authorization: "Bearer a", "x-api-key": "b" }, through)).status).toBe(401);
  expect((await ask(path, text, { authorization: "Bearer a", "x-api-key": "a" }, through)).status).toBe(200);
  expect(vendor.requests.slice(before).map(({ headers }) => headers["authorization"])).toEqual(["Bearer a"]);
});
