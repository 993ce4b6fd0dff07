/** The bound of connections to one origin, and the line of requests that wait for one of them. */
import { beforeEach, expect, test } from "bun:test";
import type { Connection } from "../../../src/upstream/http1/connection.ts";
import { createPool, type Pool, REST_MS, type Waiter } from "../../../src/upstream/http1/pool.ts";
import { createScriptedConnect, type ScriptedConnect } from "../../harness/scripted-connect.ts";
import { createVirtualEffects, type VirtualEffects } from "../../harness/virtual-effects.ts";

const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const place = { host: "vendor.invalid", port: 443, tls: null };

let net: ScriptedConnect;
let time: VirtualEffects;
let pool: Pool;
let told: string[];

beforeEach(() => {
  net = createScriptedConnect();
  told = [];
  time = createVirtualEffects({ connect: net.connect });
  pool = createPool({ place, effects: time, limits: { socketsMax: 2, queueMax: 2 } });
});

/** Sends as soon as it is given a connection. */
const waiter = (name: string): Waiter => ({
  given(connection: Connection) {
    told.push(`${name} given`);
    connection.send(
      { head: `${name} asks`, body: [] },
      {
        head: () => undefined,
        body: () => undefined,
        end: () => told.push(`${name} ended`),
        lost: ({ kind }) => told.push(`${name} lost: ${kind}`),
      },
    );
  },
  refused: (code) => told.push(`${name} refused: ${code}`),
});

const A = waiter("a");
const B = waiter("b");
const C = waiter("c");
const D = waiter("d");
const E = waiter("e");

test("beyond the bound requests wait, the oldest is served first, and a full line refuses", () => {
  for (const each of [A, B, C, D, E]) pool.take(each);
  expect(net.sockets.length).toBe(2);
  expect(told).toEqual(["e refused: ENOBUFS"]);
  net.at(0).stand();
  net.at(0).say(ANSWER);
  time.advance(REST_MS);
  net.at(0).say(ANSWER);
  time.advance(REST_MS);
  net.at(1).stand();
  expect(told.slice(1)).toEqual(["a given", "a ended", "b given", "b ended", "c given", "d given"]);
});

test("what a connection has not taken stays as it was while another writes", () => {
  for (const each of [A, B]) pool.take(each);
  net.at(0).takes(2);
  for (const at of [0, 1]) net.at(at).stand();
  net.at(0).drain();
  expect([net.at(0).written(), net.at(1).written()]).toEqual(["a asks", "b asks"]);
});

test("a place in the line can be given back", () => {
  for (const each of [A, B, C, D]) pool.take(each);
  pool.drop(C);
  pool.take(E);
  net.at(0).stand();
  net.at(1).stand();
  net.at(0).say(ANSWER);
  time.advance(REST_MS);
  expect(told).toEqual(["a given", "b given", "a ended", "d given"]);
});

test.each([
  ["refused", () => net.at(0).refuse("ECONNREFUSED"), "a refused: ECONNREFUSED"],
  [
    "lost",
    () => {
      net.at(0).stand();
      net.at(0).end("ECONNRESET");
    },
    "a lost: closed",
  ],
])("one that is %s makes room for the next in the line", (_what, happens, word) => {
  for (const each of [A, B, C]) pool.take(each);
  happens();
  expect(net.sockets.length).toBe(3);
  net.at(2).stand();
  expect(told.slice(-2)).toEqual([word, "c given"]);
});

test("one that was given up counts until the system lets go of it", () => {
  pool.take(A);
  pool.take(B);
  pool.drop(A);
  pool.drop(B);
  pool.take(C);
  expect(net.sockets.length).toBe(2);
  net.at(0).refuse("ECONNRESET");
  expect(net.sockets.length).toBe(3);
  net.at(1).stand();
  expect(told).toEqual(["c given"]);
});

test("a refusal is told to whom the connection was opened for, and to no other", () => {
  pool.take(A);
  pool.take(B);
  net.at(1).refuse("ECONNREFUSED");
  net.at(0).stand();
  expect(told).toEqual(["b refused: ECONNREFUSED", "a given"]);
});
