// One look a second for all displays, of which none can harm another one, or whoever made the snapshot.
import { describe, expect, test } from "bun:test";
import { sampleSnapshot } from "../../src/displays/awtrix/samples.ts";
import type { DisplayState } from "../../src/displays/display.ts";
import { createPublisher } from "../../src/displays/publisher.ts";
import type { AwtrixConfig } from "../../src/ir/display.ts";
import { createAwtrixDouble } from "../harness/awtrix-double.ts";
import { answerNever, createVirtualEffects } from "../harness/virtual-effects.ts";
import { clockConfig, NOBODY } from "./awtrix/builders.ts";

type Way = "well" | "silent" | "refused";

/** Clocks by name, each as it answers. */
function start(ways: Readonly<Record<string, Way>>) {
  const now = new Map(Object.entries(ways));
  const devices = new Map(Object.keys(ways).map((name) => [name, createAwtrixDouble()]));
  const effects = createVirtualEffects({
    answer(call) {
      const url = new URL(call.url);
      const name = url.hostname.replace(".invalid", "");
      const device = devices.get(name);
      if (device === undefined || now.get(name) === "refused") throw new Error("refused");
      if (now.get(name) === "silent") return answerNever(call);
      if (url.pathname === "/api/stats") return new Response(device.stats());
      const path = url.pathname === "/api/custom" ? `custom/${url.searchParams.get("name")}` : url.pathname.slice(5);
      return new Response(device.handle(path, String(call.init.body ?? "")).text);
    },
  });
  const lines: string[] = [];
  const states: (readonly DisplayState[])[] = [];
  let looks = 0;
  const publisher = createPublisher({
    displays: Object.keys(ways).map((name): AwtrixConfig => clockConfig({ name, url: `http://${name}.invalid` })),
    snapshot(wallMs) {
      looks += 1;
      return { ...sampleSnapshot("busy"), wallMs };
    },
    loginOf: () => NOBODY,
    effects,
    version: "1.2.3",
    say: (level, line) => lines.push(`${level}: ${line}`),
    onStates: (each) => states.push(each),
  });
  return {
    effects,
    publisher,
    devices,
    lines,
    states,
    looks: () => looks,
    set: (name: string, way: Way) => now.set(name, way),
  };
}

test("all of several displays are shown one snapshot, once a second", async () => {
  const { effects, devices, looks } = start({ desk: "well", hall: "well" });
  await effects.run(9_999);
  expect([...devices.values()].map((device) => device.apps.size)).toEqual([1, 1]);
  expect(looks()).toBe(10);
});

describe("a display that is", () => {
  test.each([
    ["silent", "the clock did not answer in time"],
    ["refused", "the clock cannot be reached"],
  ] as const)("%s keeps no other one waiting, and is said once", async (way, why) => {
    const { effects, devices, lines, states, set } = start({ broken: way, desk: "well" });
    await effects.run(600_000);
    expect(devices.get("desk")?.received.length).toBeGreaterThan(9);
    expect(lines).toEqual([`warning: Display broken: ${why}. It is tried again with growing pauses.`]);
    expect(states.at(-1)?.map(({ name, state }) => `${name} ${state}`)).toEqual(["broken down", "desk up"]);
    set("broken", "well");
    await effects.run(120_000);
    expect(lines.at(-1)).toBe("info: Display broken is there again.");
    expect(lines).toHaveLength(2);
  });

  test("silent at the end does not hold it up for more than a few seconds", async () => {
    const { effects, publisher, devices, set } = start({ broken: "well", desk: "well" });
    await effects.run(5_000);
    set("broken", "silent");
    let isClosed = false;
    void publisher.close().then(() => {
      isClosed = true;
    });
    await effects.run(6_500);
    expect([isClosed, devices.get("desk")?.apps.size]).toEqual([true, 0]);
    expect(effects.timersPending()).toBe(0);
  });
});

test("a bug in a display is said once and ends nothing", async () => {
  const effects = createVirtualEffects();
  const lines: string[] = [];
  let looks = 0;
  const publisher = createPublisher({
    displays: [],
    snapshot() {
      looks += 1;
      throw new TypeError("canary");
    },
    loginOf: () => NOBODY,
    effects,
    version: "1.2.3",
    say: (_, line) => lines.push(line),
    onStates: () => undefined,
  });
  await effects.run(5_500);
  await publisher.close();
  expect([looks, lines]).toEqual([6, ["Displays: TypeError, a bug in this program."]]);
});

test("what it says of itself is told only when it changed", async () => {
  const { effects, states } = start({ desk: "well" });
  await effects.run(59_000);
  const before = states.length;
  expect(before).toBeLessThanOrEqual(4);
  expect(new Set(states.map((each) => JSON.stringify(each))).size).toBe(before);
});
