// How another gateway is named to the benchmark.
import { expect, test } from "bun:test";
import { type Peer, readPeer } from "../../scripts/bench/started.ts";

test.each<[string, Peer]>([
  ["other=http://a-key@127.0.0.1:8080", { name: "other", port: 8080, key: "a-key" }],
  ["other one=http://localhost:8080/", { name: "other one", port: 8080, key: "" }],
  ["other=http://sk%2Fone@[::1]", { name: "other", port: 80, key: "sk/one" }],
])("%s", (words, wanted) => {
  expect(readPeer(words)).toEqual(wanted);
});

test.each([
  "http://127.0.0.1:8080",
  "=http://127.0.0.1:8080",
  "other=127.0.0.1:8080",
  "other=",
  "other=http://10.0.0.1:80",
  "other=https://127.0.0.1:443",
])("%s is refused with a sentence that says how", (words) => {
  expect(() => readPeer(words)).toThrow("say name=http://key@127.0.0.1:port");
});
