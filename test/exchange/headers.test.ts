// The header filter remembers its verdicts; that must not show.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { createHeaderFilter } from "../../src/exchange/header-filter.ts";

const ALLOWED = ["x-request-id", "x-stainless-*", "authorization"];

test("the same head passes the same way the first time and after a thousand other names", () => {
  const names = fc.constantFrom("x-request-id", "x-stainless-os", "authorization", "cookie", "x-other", "connection");
  const values = fc.constantFrom("keep-alive", "close", "Keep-Alive", "x-request-id", "close, X-Stainless-OS", "a");
  const used = createHeaderFilter(ALLOWED);
  for (let index = 0; index < 1000; index += 1) used({ [`x-made-up-${index}`]: "1" });
  fc.assert(
    fc.property(fc.dictionary(names, values), (headers) => {
      const fresh = createHeaderFilter(ALLOWED)(headers);
      expect(used(headers)).toEqual(fresh);
      expect(used(headers)).toEqual(fresh);
    }),
  );
});

test("what passes is a record of the caller's own", () => {
  const filter = createHeaderFilter(ALLOWED);
  const headers = { "x-request-id": "a" };
  filter(headers)["x-request-id"] = "b";
  expect(filter(headers)).toEqual({ "x-request-id": "a" });
});

test("a header the connection names does not pass, remembered or not", () => {
  const filter = createHeaderFilter(ALLOWED);
  expect(filter({ "x-request-id": "a" })).toEqual({ "x-request-id": "a" });
  expect(filter({ "x-request-id": "a", connection: "close, X-Request-Id" })).toEqual({});
});
