// A plain stop signal does what an AbortSignal does, as far as we use one.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { createStopper, type StopSignal } from "../../src/std/stop-signal.ts";

/** Listener 0 takes listener 1 away when it is called; all of them note that they were. */
function listenersOf(signal: StopSignal, called: number[]): (() => void)[] {
  const listeners = [0, 1, 2].map((index) => () => {
    called.push(index);
    if (index === 0) signal.removeEventListener("abort", listeners[1] ?? (() => undefined));
  });
  return listeners;
}

test("any use of it has the same effect as on an AbortSignal", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom("add", "remove"), which: fc.nat({ max: 2 }) }),
    fc.constant({ do: "abort", which: 0 }),
  );
  const run = (signal: StopSignal, abort: () => void, steps: readonly { do: string; which: number }[]) => {
    const called: number[] = [];
    const listeners = listenersOf(signal, called);
    const seen = steps.map(({ do: what, which }) => {
      const listener = listeners[which] ?? (() => undefined);
      if (what === "abort") abort();
      else if (what === "add") signal.addEventListener("abort", listener, { once: true });
      else signal.removeEventListener("abort", listener);
      return [signal.aborted, called.length];
    });
    return { called, seen };
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const stopper = createStopper();
      const controller = new AbortController();
      expect(run(stopper.signal, () => stopper.abort(), steps)).toEqual(
        run(controller.signal, () => controller.abort(), steps),
      );
    }),
  );
});

test("a leak of listeners is a bug", () => {
  const { signal } = createStopper();
  for (let index = 0; index < 64; index += 1) signal.addEventListener("abort", () => undefined);
  expect(() => signal.addEventListener("abort", () => undefined)).toThrow("too many listeners");
});
