// What a clock is sent and how calmly, in virtual time, against a device that behaves as its documentation says.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PACKET_BYTES_MAX } from "../../../src/displays/awtrix/link.ts";
import { LAYOUT_IDS, pagesOf } from "../../../src/displays/awtrix/pages.ts";
import { lifetimeSecs, pictureBody } from "../../../src/displays/awtrix/payload.ts";
import { render } from "../../../src/displays/awtrix/render.ts";
import { sampleSnapshot } from "../../../src/displays/awtrix/samples.ts";
import type { Snapshot } from "../../../src/displays/snapshot.ts";
import type { HealthLabel } from "../../../src/ir/lane-facts.ts";
import { pictureIn } from "../../harness/awtrix-double.ts";
import { START_WALL_MS } from "../../observability/samples.ts";
import { clockConfig, startClock } from "./builders.ts";

const RENDER = { layouts: ["alerts"], palette: "ember_whimsy", pageMs: 7_000, providers: [], burnShare: 0.85 } as const;

function withLabel(label: HealthLabel): Partial<Snapshot> {
  return { lanes: sampleSnapshot("busy").lanes.map((lane, at) => (at === 0 ? { ...lane, label } : lane)) };
}

function withRequests(requests: number): Partial<Snapshot> {
  const lanes = sampleSnapshot("busy").lanes.map((lane) => ({
    ...lane,
    today: { ...lane.today, costNanos: requests * 1e9 },
  }));
  return { lanes };
}

/** Paths without the reading of statistics. */
function paths(clock: ReturnType<typeof startClock>): string[] {
  return clock.device.received.map(({ path }) => path);
}

describe("the first second", () => {
  test("asks who is there, makes the brightness safe, and only then shows the picture", async () => {
    const clock = startClock();
    await clock.run(1);
    expect(clock.calls[0]?.url).toBe("http://clock.invalid/api/stats");
    expect(paths(clock)).toEqual(["settings", "custom/ringmain"]);
    expect(clock.device.settings).toMatchObject({ BRI: 32, ABRI: false });
    const app = clock.device.apps.get("ringmain");
    expect(app).toMatchObject({ text: "", noScroll: true, save: false, duration: 7, lifetime: 180, lifetimeMode: 0 });
    expect(clock.device.screen()).toEqual([...render(sampleSnapshot("busy"), RENDER).frame]);
    expect(clock.display.state()).toMatchObject({ state: "up", detail: "AWTRIX 0.98", shown: 1, failures: 0 });
  });
});

describe("calm", () => {
  test("never more than one picture a second, however often lanes come and go", async () => {
    const clock = startClock();
    await clock.run(120, (second) => withLabel(second % 1 < 0.5 ? "healthy" : "cooling-down"), 10);
    const moments = clock.pictures().map(({ atMs }) => atMs);
    expect(moments.length).toBeGreaterThan(60);
    expect(moments.length).toBeLessThanOrEqual(121);
    expect(moments.slice(1).filter((atMs, at) => atMs - (moments[at] ?? 0) < 950)).toEqual([]);
  });

  test("a picture that did not change is sent again only to keep it alive", async () => {
    const clock = startClock();
    clock.device.handle("custom/another", '{"text":"x"}');
    await clock.run(600);
    expect(clock.pictures()).toHaveLength(600 / 60);
    expect(clock.device.apps.has("ringmain")).toBe(true);
  });

  test("figures change no more often than they may", async () => {
    const clock = startClock({ layouts: ["provider_dashboard"], providers: ["anthropic"], updateMs: 10_000 });
    await clock.run(100, withRequests);
    expect(clock.pictures()).toHaveLength(10);
  });

  test("pages turn with the wall clock, not with the figures", async () => {
    const clock = startClock({ layouts: [...LAYOUT_IDS], updateMs: 3_600_000, pageMs: 7_000 });
    await clock.run(7 * 12);
    const pages = pagesOf(LAYOUT_IDS, sampleSnapshot("busy"), RENDER).length;
    expect(pages).toBeGreaterThan(5);
    expect(clock.pictures()).toHaveLength(12);
    expect(new Set(clock.pictures().map(({ body }) => JSON.stringify(body))).size).toBe(pages);
  });

  test("a publisher that died disappears", async () => {
    const clock = startClock();
    clock.device.handle("custom/another", '{"text":"x"}');
    await clock.run(10);
    clock.device.pass(lifetimeSecs(clockConfig()) - 20);
    expect(clock.device.apps.has("ringmain")).toBe(true);
    clock.device.pass(20);
    expect([...clock.device.apps.keys()]).toEqual(["another"]);
  });
});

describe("calls", () => {
  test("one for a change, before the picture that shows it", async () => {
    const clock = startClock();
    await clock.run(10);
    const before = clock.device.received.length;
    await clock.run(30, () => withLabel("auth-failed"));
    expect(clock.device.received.slice(before).map(({ path }) => path)).toEqual(["notify", "custom/ringmain"]);
    expect(JSON.stringify(clock.device.notifications)).toContain("anthropic/personal/sonnet");
    expect(clock.device.notifications[0]).toMatchObject({ hold: false, wakeup: false });
    expect(clock.display.state().alerts).toBe(1);
  });

  test("a flapping lane calls once in the pause and not at every flap", async () => {
    const clock = startClock();
    await clock.run(180, (second) => withLabel(second % 10 < 5 ? "healthy" : "cooling-down"));
    expect(clock.device.notifications.length).toBeLessThanOrEqual(3);
  });
});

