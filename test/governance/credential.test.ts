// Where credentials are read from, and what is not one.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Credential, readAdminCredential, readCredential } from "../../src/governance/credential.ts";
import type { RequestParts } from "../../src/ir/route.ts";

function parts(headers: Record<string, string>, query = ""): RequestParts {
  return { method: "POST", path: "/v1/messages", query, headers, params: {} };
}

function shown(credential: Credential): string {
  if (credential.kind === "one") return `one ${credential.secret.reveal()}`;
  if (credential.kind === "several") return `several ${credential.secrets.map((each) => each.reveal()).join(" ")}`;
  return credential.kind;
}

const SIGNATURE =
  "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff";

describe("headers", () => {
  const rows: readonly [headers: Record<string, string>, expected: string][] = [
    [{}, "none"],
    [{ authorization: "Bearer a" }, "one a"],
    [{ authorization: "bearer a" }, "one a"],
    [{ authorization: "BEARER   a" }, "one a"],
    [{ authorization: "Bearer a b" }, "one a b"],
    [{ authorization: "Bearer" }, "none"],
    [{ authorization: "Bearer " }, "none"],
    [{ authorization: "Bearera" }, "none"],
    [{ authorization: "Basic dXNlcjpwYXNz" }, "none"],
    [{ authorization: SIGNATURE }, "none"],
    [{ "x-api-key": "a" }, "one a"],
    [{ "x-goog-api-key": "a" }, "one a"],
    [{ "api-key": "a" }, "one a"],
    [{ "x-api-key": "" }, "none"],
    [{ cookie: "key=a", "x-token": "a" }, "none"],
    [{ authorization: "Basic dXNlcjpwYXNz", "x-api-key": "a" }, "one a"],
    [{ authorization: SIGNATURE, "x-api-key": "a" }, "one a"],
    // The same in two carriers is one credential, as some client libraries send it.
    [{ authorization: "Bearer a", "x-api-key": "a" }, "one a"],
    [{ authorization: "Bearer a", "x-api-key": "" }, "one a"],
    [{ authorization: "Bearer a", "x-api-key": "b" }, "several a b"],
    [{ "x-api-key": "a", "api-key": "A" }, "several a A"],
    [{ "x-goog-api-key": "a", "x-api-key": "b" }, "several b a"],
    // A header sent twice arrives joined by a comma.
    [{ authorization: "Bearer a, Bearer b" }, "several a b"],
    [{ authorization: "Bearer a, bearer a" }, "one a"],
    [{ authorization: "Bearer a,Bearer b" }, "several a b"],
    [{ authorization: "Bearer a, b" }, "conflict"],
    [{ authorization: "Basic dXNlcjpwYXNz, Bearer a" }, "conflict"],
    [{ authorization: `${SIGNATURE}, Bearer a` }, "conflict"],
    [{ authorization: "Bearer , Bearer a" }, "conflict"],
    [{ "x-api-key": "a, b" }, "several a b"],
    [{ authorization: "Bearer a", "x-api-key": "b, a, c" }, "several a b c"],
    [{ "x-api-key": "a, b, c, d, e" }, "several a b c d e"],
    [{ "x-api-key": "a, b, c, d, e, f" }, "conflict"],
    [{ "x-api-key": "a, a" }, "one a"],
  ];
  for (const [headers, expected] of rows) {
    test(`${JSON.stringify(headers)} gives ${expected}`, () => {
      expect(shown(readCredential(parts(headers)))).toBe(expected);
    });
  }

  test("an inherited member is not a header", () => {
    expect(shown(readCredential(parts(Object.create({ "x-api-key": "a" }))))).toBe("none");
  });
});

describe("the query's key", () => {
  const rows: readonly [query: string, headers: Record<string, string>, expected: string][] = [
    ["key=a", {}, "one a"],
    ["alt=sse&key=a%2Bb", {}, "one a+b"],
    ["key=", {}, "none"],
    ["key=a&key=a", {}, "one a"],
    ["key=a&key=b", {}, "several a b"],
    ["key=a", { "x-goog-api-key": "b" }, "several b a"],
    ["key=a", { "x-goog-api-key": "a" }, "one a"],
    ["access_token=a&token=a", {}, "none"],
  ];
  for (const [query, headers, expected] of rows) {
    test(`${query} beside ${JSON.stringify(headers)} gives ${expected} where it is a carrier`, () => {
      expect(shown(readCredential(parts(headers, query), { queryKey: true }))).toBe(expected);
    });
  }

  test("is not read elsewhere", () => {
    expect(shown(readCredential(parts({}, "key=a")))).toBe("none");
    expect(shown(readCredential(parts({ "x-api-key": "b" }, "key=a")))).toBe("one b");
  });
});

test("any header text gives an answer, and one that holds nothing the client did not send", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), fc.string({ maxLength: 80 }), (value, key) => {
      const read = readCredential(parts({ authorization: `Bearer ${value}`, "x-api-key": key }, `key=${key}`), {
        queryKey: true,
      });
      const secrets = read.kind === "several" ? read.secrets : read.kind === "one" ? [read.secret] : [];
      expect(["one", "none", "several", "conflict"]).toContain(read.kind);
      for (const revealed of secrets.map((each) => each.reveal())) {
        expect(value.includes(revealed) || key.includes(revealed) || revealed === decoded(key)).toBe(true);
      }
    }),
    { numRuns: 500, seed: 3 },
  );
});

function decoded(key: string): string {
  return new URLSearchParams(`key=${key}`).get("key") ?? "";
}

describe("the admin's token", () => {
  const at = (path: string, headers: Record<string, string>) => shown(readAdminCredential({ ...parts(headers), path }));
  test.each([
    ["/admin/reload", { "x-router-admin-token": "a" }, "one a"],
    ["/admin/lanes/x", { "x-router-admin-token": "a", "x-admin-token": "a" }, "one a"],
    ["/admin/lanes", { "x-router-admin-token": "a", authorization: "Bearer b" }, "several b a"],
    ["/metrics", { "x-router-admin-token": "a" }, "none"],
    ["/administer", { "x-router-admin-token": "a" }, "none"],
    ["/metrics", { "x-admin-token": "a" }, "one a"],
  ] as const)("at %s from %j: %s", (path, headers, expected) => {
    expect(at(path, headers)).toBe(expected);
  });
});
