/**
 * Loaded ahead of the tests by the suite `fuzz`: every property is tried many times as often as it says, and from a seed of
 * this run. FUZZ_SEED=<n> repeats a run; FUZZ_TIMES=<n> makes it longer. A failure prints its own seed and path too.
 */
import { mock } from "bun:test";
import * as real from "fast-check";

const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000_000);
const TIMES = Number(process.env["FUZZ_TIMES"] ?? 10);
/** One property's share of the stretch; what it found until then counts. */
const PROPERTY_MS_MAX = 1_000;
/** After it each property is tried as often as it says, so that a slow machine ends in time too. */
const STRETCH_MS = 120_000;

console.log(`fuzz: FUZZ_SEED=${SEED}, ${TIMES} times as many runs`);

const longer = (numRuns = 100) => ({
  numRuns: numRuns * TIMES,
  interruptAfterTimeLimit: PROPERTY_MS_MAX,
  markInterruptAsFailure: false,
});
const isOver = (): boolean => performance.now() > STRETCH_MS;

const assert = <Ts>(property: real.IRawProperty<Ts>, parameters: real.Parameters<Ts> = {}) =>
  real.assert(property, {
    ...parameters,
    seed: SEED,
    ...(isOver() ? {} : longer(parameters.numRuns)),
  });

mock.module("fast-check", () => ({ ...real, assert, default: { ...real.default, assert } }));
