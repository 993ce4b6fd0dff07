// A relayed stream may stop inside its last frame, or right after it without the blank line. What was left was passed on
// as it was, and the ending written after it became part of it: the client read one event that was no JSON.
import { describe, expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS } from "../harness/vendor-words.ts";

async function relayed(protocol: string, chunks: readonly string[]) {
  const core = createCore({
    deployment: deploymentOf({ lanes: [laneOf("p/a/m", protocol)] }),
    answer: stream(chunks.map((bytes) => ({ do: "bytes", bytes }) as const)),
  });
  const got = await core.ask({ protocol, body: question(protocol, { stream: true }) });
  return { seen: see(protocol, got.text), text: got.text, record: core.records[0] };
}

describe.each([...VENDOR_WORDS])("$protocol", (words) => {
  const { protocol } = words;
  const frames = words.frames(said({ pieces: ["one ", "two ", "three"] }));
  const whole = frames.join("");

  test("no last blank line: the client gets it", async () => {
    const { seen, record } = await relayed(protocol, [whole.replace(/\n+$/, "")]);
    expect(seen).toMatchObject({ text: "one two three", broken: 0, error: null });
    expect(record?.outcome).toBe("answered");
  });

  test("broken off anywhere in its last frame: nothing unreadable, and an ending that can be read", async () => {
    const last = frames.at(-1)?.trimEnd() ?? "";
    for (let length = 1; length < last.length; length += 3) {
      const { seen, text } = await relayed(protocol, [frames.slice(0, -1).join(""), last.slice(0, length)]);
      expect(seen.broken).toBe(0);
      expect(text.endsWith("\n\n")).toBe(true);
      // Gemini's last frame holds words too.
      expect(seen.text).toStartWith("one two ");
    }
  });

  test("a broken frame in one piece with good ones: the good ones are read", async () => {
    const begun = words.handshakeFrames + 2;
    const first = frames.slice(0, begun - 1).join("");
    const told = [...frames.slice(begun - 1, begun), "data: {not json\n\n", ...frames.slice(begun)];
    const { seen, record } = await relayed(protocol, [first, told.join("")]);
    expect(seen.text).toBe("one two ");
    expect(seen.endings).toHaveLength(1);
    expect(record).toMatchObject({ outcome: "cut", failure: "malformed" });
  });
});

test("framed as an array for the client, the last frame arrives as well", async () => {
  const words = VENDOR_WORDS.find(({ protocol }) => protocol === "gemini");
  const frames = words?.frames(said({ pieces: ["one ", "two ", "three"] })) ?? [];
  const core = createCore({
    deployment: deploymentOf({ lanes: [laneOf("p/a/m", "gemini")] }),
    answer: stream([{ do: "bytes", bytes: frames.join("").trimEnd() }]),
  });
  const body = question("gemini", { stream: true });
  const got = await core.ask({ protocol: "gemini", body, query: "" });
  expect(JSON.parse(got.text)).toHaveLength(frames.length);
});
