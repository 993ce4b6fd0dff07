// What `/stats` says of displays, which another process feeds.
import { expect, test } from "bun:test";
import type { DisplayState } from "../../src/displays/display.ts";
import { createObserve } from "../../src/process/observe.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";

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

test("the newest state of each display stands beside the figures, and nothing does before the first", async () => {
  const observe = createObserve({
    gateway: { stats: () => ({ lanes: [] }), metrics: () => ({ counters: {}, gauges: {}, histograms: {} }) },
    workers: 1,
    send: () => true,
    setTimer: createVirtualEffects().setTimer,
  });
  expect(await observe.stats()).toEqual({ lanes: [] });
  observe.displays([STATE]);
  observe.displays([{ ...STATE, state: "down", detail: "nothing listens there", shownWallMs: null }]);
  expect(await observe.stats()).toEqual({
    lanes: [],
    displays: [
      {
        ...{ name: "desk", type: "awtrix", state: "down", detail: "nothing listens there", shown_at: null },
        ...{ shown: 3, alerts: 1, failures: 0 },
      },
    ],
  });
});
