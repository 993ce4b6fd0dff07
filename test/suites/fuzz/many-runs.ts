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
const STRETCH_MS = 90_000;

console.log(`fuzz: FUZZ_SEED=${SEED}, ${TIMES} times as many runs`);

const longer = (numRuns = 100) => ({
  numRuns: numRuns * TIMES,
  interruptAfterTimeLimit: PROPERTY_MS_MAX,
  markInterruptAsFailure: false,
});
const isOver = (): boolean => performance.now() > STRETCH_MS;

/** Taken before the module is replaced, or it would be its own replacement. */
const { assert: original, default: everything } = { ...real };

/** A property with a seed of its own is tried as it says first: its test may count what that seed shows. */
function assert<Ts>(property: real.IRawProperty<Ts>, parameters: real.Parameters<Ts> = {}) {
  const more = () => original(property, { ...parameters, seed: SEED, ...(isOver() ? {} : longer(parameters.numRuns)) });
  const first = parameters.seed === undefined ? undefined : original(property, parameters);
  return first instanceof Promise ? first.then(more) : more();
}

mock.module("fast-check", () => ({ ...real, assert, default: { ...everything, assert } }));
