// A relay changes the members that the lane's server takes under another name or refuses, and not a byte beside them.
import { expect, test } from "bun:test";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";
import { answering, bodyText } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const NEWER = { ...MAKER, outputLimit: "max_completion_tokens" } as const;
const NO_USAGE = { ...MAKER, streamUsage: false };
const REST = '"seed":12345678901234567890, "messages":[ {"role":"user","content":"H\\u0069."} ]';

test.each([
  ["the older limit", NEWER, `"max_tokens": 64,${REST}`, `${REST},"max_completion_tokens":64`, 1],
  ["both limits", NEWER, `"max_tokens":64,"max_completion_tokens":32,${REST}`, `"max_completion_tokens":32,${REST}`, 1],
  ["the newer limit", NEWER, `"max_completion_tokens":32,${REST}`, `"max_completion_tokens":32,${REST}`, 0],
  ["the older limit where it is taken", MAKER, `"max_tokens": 64,${REST}`, `"max_tokens": 64,${REST}`, 0],
  [
    "usage where it is not asked for",
    NO_USAGE,
    `"stream":true,"stream_options":{"include_usage":true},${REST}`,
    `"stream":true,${REST}`,
    1,
  ],
  [
    "usage where it may be",
    MAKER,
    `"stream":true,"stream_options":{"include_usage":true},${REST}`,
    `"stream":true,"stream_options":{"include_usage":true},${REST}`,
    0,
  ],
] as const)("%s", async (_, dialect, asked, sent, losses) => {
  const lane = laneOf("p/a/m", "openai", { dialect });
  const core = createCore({ deployment: deploymentOf({ lanes: [lane] }), answer: answering(wordsOf("openai")) });
  const got = await core.ask({ protocol: "openai", body: `{"model":"m",${asked}}` });
  expect(got.status).toBe(200);
  const [call] = core.effects.calls;
  expect(call === undefined ? "" : bodyText(call)).toBe(`{"model":"upstream-m",${sent}}`);
  expect(core.records[0]?.lossCount).toBe(losses);
});