describe("quiet hours", () => {
  const at = (hours: number) => START_WALL_MS + hours * 3_600_000;
  const night = { fromMinute: 23 * 60, toMinute: 7 * 60, timezone: "UTC" };

  test("take our app away, darken the matrix, call nobody, and end with the picture", async () => {
    const clock = startClock({ quietHours: night });
    await clock.run(5, () => ({ wallMs: at(22) }));
    expect(clock.device.apps.size).toBe(1);
    const before = clock.device.received.length;
    await clock.run(600, (second) => ({ wallMs: at(23), ...withLabel(second > 300 ? "exhausted" : "healthy") }));
    expect(clock.device.received.slice(before).map(({ path, body }) => `${path} ${body}`)).toEqual([
      'settings {"ABRI":false,"BRI":1}',
      "custom/ringmain {}",
    ]);
    expect([clock.device.apps.size, clock.device.notifications.length]).toEqual([0, 0]);
    expect(clock.display.state().state).toBe("quiet");
    await clock.run(5, () => ({ wallMs: at(7), ...withLabel("exhausted") }));
    expect([clock.device.apps.size, clock.device.notifications.length]).toEqual([1, 0]);
    expect(clock.device.settings).toMatchObject({ BRI: 32 });
  });
});

describe("trouble", () => {
  test("what is in braces in a name is not looked up by the clock", async () => {
    const clock = startClock();
    const odd = sampleSnapshot("busy").lanes.map((lane, at) => (at === 0 ? { ...lane, lane: "{{home/door}}" } : lane));
    await clock.run(2, () => ({ lanes: odd.map((lane, at) => (at === 0 ? { ...lane, label: "exhausted" } : lane)) }));
    expect(JSON.stringify(clock.device.notifications)).toContain("((home/door))");
    expect(JSON.stringify(clock.device.notifications)).not.toContain("{{");
  });

  test("a clock without room for pictures is sent words and a bar, and tried again later", async () => {
    const clock = startClock();
    clock.device.refuseDrawing(true);
    await clock.run(3);
    expect(clock.device.apps.get("ringmain")).toMatchObject({ text: "OK", progress: 100, progressBC: "#181818" });
    expect(clock.device.apps.get("ringmain")).not.toHaveProperty("draw");
    expect(clock.display.state()).toMatchObject({ state: "up", detail: "the clock answered 500 ErrorParsingJson" });
    clock.device.refuseDrawing(false);
    await clock.run(700);
    expect(clock.device.apps.get("ringmain")).toHaveProperty("draw");
    expect(clock.display.state()).toMatchObject({ detail: "AWTRIX 0.98" });
  });

  test("a clock that restarted is told everything again", async () => {
    const clock = startClock();
    await clock.run(10);
    clock.device.restart();
    expect(clock.device.apps.size).toBe(0);
    const before = clock.device.received.length;
    await clock.run(70);
    expect(clock.device.received.slice(before, before + 2).map(({ path }) => path)).toEqual([
      "settings",
      "custom/ringmain",
    ]);
    expect(clock.device.apps.size).toBe(1);
  });

  test("a clock that is gone is asked with growing pauses, and shown everything when it is back", async () => {
    const clock = startClock();
    await clock.run(5);
    clock.setReachable(false);
    const before = clock.calls.length;
    await clock.run(3_600, withRequests);
    const tries = clock.calls.slice(before).map(({ atMs }) => atMs);
    expect(tries.length).toBeGreaterThan(50);
    expect(tries.length).toBeLessThan(150);
    expect(clock.display.state()).toMatchObject({ state: "down", detail: "the clock cannot be reached" });
    clock.setReachable(true);
    clock.device.restart();
    await clock.run(61);
    expect([clock.device.apps.size, clock.device.settings["BRI"]]).toEqual([1, 32]);
    expect(clock.display.state().state).toBe("up");
  });
});

describe("the end", () => {
  test("takes our app away, leaves the others, and nothing comes after it", async () => {
    const clock = startClock();
    for (const name of ["ring", "another", "Ringmain"]) clock.device.handle(`custom/${name}`, '{"text":"x"}');
    await clock.run(5);
    await Promise.all([clock.display.close(), clock.run(1)]);
    await clock.display.close();
    const after = clock.device.received.length;
    await clock.run(100);
    expect([...clock.device.apps.keys()]).toEqual(["ring", "another", "Ringmain"]);
    expect(clock.device.received.at(-1)).toMatchObject({ path: "custom/ringmain", body: "{}" });
    expect(clock.device.received.length).toBe(after);
  });

  test("a picture under way at the end does not come back from the dead", async () => {
    const clock = startClock();
    await clock.run(1);
    clock.display.show({ ...sampleSnapshot("down"), wallMs: START_WALL_MS + 60_000 });
    await Promise.all([clock.display.close(), clock.run(5)]);
    expect(clock.device.apps.size).toBe(0);
  });
});

test("no picture is larger than the clock can take in, and every one is read", () => {
  const color = fc.integer({ min: 0, max: 0xffffff });
  fc.assert(
    fc.property(
      fc.oneof(fc.array(color, { minLength: 256, maxLength: 256 }), fc.constant(new Array<number>(256).fill(0xffffff))),
      (frame) => {
        const words = { text: "x", color: 0, progress: 0, progressColor: 0 };
        const body = pictureBody(
          { frame, words, page: 0, pages: 24 },
          clockConfig({ pageMs: 60_000, updateMs: 3_600_000 }),
        );
        expect(JSON.stringify(body).length + 100).toBeLessThan(PACKET_BYTES_MAX);
        expect(pictureIn(JSON.parse(JSON.stringify(body)))).toEqual(frame);
      },
    ),
    { numRuns: 50, seed: 10 },
  );
});
