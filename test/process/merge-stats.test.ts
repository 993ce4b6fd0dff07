// Documents of several workers as one.
import { expect, test } from "bun:test";
import { mergeStats } from "../../src/process/merge-stats.ts";

test("documents of several workers become one", () => {
  const document = (own: object) => ({
    pools: { fast: ["a", "b"] },
    version: "1",
    uptime_s: 10,
    lanes: [{ model: "a", inflight: 1, usable: false, dead: true, dead_reason: null, budget: 3, label: "healthy" }],
    ...own,
  });
  const merged = mergeStats([
    document({}),
    document({
      uptime_s: 4,
      lanes: [
        { model: "a", inflight: 2, usable: true, dead: false, dead_reason: "billing", budget: -1, label: "exhausted" },
      ],
    }),
  ]);
  expect(merged).toEqual({
    pools: { fast: ["a", "b"] },
    version: "1",
    uptime_s: 10,
    lanes: [
      {
        ...{ model: "a", inflight: 3, usable: true, dead: false, dead_reason: "billing" },
        ...{ budget: -1, label: "healthy, exhausted" },
      },
    ],
  });
  expect(mergeStats([document({})])).toEqual(document({}));
  // Each worker has heard of other limits, or of the same at another time.
  const quotas = (own: object) => ({ lanes: [{ quotas: own }] });
  expect(
    mergeStats([
      quotas({ req: { left_share: 0.5, resets_in_s: 3 } }),
      quotas({ req: { left_share: 0.25, resets_in_s: 9 }, tok: { left_share: 1, resets_in_s: 1 } }),
    ]),
  ).toEqual(quotas({ req: { left_share: 0.25, resets_in_s: 9 }, tok: { left_share: 1, resets_in_s: 1 } }));
});
