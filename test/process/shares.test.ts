// How what a deployment allows as a whole is divided among workers.
import { expect, test } from "bun:test";
import { shareOf } from "../../src/process/shares.ts";
import { deploymentOf } from "./deployments.ts";

test.each([
  { slots: 10, of: 3, shares: [4, 3, 3] },
  { slots: 9, of: 3, shares: [3, 3, 3] },
  { slots: 2, of: 3, shares: [2, 1, 1] }, // at least one each: the documented excess
  { slots: 1, of: 1, shares: [1] },
])("$slots slots among $of workers are $shares", ({ slots, of, shares }) => {
  const deployment = deploymentOf({ slots: [slots], maxRequests: slots });
  const parts = shares.map((_, index) => shareOf(deployment, { index, of }));
  expect(parts.flatMap((part) => Object.values(part.lanes).map((lane) => lane.slots.max))).toEqual([...shares]);
  // Answers a lane may give in all are never given twice.
  const answers = parts.flatMap((part) => Object.values(part.lanes).map((lane) => lane.maxRequests ?? 0));
  expect(answers.reduce((sum, each) => sum + each, 0)).toBe(slots);
});
