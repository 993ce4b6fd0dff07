/** What a client may ask for, and which lanes it gets. */
import { expect, test } from "bun:test";
import { findTarget } from "../../src/routing/target.ts";
import { deployment, lane, member, poolOf, target } from "./build.ts";

const lanes = ["p/one/sonnet", "p/two/sonnet", "q/one/glm", "r/one/maker/gpt", "p/one/hidden"].map((id) => lane(id));
const [one, two, glm, gpt] = lanes as [(typeof lanes)[0], (typeof lanes)[0], (typeof lanes)[0], (typeof lanes)[0]];
const sonnet = target("sonnet", [member("sonnet", [one, two], { contextMax: 900 })], {
  kind: "model",
  substitutes: [glm.id],
  exactFailover: false,
});
const found = deployment(lanes, [
  poolOf("fast", [one, glm]),
  sonnet,
  target("glm", [member("glm", [glm])], { kind: "model" }),
  target("maker/gpt", [member("maker/gpt", [gpt])], { kind: "model" }),
]);

test.each([
  ["fast", "fast: p/one/sonnet q/one/glm"],
  ["sonnet", "sonnet: p/one/sonnet p/two/sonnet +q/one/glm"],
  ["p/sonnet", "sonnet: p/one/sonnet p/two/sonnet"],
  ["p/two/sonnet", "sonnet: p/two/sonnet"],
  ["maker/gpt", "maker/gpt: r/one/maker/gpt"],
  ["r/maker/gpt", "maker/gpt: r/one/maker/gpt"],
  ["r/one/maker/gpt", "maker/gpt: r/one/maker/gpt"],
  ["p/hidden", null],
  ["q/sonnet", null],
  ["p/three/sonnet", null],
  ["p", null],
  ["p/one", null],
  ["", null],
  ["/", null],
  ["constructor", null],
  ["__proto__/x", null],
])("%p", (asked, expected) => {
  const target = findTarget(found, asked);
  const lanesOf =
    target === null
      ? []
      : [...target.members.flatMap((each) => each.lanes), ...target.substitutes.map((id) => `+${id}`)];
  expect(target === null ? null : `${target.name}: ${lanesOf.join(" ")}`).toBe(expected);
});

test("a part of a model keeps the model's settings and its own window", () => {
  expect(findTarget(found, "p/two/sonnet")).toEqual({
    ...sonnet,
    members: [{ model: "sonnet", weight: 1, contextMax: 900, lanes: [two.id] }],
    substitutes: [],
    exactFailover: false,
  });
});
