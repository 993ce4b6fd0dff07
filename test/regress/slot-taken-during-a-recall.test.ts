/**
 * Two limits of one key were short of room, and only the first was called in: while that took a moment, another request of
 * the same worker took the last free slot, and a request was refused for a slot that the other worker held unused.
 */
import { expect, test } from "bun:test";
import { simulate } from "../harness/simulation.ts";

test.each([477, 529, 798, 1_054, 1_208])("seed %p refuses no request that fits", async (seed) => {
  expect((await simulate({ seed, exchanges: 12, isLimited: true })).broken).toEqual([]);
});
