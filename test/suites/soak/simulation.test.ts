// The simulation over seeds that `npm test` does not run, for a minute. SOAK_SEED=<n> begins where it says;
// SIMULATION_SEED=<n> on test/exchange/simulation.test.ts then runs the seed that failed, with its trace.
import { expect, test } from "bun:test";
import { simulate } from "../../harness/simulation.ts";

const FIRST = Number(process.env["SOAK_SEED"] ?? 10_000 + (Date.now() % 1_000_000_000));
const STRETCH_MS = 60_000;
const EXCHANGES_PER_SEED = 12;
/** Fewer within the stretch, and the machine was too slow for the suite to mean anything. */
const SEEDS_MIN = 50;
const BROKEN_SHOWN = 20;

test("no invariant is broken by any seed of the stretch", async () => {
  const broken: string[] = [];
  const startedMs = performance.now();
  let seed = FIRST;
  while (performance.now() - startedMs < STRETCH_MS && broken.length < BROKEN_SHOWN) {
    broken.push(...(await simulate({ seed, exchanges: EXCHANGES_PER_SEED })).broken);
    seed++;
  }
  console.log(`soak: seeds ${FIRST} to ${seed - 1} of the simulation`);
  expect(broken).toEqual([]);
  expect(seed - FIRST).toBeGreaterThan(SEEDS_MIN);
}, 120_000);
