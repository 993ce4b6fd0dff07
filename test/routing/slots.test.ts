/** Slots and the line for them: first come first served, nothing given back twice, no slot left lying. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createHealth } from "../../src/routing/health.ts";
import { createSlots } from "../../src/routing/slots.ts";
import { deployment, lane, NO_JITTER, poolOf } from "./build.ts";

const shared = { slots: { group: "g", max: 2 } };
const one = lane("p/a/one", shared);
const two = lane("p/a/two", shared);
const alone = lane("p/b/three", { slots: { group: "h", max: 1 } });

test("lanes of a group share its limit; a full one says so", () => {
  const health = createHealth(deployment([one, two, alone]), NO_JITTER);
  const pool = poolOf("pool", [one, two, alone]);
  const first = health.admit(pool, one, 0);
  const second = health.admit(pool, two, 0);
  expect(health.condition(pool, one, 0)).toMatchObject({ eligible: false, because: "full", full: true });
  expect(health.admit(pool, one, 0)).toBeNull();
  expect(health.condition(pool, alone, 0).eligible).toBe(true);
  first?.succeeded(0);
  expect(health.admit(pool, two, 0)).toBeNull();
  first?.release(1);
  first?.release(1);
  expect(health.admit(pool, two, 1)).not.toBeNull();
  expect(health.admit(pool, two, 1)).toBeNull();
  second?.release(1);
});

describe("the line", () => {
  function full() {
    const slots = createSlots([one, two, alone]);
    for (const each of [one, two, alone]) slots.take(each);
    const woken: string[] = [];
    const wait = (name: string, lanes = [one]) => slots.onFree(lanes, () => woken.push(name));
    return { slots, woken, wait };
  }

  test("first come, first served, each once", () => {
    const { slots, woken, wait } = full();
    wait("first");
    wait("second");
    slots.give(one);
    slots.take(one);
    slots.give(two);
    slots.take(two);
    slots.give(one);
    expect(woken).toEqual(["first", "second"]);
  });

  test("whoever waits for several groups stands in each line and leaves all of them", () => {
    const { slots, woken, wait } = full();
    wait("either", [one, alone]);
    wait("next", [alone]);
    slots.give(one);
    slots.give(alone);
    expect(woken).toEqual(["either", "next"]);
  });

  test("who left is passed over", () => {
    const { slots, woken, wait } = full();
    const leave = wait("gone");
    wait("stays");
    leave();
    leave();
    slots.give(one);
    expect(woken).toEqual(["stays"]);
  });

  test("a slot somebody was woken for and did not use goes to the next; a used one does not", () => {
    const { slots, woken, wait } = full();
    const first = wait("first");
    const second = wait("second");
    wait("third");
    slots.give(one);
    first();
    expect(woken).toEqual(["first", "second"]);
    slots.take(one);
    second();
    expect(woken).toEqual(["first", "second"]);
  });

  test("a cancel from inside the call only says that it was heard", () => {
    const { slots, woken, wait } = full();
    const heard = { leave: wait("never woken") };
    heard.leave();
    heard.leave = slots.onFree([one], () => {
      woken.push("first");
      heard.leave();
    });
    wait("second");
    slots.give(one);
    expect(woken).toEqual(["first"]);
    // It was not used after all: the next release finds two free slots and wakes for both.
    wait("third");
    slots.give(two);
    expect(woken).toEqual(["first", "second", "third"]);
  });

  test("a slot given back twice is a bug that is heard of", () => {
    const slots = createSlots([one]);
    expect(() => slots.give(one)).toThrow("twice");
  });
});

test("random comings and goings: never more than the limit, and nobody waits beside a free slot", () => {
  const event = fc.record({
    kind: fc.constantFrom("come" as const, "end" as const, "leave" as const),
    which: fc.nat({ max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), (events) => {
      const slots = createSlots([one]);
      let used = 0;
      const line: { leave: () => void; state: { isWoken: boolean } }[] = [];
      const settle = () => {
        for (
          let woken = line.find((each) => each.state.isWoken);
          woken !== undefined;
          woken = line.find((each) => each.state.isWoken)
        ) {
          line.splice(line.indexOf(woken), 1);
          if (slots.take(one)) used++;
          woken.leave();
        }
      };
      for (const { kind, which } of events) {
        const acts = {
          come: () => {
            if (slots.take(one)) used++;
            else {
              const state = { isWoken: false };
              const leave = slots.onFree([one], () => {
                state.isWoken = true;
              });
              line.push({ leave, state });
            }
          },
          end: () => {
            if (used === 0) return;
            used--;
            slots.give(one);
          },
          leave: () => line.splice(which % Math.max(1, line.length), 1)[0]?.leave(),
        };
        acts[kind]();
        settle();
        expect(used).toBeLessThanOrEqual(2);
        expect(line.length > 0 && slots.hasFree(one)).toBe(false);
      }
    }),
    { numRuns: 100 },
  );
});
