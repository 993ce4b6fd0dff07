// The net under the displays of a supervisor: what they throw where nobody can catch it ends nothing.
import { expect, test } from "bun:test";
import { startDisplays } from "../../src/process/displays.ts";
import { clockConfig } from "../displays/awtrix/builders.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { deployment, record } from "../observability/samples.ts";

test("uncaught errors are said, too many switch the displays off, and the net goes with them", async () => {
  const before = process.listeners("uncaughtException").length;
  const lines: string[] = [];
  const displays = startDisplays({
    deployment: deployment({ displays: [clockConfig({ url: "http://127.0.0.1:9" })] }),
    env: {},
    version: "1.2.3",
    say: (_, line) => lines.push(line),
    onStates: () => undefined,
    effects: createVirtualEffects(),
    allowances: () => [],
  });
  const net = process.listeners("uncaughtException").slice(before)[0];
  expect(net).toBeDefined();
  for (let thrown = 0; thrown < 11; thrown += 1) net?.(new TypeError("canary-secret-1"), "uncaughtException");
  expect(lines.filter((line) => line.startsWith("Displays: an uncaught error: TypeError")).length).toBe(11);
  expect(lines.at(-1)).toBe("Displays: too many of them; nothing is shown until the next start.");
  expect(lines.join("\n")).not.toContain("canary");
  await displays.close();
  expect(process.listeners("uncaughtException").length).toBe(before);
});

test("another deployment's displays are shown after those of the one before are closed", async () => {
  const states: string[] = [];
  const effects = createVirtualEffects();
  const names = (all: readonly { readonly name: string }[]): void =>
    void states.push(all.map(({ name }) => name).join());
  const shown = (name: string) => deployment({ displays: [{ ...clockConfig({ url: "http://127.0.0.1:9" }), name }] });
  const displays = startDisplays({
    ...{ deployment: shown("one"), env: {}, version: "1.2.3", effects },
    ...{ say: () => undefined, onStates: names, allowances: () => [] },
  });
  displays.reconfigure(shown("two"));
  displays.reconfigure(shown("three"));
  await effects.run(20_000);
  expect(new Set(states)).toEqual(new Set(["one", "two", "three"]));
  expect(states.at(-1)).toBe("three");
  displays.sink.record(record());
  const closing = displays.close();
  await effects.run(20_000);
  await closing;
});
