// The last net under a worker: how many errors it survives.
import { expect, test } from "bun:test";
import { createGuard } from "../../src/process/guard.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";

test("ten errors in a minute are survived, the eleventh is told once", () => {
  const time = createVirtualEffects();
  let errors = 0;
  let sick = 0;
  const guard = createGuard({ nowMs: time.nowMs, onError: () => errors++, onSick: () => sick++ });
  for (let count = 0; count < 10; count += 1) guard(new Error("one"));
  time.advance(60_000);
  for (let count = 0; count < 10; count += 1) guard(new Error("two"));
  expect(sick).toBe(0);
  for (let count = 0; count < 5; count += 1) guard(new Error("three"));
  expect([errors, sick]).toEqual([25, 1]);
});
