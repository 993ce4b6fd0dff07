// What `/stats` and `/metrics` of a worker show: displays that another process feeds, and the figures of all workers.
import { expect, test } from "bun:test";
import type { DisplayState } from "../../src/displays/display.ts";
import type { Figures } from "../../src/process/messages.ts";
import { createObserve } from "../../src/process/observe.ts";
import { stats } from "../observability/samples.ts";

const STATE: DisplayState = {
  name: "desk",
  type: "awtrix",
  state: "up",
  detail: "AWTRIX 0.98",
  shownWallMs: Date.UTC(2026, 0, 1),
  shown: 3,
  alerts: 1,
  failures: 0,
};

const NO_METRICS = { counters: {}, gauges: {}, histograms: {} };
const gateway = { stats: () => stats({ uptime_s: 5 }), metrics: () => NO_METRICS };
const figures = (uptime: number): Figures => ({ stats: stats({ uptime_s: uptime }), metrics: NO_METRICS });

test("the newest state of each display stands beside the figures, and nothing does before the first", async () => {
  const observe = createObserve({ gateway, all: null });
  expect(await observe.stats()).toEqual(stats({ uptime_s: 5 }));
  observe.displays([STATE]);
  observe.displays([{ ...STATE, state: "down", detail: "nothing listens there", shownWallMs: null }]);
  expect(await observe.stats()).toEqual({
    ...stats({ uptime_s: 5 }),
    displays: [
      {
        ...{ name: "desk", type: "awtrix", state: "down", detail: "nothing listens there", shown_at: null },
        ...{ shown: 3, alerts: 1, failures: 0 },
      },
    ],
  });
});

test.each<[string, readonly Figures[] | null, number, number]>([
  ["all workers answered", [figures(3), figures(9)], 9, 2],
  ["one answered in time", [figures(3)], 3, 1],
  ["the supervisor knows of none", [], 5, 1],
  ["the supervisor did not answer", null, 5, 1],
])("of several workers, %s", async (_when, all, uptime, count) => {
  const observe = createObserve({ gateway, all: async () => all });
  expect(await observe.stats()).toMatchObject({ uptime_s: uptime });
  expect(await observe.metrics()).toHaveLength(count);
});
