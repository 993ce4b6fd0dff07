/** Collections that stay within their bounds and forget in the right order. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createBoundedMap, createRing } from "../../src/std/bounded.ts";

describe("bounded map", () => {
  test("pushes out the least recently used", () => {
    const map = createBoundedMap<string, number>(2, null);
    map.set("a", 1, 0);
    map.set("b", 2, 0);
    expect(map.get("a", 0)).toBe(1);
    map.set("c", 3, 0);
    expect(map.entries(0)).toEqual([
      ["a", 1],
      ["c", 3],
    ]);
    expect(map.get("b", 0)).toBeUndefined();
  });

  test("setting a key again pushes nothing out", () => {
    const map = createBoundedMap<string, number>(2, null);
    map.set("a", 1, 0);
    map.set("b", 2, 0);
    map.set("a", 3, 0);
    expect(map.entries(0)).toEqual([
      ["b", 2],
      ["a", 3],
    ]);
  });

  test("an entry is gone at its age, which use does not renew and setting does", () => {
    const map = createBoundedMap<string, number>(5, 100);
    map.set("a", 1, 0);
    map.set("b", 2, 50);
    expect(map.get("a", 99)).toBe(1);
    expect(map.entries(100)).toEqual([["b", 2]]);
    expect(map.get("a", 100)).toBeUndefined();
    expect(map.size()).toBe(1);
    map.set("b", 3, 149);
    expect(map.get("b", 248)).toBe(3);
    expect(map.get("b", 249)).toBeUndefined();
    expect(map.size()).toBe(0);
  });

  test("undefined is a value, and delete says whether there was one", () => {
    const map = createBoundedMap<string, undefined>(1, null);
    map.set("a", undefined, 0);
    expect(map.entries(0)).toEqual([["a", undefined]]);
    expect(map.delete("a")).toBe(true);
    expect(map.delete("a")).toBe(false);
    expect(map.size()).toBe(0);
  });

  test("never holds more than its bound, and always what was set last", () => {
    const step = fc.tuple(fc.constantFrom("set", "get", "delete"), fc.nat(9));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
        const map = createBoundedMap<number, number>(max, null);
        let model: [number, number][] = []; // least recently used first
        steps.forEach(([what, key], index) => {
          const found = model.find(([held]) => held === key);
          const others = model.filter(([held]) => held !== key);
          if (what === "get") {
            expect(map.get(key, 0)).toBe(found?.[1]);
            model = found === undefined ? others : [...others, found];
          } else if (what === "set") {
            map.set(key, index, 0);
            model = [...others.slice(Math.max(0, others.length - max + 1)), [key, index]];
          } else {
            expect(map.delete(key)).toBe(found !== undefined);
            model = others;
          }
          expect(map.entries(0)).toEqual(model);
        });
      }),
    );
  });
});

test("a ring lists the newest first and keeps only so many", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), fc.array(fc.integer(), { maxLength: 30 }), (max, items) => {
      const ring = createRing<number>(max);
      for (const item of items) ring.push(item);
      expect(ring.list()).toEqual(items.slice(-max).reverse());
      expect(ring.size()).toBe(Math.min(max, items.length));
    }),
  );
});

test.each([0, -1, 1.5, Number.NaN])("a bound of %d is a bug", (max) => {
  expect(() => createRing(max)).toThrow(RangeError);
  expect(() => createBoundedMap(max, null)).toThrow(RangeError);
});
