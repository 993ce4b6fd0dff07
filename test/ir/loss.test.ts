// What kind of thing a loss is, what strict translation refuses of it, and how many of them are told in a line.
import { describe, expect, test } from "bun:test";
import {
  approximated,
  clamped,
  dropped,
  isRefusedByStrict,
  kindOfLoss,
  type Loss,
  type LossKind,
} from "../../src/ir/loss.ts";
import { groupLosses } from "../../src/ir/loss-groups.ts";

describe("strict translation", () => {
  test.each<[Loss, LossKind, boolean]>([
    [dropped("messages[1].content[0]", "no place"), "content", true],
    [dropped("contents[1].parts[0]", "no place"), "content", true],
    [approximated("messages[1].content[0]", "as text"), "content", false],
    [dropped("system[0]", "text only"), "instructions", true],
    [dropped("tools[0]", "exists only in its own protocol"), "tools", true],
    [approximated("tools[0]", "written as a function"), "tools", false],
    [dropped("tool_choice", "no such choice"), "tools", true],
    [clamped("stop", "takes 4"), "stop", true],
    [clamped("generationConfig.stopSequences", "takes 4"), "stop", true],
    [clamped("max_tokens", "gives at most 10"), "length", true],
    [clamped("inferenceConfig.maxTokens", "gives at most 10"), "length", true],
    [approximated("response_format", "held to loosely"), "schema", true],
    [dropped("text.format", "none"), "schema", true],
    [dropped("messages[0].content[1].cache_control", "no marks"), "cache", false],
    [dropped("messages[0].content[1].cachePoint", "no marks"), "cache", false],
    [dropped("contents[1].parts[0].thoughtSignature", "another's"), "reasoning", false],
    [dropped("reasoning.summary", "the provider decides"), "reasoning", false],
    [approximated("reasoning_effort", "the nearest"), "reasoning", false],
    [approximated("thinking.budget_tokens", "as an effort"), "reasoning", false],
    [dropped("temperature", "refused"), "sampling", false],
    [dropped("top_k", "no such setting"), "sampling", false],
    [dropped("metadata", "stored only"), "metadata", false],
    [dropped("metadata.user_id", "none"), "metadata", false],
    [dropped("service_tier", "none"), "metadata", false],
    [dropped("messages[3].content[0].citations", "none"), "citations", false],
    [dropped("truncation", "own protocol"), "options", false],
    [{ ...dropped("messages[1].content[0]", "another's"), kind: "sealed reasoning" }, "sealed reasoning", true],
    [{ ...dropped("messages[1].content[0]", "not taken"), kind: "reasoning" }, "reasoning", false],
  ])("%j", (loss, kind, isRefused) => {
    expect([kindOfLoss(loss), isRefusedByStrict(loss)]).toEqual([kind, isRefused]);
  });
});

test("losses are told by kind, and the same one in many places once", () => {
  const marks = Array.from({ length: 12 }, (_, index) =>
    dropped(`messages[${index}].content[0].cache_control`, "none"),
  );
  expect(
    groupLosses([dropped("top_k", "none"), ...marks, dropped("messages[1].content[0]", "none"), clamped("stop", "4")]),
  ).toEqual([
    { kind: "content", count: 1, entries: ["messages[1].content[0] dropped"] },
    { kind: "stop", count: 1, entries: ["stop clamped"] },
    { kind: "sampling", count: 1, entries: ["top_k dropped"] },
    { kind: "cache", count: 12, entries: ["messages[].content[].cache_control dropped (12)"] },
  ]);
});
