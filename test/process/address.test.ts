// What the operator reads when an address cannot be opened.
import { expect, test } from "bun:test";
import { whyNotListening } from "../../src/process/address.ts";

test.each([
  ["EADDRINUSE", "127.0.0.1:80 is in use"],
  ["EACCES", "127.0.0.1:80 may not be opened by this user"],
  ["EADDRNOTAVAIL", "127.0.0.1:80 is no address of this machine"],
  ["EWEIRD", "127.0.0.1:80 cannot be opened (EWEIRD)"],
])("%s", (code, said) => {
  expect(whyNotListening("127.0.0.1:80", code)).toStartWith(said);
});
