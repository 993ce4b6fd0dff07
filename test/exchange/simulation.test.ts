// Seeded simulation of the whole core. A failing seed is printed, and SIMULATION_SEED=<n> runs it alone with its trace; it
// becomes a test of its own in test/regress. Each invariant has a planted fault that the same runs must find, so that a run
// that finds nothing means something. SIMULATION_SEEDS=<n> runs more of them.
import { describe, expect, test } from "bun:test";
import type { LedgerReply } from "../../src/governance/ledger-messages.ts";
import { simulate } from "../harness/simulation.ts";
import { FAULTS } from "../harness/simulation-faults.ts";

const SEEDS = Number(process.env["SIMULATION_SEEDS"] ?? 1_500);
const EXCHANGES_PER_SEED = 12;
const LIMITED_SEEDS = Math.ceil(SEEDS / 2);
const JUDGED_SEEDS = Math.ceil(SEEDS / 5);
/** Seeds within which a planted fault must be found. */
const FAULT_SEEDS = 1_000;
const BROKEN_SHOWN = 20;
const only = process.env["SIMULATION_SEED"];

if (only === undefined) {
  test(`${SEEDS} runs of ${EXCHANGES_PER_SEED} exchanges break no invariant`, async () => {
    const broken: string[] = [];
    for (let seed = 1; seed <= SEEDS && broken.length < BROKEN_SHOWN; seed++) {
      broken.push(...(await simulate({ seed, exchanges: EXCHANGES_PER_SEED })).broken);
    }
    expect(broken).toEqual([]);
  }, 300_000);
} else {
  test(`seed ${only}`, async () => {
    const { broken, trace } = await simulate({ seed: Number(only), exchanges: EXCHANGES_PER_SEED });
    console.log(trace.join("\n"));
    expect(broken).toEqual([]);
  }, 60_000);
}

test(`${JUDGED_SEEDS} runs whose requests and answers are judged break none either`, async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= JUDGED_SEEDS && broken.length < BROKEN_SHOWN; seed++) {
    broken.push(...(await simulate({ seed, exchanges: EXCHANGES_PER_SEED, isJudged: true })).broken);
  }
  expect(broken).toEqual([]);
}, 300_000);

test(`${LIMITED_SEEDS} runs whose clients share a budget and slots refuse nobody who fits`, async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= LIMITED_SEEDS && broken.length < BROKEN_SHOWN; seed++) {
    broken.push(...(await simulate({ seed, exchanges: EXCHANGES_PER_SEED, isLimited: true })).broken);
  }
  expect(broken).toEqual([]);
}, 300_000);

test("a planted fault is found: what another worker holds unused is never called in", async () => {
  const tamperReply = (reply: LedgerReply) => (reply.type === "recall-lease" ? null : reply);
  let seen: string | undefined;
  for (let seed = 1; seed <= FAULT_SEEDS && seen === undefined; seed++) {
    const { broken } = await simulate({ seed, exchanges: EXCHANGES_PER_SEED, isLimited: true, tamperReply });
    seen = broken.find((sentence) => sentence.includes("a request was refused that fitted"));
  }
  expect(seen).toBeDefined();
}, 120_000);

test("the same seed gives the same run, whatever ran before", async () => {
  const [fault] = FAULTS;
  if (fault === undefined) throw new Error("no fault is planted");
  const run = () => simulate({ seed: 3, exchanges: 40, tamper: fault.tamper() });
  const first = await run();
  await simulate({ seed: 4, exchanges: 10 });
  expect(first.broken).not.toEqual([]);
  expect(await run()).toEqual(first);
});

describe("a planted fault is found", () => {
  test.each(FAULTS)(
    "$name",
    async ({ tamper, found }) => {
      const isFound = (sentence: string): boolean => found.test(sentence);
      let seen: string | undefined;
      for (let seed = 1; seed <= FAULT_SEEDS && seen === undefined; seed++) {
        const { broken } = await simulate({ seed, exchanges: EXCHANGES_PER_SEED, tamper: tamper() });
        seen = broken.find(isFound);
      }
      expect(seen).toBeDefined();
    },
    120_000,
  );
});
