// Addresses as they are written, and which of them are this machine's own.
import { expect, test } from "bun:test";
import { formatAddress, isLoopback } from "../../src/std/address.ts";

test("a version 6 address stands in brackets", () => {
  expect(formatAddress("::1", 80)).toBe("[::1]:80");
  expect(formatAddress("127.0.0.1", 80)).toBe("127.0.0.1:80");
});

test.each([
  ["127.0.0.1", true],
  ["127.1.2.3", true],
  ["::1", true],
  ["localhost", true],
  ["LocalHost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["192.168.0.1", false],
  ["127.0.0.1.example.invalid", false],
  ["example.invalid", false],
])("%s is this machine's own: %p", (host, own) => {
  expect(isLoopback(host)).toBe(own);
});
