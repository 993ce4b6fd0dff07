// Where sessions were served last: remembered for their time, bounded, apart by target.
import { expect, test } from "bun:test";
import { createSessions, SESSIONS_MAX } from "../../src/routing/sessions.ts";
import { stickyBy } from "../harness/deployments.ts";
import { target } from "./build.ts";

const pool = target("pool", [], { affinity: { ...stickyBy(), ttlMs: 1_000 } });
const other = target("other", [], { affinity: stickyBy() });

test("the lane that served last, until the session was quiet for its time", () => {
  const sessions = createSessions();
  expect(sessions.laneOf(pool, "s", 0)).toBeNull();
  sessions.served(pool, "s", "a", 0);
  sessions.served(pool, "s", "b", 500);
  expect(sessions.laneOf(pool, "s", 1_499)).toBe("b");
  // A look is no use of it.
  expect(sessions.laneOf(pool, "s", 1_500)).toBeNull();
  expect(sessions.size()).toBe(0);
});

test("each target has its own, and one without affinity has none", () => {
  const sessions = createSessions();
  sessions.served(pool, "s", "a", 0);
  sessions.served(other, "s", "b", 0);
  expect([sessions.laneOf(pool, "s", 1), sessions.laneOf(other, "s", 1)]).toEqual(["a", "b"]);
  expect(sessions.laneOf({ ...pool, affinity: null }, "s", 1)).toBeNull();
});

test("no more are kept than the maximum: the quietest goes first", () => {
  const sessions = createSessions();
  sessions.served(other, "first", "a", 0);
  sessions.served(other, "second", "b", 0);
  for (let at = 0; at < SESSIONS_MAX - 1; at += 1) {
    sessions.laneOf(other, "first", at);
    sessions.served(other, `s${at}`, "c", at);
  }
  expect(sessions.size()).toBe(SESSIONS_MAX);
  expect([sessions.laneOf(other, "first", 1), sessions.laneOf(other, "second", 1)]).toEqual(["a", null]);
});
