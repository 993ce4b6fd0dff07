// A turn that held nothing but another vendor's reasoning leaves with it, and the roles of those beside it still alternate.
import { expect, test } from "bun:test";
import { writeTag } from "../../../src/protocols/shared/signature-tag.ts";
import { asArray, asObject } from "../../../src/std/json.ts";
import { toLane } from "../../harness/crossing.ts";

const FOREIGN = {
  reasoningContent: {
    reasoningText: {
      text: "Hm.",
      signature: writeTag("signature", { issuer: "gemini", value: "c2VhbGVkIGVsc2V3aGVyZQ==" }),
    },
  },
};
const text = (said: string) => ({ text: said });

const CASES: readonly (readonly [name: string, turns: readonly unknown[], left: readonly unknown[]])[] = [
  [
    "in the middle",
    [
      { role: "user", content: [text("a")] },
      { role: "assistant", content: [FOREIGN] },
      { role: "user", content: [text("b")] },
    ],
    [{ role: "user", content: [text("a"), text("b")] }],
  ],
  [
    "twice",
    [
      { role: "user", content: [text("a")] },
      { role: "assistant", content: [FOREIGN] },
      { role: "user", content: [text("b")] },
      { role: "assistant", content: [FOREIGN] },
      { role: "user", content: [text("c")] },
    ],
    [{ role: "user", content: [text("a"), text("b"), text("c")] }],
  ],
  [
    "not where words stand beside it",
    [
      { role: "user", content: [text("a")] },
      { role: "assistant", content: [FOREIGN, text("said")] },
      { role: "user", content: [text("b")] },
    ],
    [
      { role: "user", content: [text("a")] },
      { role: "assistant", content: [text("said")] },
      { role: "user", content: [text("b")] },
    ],
  ],
];

for (const [name, messages, left] of CASES) {
  test(`a turn is left out: ${name}`, () => {
    const { body, losses } = toLane("bedrock", "bedrock", { messages });
    expect(asArray(body["messages"])?.map((each) => asObject(each))).toEqual([...left.map((each) => asObject(each))]);
    expect(losses.length).toBeGreaterThan(0);
  });
}
