// Decisions on disk: what a restart finds again, pages like those of the ring, forgetting by age, and trouble that is said and harms nobody.
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Decision, decisionOf } from "../../src/observability/decision.ts";
import { createDecisions, type DecisionFilter } from "../../src/observability/decisions.ts";
import { type DecisionStore, openDecisionStore } from "../../src/observability/stores/sqlite.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { attempt, deployment, record, START_WALL_MS } from "./samples.ts";

const DAY_MS = 86_400_000;

let folder: string;
let time: ReturnType<typeof createVirtualEffects>;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ringmain-decisions-"));
  time = createVirtualEffects({ startWallMs: START_WALL_MS });
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, "decisions.db");
const open = (keepDays = 7): DecisionStore =>
  openDecisionStore({
    path: path(),
    keepDays,
    wallMs: time.wallMs,
    setTimer: time.setTimer,
    onTrouble: (sentence) => said.push(sentence),
  });
const decision = (seq: number, members: Parameters<typeof record>[0] = {}): Decision =>
  decisionOf(record({ id: `r${seq}`, startedWallMs: START_WALL_MS, ...members }), deployment(), seq);
const ids = (store: DecisionStore, filter: DecisionFilter = {}): string[] =>
  store.list({ ...filter, before: null, limit: 100 }).decisions.map(({ id }) => id);

test("what was written is there after a restart, and numbers go on", () => {
  const first = open();
  expect(first.firstSeq).toBe(1);
  for (const seq of [1, 2, 3]) first.add(decision(seq));
  first.close();
  const second = open();
  expect(second.firstSeq).toBe(4);
  expect(ids(second)).toEqual(["r3", "r2", "r1"]);
  expect(second.find("r2")).toEqual(decision(2));
  expect(second.find("never")).toBeNull();
  second.close();
});

test("decisions are written in batches, half a second after the first one", () => {
  const store = open();
  store.add(decision(1));
  expect(time.timersPending()).toBe(1);
  time.advance(500);
  expect(time.timersPending()).toBe(0);
  store.close();
  expect(new Database(path()).query("SELECT count(*) AS count FROM decisions").get()).toEqual({ count: 1 });
});

test.each<[DecisionFilter]>([
  [{}],
  [{ target: "sonnet" }],
  [{ caller: "token-2" }],
  [{ outcome: "failed" }],
  [{ failure: "no-eligible-lane" }],
  [{ served: "other_model" }],
  [{ lane: "zenith/team/large" }],
  [{ lane: "zenith/team" }],
  [{ sinceMs: START_WALL_MS + 3, untilMs: START_WALL_MS + 6 }],
])("pages by %j are those of the ring", (filter) => {
  const store = open();
  const ring = createDecisions({
    ring: 100,
    firstSeq: 1,
    deployment: deployment(),
    onDecision: (each) => store.add(each),
  });
  for (let index = 0; index < 40; index += 1) {
    const members = [
      {},
      { target: "sonnet" },
      { caller: "token-2" },
      { outcome: "failed", failure: "no-eligible-lane" } as const,
      { attempts: [attempt({ outcome: "timeout" }), attempt({ lane: "zenith/team/large", model: "large" })] },
    ][index % 5];
    ring.sink.record(record({ id: `r${index}`, startedWallMs: START_WALL_MS + index, ...members }));
  }
  for (let before: number | null = null, page = 0; page < 30; page += 1) {
    const wanted = ring.list({ ...filter, before, limit: 3 });
    expect(store.list({ ...filter, before, limit: 3 })).toEqual(wanted);
    before = wanted.next;
    if (before === null) break;
  }
  store.close();
});

test("what is older than its days is forgotten, a batch at a time", () => {
  const store = open(7);
  store.add(decision(1));
  store.add(decision(2, { startedWallMs: START_WALL_MS + 5 * DAY_MS }));
  expect(ids(store)).toEqual(["r2", "r1"]);
  time.advance(8 * DAY_MS);
  store.add(decision(3, { startedWallMs: START_WALL_MS + 8 * DAY_MS }));
  expect(ids(store)).toEqual(["r3", "r2"]);
  store.close();
});

test("a second gateway on the same file is told at once, and the first goes on", () => {
  const store = open();
  expect(() => open()).toThrow();
  store.add(decision(1));
  expect(ids(store)).toEqual(["r1"]);
  store.close();
});

test("a file that holds something else is left alone", () => {
  writeFileSync(path(), "this is no database, but somebody's letter to a friend");
  expect(() => open()).toThrow();
  rmSync(path());
  const other = new Database(path(), { create: true });
  other.run("CREATE TABLE theirs (x)");
  other.close();
  expect(() => open()).toThrow("something else");
});

test("a disk that does not take them costs decisions, is said once, and nobody waits", () => {
  const store = open();
  const clash = decision(1);
  store.add(clash);
  time.advance(500);
  for (let round = 0; round < 3; round += 1) {
    store.add(clash); // its number is taken, as on a full disk nothing would be written
    time.advance(500);
  }
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("cannot be written to disk");
  store.add(decision(2));
  expect(ids(store)).toEqual(["r2", "r1"]);
  store.close();
});
