/** Every way in which a vendor may bend one member of a JSON value: empty, absent, null, or of another kind. */
import { asArray, asObject } from "../../src/std/json.ts";

export interface Mutation {
  /** `choices.0.delta.content null`. */
  readonly name: string;
  readonly value: unknown;
}

/** One mutation of one member each; members of members too. */
export function mutationsOf(value: unknown): Mutation[] {
  return pathsOf(value, []).flatMap((path) =>
    oddValues(valueAt(value, path)).map(([how, odd]) => ({
      name: `${path.join(".")} ${how}`,
      value: withValue(value, path, odd),
    })),
  );
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path): Path[] {
  const list = asArray(value);
  const object = asObject(value);
  const inner =
    list?.map((each, index) => [index, each] as const) ?? (object === undefined ? [] : Object.entries(object));
  return inner.flatMap(([name, each]) => [[...path, name], ...pathsOf(each, [...path, name])]);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((found, name) => asArray(found)?.[Number(name)] ?? asObject(found)?.[name], value);
}

function oddValues(value: unknown): (readonly [how: string, odd: unknown])[] {
  const always = [
    ["absent", undefined],
    ["null", null],
  ] as const;
  if (typeof value === "string") return [...always, ["empty", ""], ["a number", 7], ["an object", {}], ["a list", []]];
  if (typeof value === "number") return [...always, ["a text", "x"], ["negative", -1], ["an object", {}]];
  if (typeof value === "boolean") return [...always, ["a text", "x"]];
  if (asArray(value) !== undefined) {
    return [
      ...always,
      ["empty", []],
      ["a text", "x"],
      ["an object", {}],
      ["a list of null", [null]],
      ["a list of {}", [{}]],
    ];
  }
  return [...always, ["empty", {}], ["a text", "x"], ["a list", []], ["true", true]];
}

function withValue(value: unknown, [name, ...rest]: Path, odd: unknown): unknown {
  if (name === undefined) return odd;
  const list = asArray(value);
  if (list !== undefined) {
    return list.flatMap((each, index) => {
      if (index !== name) return [each];
      const changed = withValue(each, rest, odd);
      return changed === undefined ? [] : [changed];
    });
  }
  const object = { ...asObject(value) };
  const changed = withValue(object[name], rest, odd);
  if (changed === undefined) delete object[name];
  else object[name] = changed;
  return object;
}
