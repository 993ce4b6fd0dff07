// Signatures out and in: AWS's published example, the vendor's own signer as the oracle, and everything that may not pass.
import { describe, expect, test } from "bun:test";
import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import type { RequestParts } from "../../../src/ir/route.ts";
import { auth } from "../../../src/protocols/bedrock/auth.ts";
import { canonicalPath, canonicalQuery, isGenuine, readClaim } from "../../../src/protocols/bedrock/sigv4.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { Secret } from "../../../src/std/secret.ts";

const ID = "AKIDEXAMPLE0000000";
const KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const NOW = Date.parse("2026-11-27T03:15:00Z");

/** A hash in the shape the vendor's signer asks for, made from another library than ours. */
class NodeSha256 {
  readonly #hash;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", Buffer.from(key as Uint8Array));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === "string" ? data : Buffer.from(data as Uint8Array));
  }
  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }
  reset(): void {
    throw new Error("the signer resets nothing");
  }
}

interface Signed {
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly service?: string;
  readonly token?: string;
}

/** What a client of AWS's SDK sends for this. */
async function signedBySdk(given: Signed): Promise<{ parts: RequestParts; body: Uint8Array }> {
  const body = encodeUtf8(given.body ?? "{}");
  const signer = new SignatureV4({
    service: given.service ?? "bedrock",
    region: "us-east-1",
    credentials: { accessKeyId: ID, secretAccessKey: KEY, ...(given.token ? { sessionToken: given.token } : {}) },
    sha256: NodeSha256 as never,
  });
  const method = given.method ?? "POST";
  const signed = await signer.sign(
    {
      method,
      protocol: "http:",
      hostname: "127.0.0.1",
      port: 8080,
      path: given.path,
      query: given.query ?? {},
      headers: { host: "127.0.0.1:8080", "content-type": "application/json", ...given.headers },
      body,
    },
    { signingDate: new Date(NOW) },
  );
  const query = new URLSearchParams(given.query ?? {}).toString().replaceAll("+", "%20");
  const headers = Object.fromEntries(
    Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { parts: { method, path: given.path, query, headers, params: {} }, body };
}

const genuine = (parts: RequestParts, body: Uint8Array, over: { key?: string; wallMs?: number } = {}): boolean =>
  isGenuine({ parts, body, secretAccessKey: over.key ?? KEY, wallMs: over.wallMs ?? NOW });

const without = (parts: RequestParts, name: string): RequestParts => {
  const { [name]: _gone, ...headers } = parts.headers;
  return { ...parts, headers };
};
const withHeader = (parts: RequestParts, name: string, value: string): RequestParts => ({
  ...parts,
  headers: { ...parts.headers, [name]: value },
});

describe("canonical forms, as AWS publishes them", () => {
  test.each([
    ["/", "/"],
    ["", "/"],
    ["/model/a/converse", "/model/a/converse"],
    ["//example//", "/example/"],
    ["/./example", "/example"],
    ["/example/..", "/"],
    ["/example1/example2/../..", "/"],
    ["/model/a%3A0/converse", "/model/a%253A0/converse"],
    ["/model/a:0/converse", "/model/a%3A0/converse"],
    ["/ሴ", "/%E1%88%B4"],
    ["/a*b(c)", "/a%2Ab%28c%29"],
  ])("path %p is %p", (path, wanted) => expect(canonicalPath(path)).toBe(wanted));

  test.each([
    ["", ""],
    ["Param2=value2&Param1=value1", "Param1=value1&Param2=value2"],
    ["Param1=value2&Param1=Value1", "Param1=Value1&Param1=value2"],
    ["ሴ=bar", "%E1%88%B4=bar"],
    ["a=b%20c&d=e+f&g", "a=b%20c&d=e%2Bf&g="],
    ["%zz=1", "%25zz=1"],
  ])("query %p is %p", (query, wanted) => expect(canonicalQuery(query)).toBe(wanted));
});

describe("what a client of the vendor's SDK signs is accepted", () => {
  test.each<[string, Signed]>([
    ["an id percent-encoded", { path: "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse" }],
    ["an id as it is", { path: "/model/anthropic.claude-3-haiku-20240307-v1:0/invoke" }],
    ["an ARN", { path: `/model/${encodeURIComponent("arn:aws:bedrock:us-east-1:1:inference-profile/x")}/converse` }],
    ["a body in any language", { path: "/model/m/converse", body: '{"größer":"日本語"}' }],
    ["a list", { path: "/inference-profiles", method: "GET", body: "", query: { type: "SYSTEM_DEFINED", a: "b c" } }],
    ["a session token", { path: "/model/m/converse", token: "token/+=" }],
    ["headers with spaces", { path: "/model/m/converse", headers: { "x-amz-meta": "  a   b  " } }],
    ["HTTP/2", { path: "/model/m/converse-stream", headers: { ":authority": "127.0.0.1:8080" } }],
  ])("%s", async (_name, given) => {
    const { parts, body } = await signedBySdk(given);
    expect(genuine(parts, body)).toBe(true);
    expect(auth.inbound?.keyId(parts)).toBe(ID);
    expect(auth.inbound?.verify({ parts, body, secret: new Secret(KEY), wallMs: NOW })).toBe(true);
  });

  test("any path of any characters", async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[a-zA-Z0-9 :/.@+,;=$&_~-]{1,40}$/), async (id) => {
        const { parts, body } = await signedBySdk({ path: `/model/${encodeURIComponent(id)}/converse` });
        return genuine(parts, body);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test("over HTTP/2 the authority may be shown as the host", async () => {
    const { parts, body } = await signedBySdk({
      path: "/model/m/converse",
      headers: { ":authority": "127.0.0.1:8080" },
    });
    expect(genuine(without(parts, ":authority"), body)).toBe(true);
  });
});

describe("what is refused", () => {
  const PATH = "/model/m/converse";
  const cases: readonly [string, (parts: RequestParts) => RequestParts][] = [
    ["another path", (parts) => ({ ...parts, path: "/model/n/converse" })],
    ["another spelling of the path", (parts) => ({ ...parts, path: "/model/%6D/converse" })],
    ["another method", (parts) => ({ ...parts, method: "GET" })],
    ["a query more", (parts) => ({ ...parts, query: "a=b" })],
    ["another host", (parts) => withHeader(parts, "host", "evil.invalid")],
    ["another type", (parts) => withHeader(parts, "content-type", "text/plain")],
    ["another token", (parts) => withHeader(parts, "x-amz-security-token", "x")],
    ["an AWS header that is not signed", (parts) => withHeader(parts, "x-amz-target", "X")],
    ["no date", (parts) => without(parts, "x-amz-date")],
    ["a date that is none", (parts) => withHeader(parts, "x-amz-date", "20261332T996161Z")],
    ["no signature", (parts) => without(parts, "authorization")],
    ["a body that says it is unsigned", (parts) => withHeader(parts, "x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
    [
      "a body signed in pieces",
      (parts) => withHeader(parts, "x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    ],
    ["a presigned address", (parts) => ({ ...parts, query: "X-Amz-Signature=00" })],
    [
      "a signature of another version",
      (parts) =>
        withHeader(
          parts,
          "authorization",
          (parts.headers["authorization"] ?? "").replace("AWS4-HMAC-SHA256", "AWS4-ECDSA"),
        ),
    ],
    [
      "a signature that leaves the host out",
      (parts) => withHeader(parts, "authorization", (parts.headers["authorization"] ?? "").replace(";host", "")),
    ],
  ];
  test.each(cases)("%s", async (_name, change) => {
    const { parts, body } = await signedBySdk({ path: PATH });
    expect(genuine(parts, body)).toBe(true);
    expect(genuine(change(parts), body)).toBe(false);
  });

  test("another body, another key, another service, another time", async () => {
    const { parts, body } = await signedBySdk({ path: PATH });
    expect(genuine(parts, encodeUtf8("{ }"))).toBe(false);
    expect(genuine(parts, body, { key: `${KEY}x` })).toBe(false);
    for (const minutes of [-6, 6]) expect(genuine(parts, body, { wallMs: NOW + minutes * 60_000 })).toBe(false);
    for (const minutes of [-4, 4]) expect(genuine(parts, body, { wallMs: NOW + minutes * 60_000 })).toBe(true);
    const other = await signedBySdk({ path: PATH, service: "s3" });
    expect(genuine(other.parts, other.body)).toBe(false);
  });

  test("any one character of the signature changed", async () => {
    const { parts, body } = await signedBySdk({ path: PATH });
    const authorization = parts.headers["authorization"] ?? "";
    const from = authorization.length - 64;
    for (let at = from; at < authorization.length; at++) {
      const other = authorization[at] === "0" ? "1" : "0";
      const bad = authorization.slice(0, at) + other + authorization.slice(at + 1);
      expect(genuine(withHeader(parts, "authorization", bad), body)).toBe(false);
    }
  });

  test("any head at all is judged without an exception", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (authorization, date, path) => {
        const headers = { authorization: `AWS4-HMAC-SHA256 ${authorization}`, "x-amz-date": date, host: "h" };
        const parts: RequestParts = { method: "POST", path, query: authorization, headers, params: {} };
        readClaim(headers.authorization);
        expect(auth.inbound?.keyId(parts)).toBeString();
        return !genuine(parts, encodeUtf8("{}"));
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test("a head without a signature is none of this", () => {
    const bearer: RequestParts = {
      method: "GET",
      path: "/",
      query: "",
      headers: { authorization: "Bearer x" },
      params: {},
    };
    expect(auth.inbound?.keyId(bearer)).toBeNull();
  });
});

describe("what we send is signed", () => {
  const sign = (secret: string, url: string, over: { region?: string; style?: "native" | "api-key" } = {}) =>
    auth.sign({
      method: "POST",
      url,
      contentType: "application/json",
      body: [encodeUtf8('{"a":'), encodeUtf8("1}")],
      secret: new Secret(secret),
      region: over.region ?? null,
      style: over.style ?? "native",
      passthrough: false,
      wallMs: NOW,
    });

  /** What the vendor receives of it, through the runtime's own fetch. */
  async function received(path: string, secret: string): Promise<{ parts: RequestParts; body: Uint8Array }> {
    const got = Promise.withResolvers<{ parts: RequestParts; body: Uint8Array }>();
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch(request) {
        const url = new URL(request.url);
        const headers = Object.fromEntries(request.headers);
        const raw = request.url.slice(request.url.indexOf("/", 8)).split("?")[0] ?? "";
        const parts = { method: request.method, path: raw, query: url.search.slice(1), headers, params: {} };
        got.resolve({ parts, body: new Uint8Array(await request.arrayBuffer()) });
        return new Response("{}");
      },
    });
    const url = `http://127.0.0.1:${server.port}${path}`;
    const headers = { ...(await sign(secret, url)), "content-type": "application/json" };
    await fetch(url, { method: "POST", headers, body: encodeUtf8('{"a":1}') });
    await server.stop(true);
    return got.promise;
  }

  test.each([
    "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
    `/model/${encodeURIComponent("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2")}/converse`,
    "/model/odd%21%27%28%29%2A/converse-stream",
    "/model/m/converse?b=2&a=x%20y",
  ])("%s arrives as it was signed", async (path) => {
    const { parts, body } = await received(path, `${ID}:${KEY}`);
    expect(genuine(parts, body)).toBe(true);
    const withToken = await received(path, `${ID}:${KEY}:session/token==`);
    expect(withToken.parts.headers["x-amz-security-token"]).toBe("session/token==");
    expect(genuine(withToken.parts, withToken.body)).toBe(true);
  });

  test("for the region it is told", async () => {
    const headers = await sign(`${ID}:${KEY}`, "https://bedrock.invalid/model/m/converse", { region: "eu-central-1" });
    expect(headers["authorization"]).toContain("/20261127/eu-central-1/bedrock/aws4_request");
    expect(Object.keys(headers).toSorted()).toEqual(["authorization", "x-amz-content-sha256", "x-amz-date"]);
  });

  test.each([
    ["ABSKQmVkcm9ja0FQSUtleS0:x", "Bearer ABSKQmVkcm9ja0FQSUtleS0:x"],
    ["bedrock-api-key-YWJj:x", "Bearer bedrock-api-key-YWJj:x"],
    ["token-of-a-gateway", "Bearer token-of-a-gateway"],
  ])("a Bedrock API key goes as it is: %s", async (secret, authorization) => {
    expect(await sign(secret, "https://bedrock.invalid/x")).toEqual({ authorization });
  });

  test("as an api-key where that is asked for", async () => {
    expect(await sign("a:b", "https://bedrock.invalid/x", { style: "api-key" })).toEqual({ "api-key": "a:b" });
  });
});
