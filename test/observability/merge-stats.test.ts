// The `/stats` document of several workers: one rule a member, and the same bytes as one worker's where all agree.
import { describe, expect, test } from "bun:test";
import { mergeStats } from "../../src/observability/merge-stats.ts";
import type { StatsDocument } from "../../src/observability/stats.ts";
import { stats } from "./samples.ts";

type Path = readonly (string | number)[];

/** The sample with one member replaced; only the types of its JSON are kept. */
function withMember(path: Path, value: unknown): StatsDocument {
  const document: StatsDocument = structuredClone(stats());
  let holder: unknown = document;
  for (const name of path.slice(0, -1)) holder = Reflect.get(Object(holder), name);
  if (!Reflect.has(Object(holder), path.at(-1) ?? "")) throw new Error(`the sample has no ${path.join(".")}`);
  Reflect.set(Object(holder), path.at(-1) ?? "", value);
  return document;
}

function memberOf(document: StatsDocument, path: Path): unknown {
  return path.reduce<unknown>((holder, name) => Reflect.get(Object(holder), name), document);
}

const lane = (name: string): Path => ["lanes", 0, name];
const cell = (name: string): Path => ["lanes", 0, "cells", 0, name];
const account = (name: string): Path => ["accounts", 0, name];
const target = (name: string): Path => ["targets", 0, name];

describe("two workers' figures", () => {
  const rows: readonly (readonly [string, Path, unknown, unknown, unknown])[] = [
    ["add up: parts of the slots", lane("max_concurrent"), 5, 4, 9],
    ["add up", lane("inflight"), 1, 2, 3],
    ["add up", lane("free_slots"), 4, 2, 6],
    ["add up", lane("ok"), 1, 2, 3],
    ["add up", lane("err"), 1, 2, 3],
    ["add up", lane("client_fault"), 1, 2, 3],
    ["are true when true anywhere", lane("usable"), false, true, true],
    ["are out only when out everywhere", lane("dead"), true, false, false],
    ["are out only when out everywhere", lane("dead"), true, true, true],
    ["keep the only reason", lane("dead_reason"), null, "billing", "billing"],
    ["keep the only reason", lane("dead_reason"), "billing", null, "billing"],
    ["keep both reasons", lane("dead_reason"), "billing", "credential", "billing, credential"],
    ["are the largest", lane("cooldown_remaining_s"), 3, 9, 9],
    ["are the largest", lane("streak"), 3, 1, 3],
    ["add up", lane("budget"), 3, 4, 7],
    ["are unlimited when one is", lane("budget"), 3, -1, -1],
    ["are unlimited when one is", lane("budget"), -1, 3, -1],
    ["keep what they agree on", lane("label"), "healthy", "healthy", "healthy"],
    ["name each state once", lane("label"), "healthy", "exhausted", "healthy, exhausted"],
    ["are true when true anywhere", lane("routing"), true, false, true],
    ["are true when true anywhere", lane("priced"), false, true, true],
    ["name each state once", cell("state"), "closed", "open", "closed, open"],
    ["are true when true anywhere", cell("usable"), true, false, true],
    ["are the largest", cell("cooldown_remaining_s"), 0, 4, 4],
    ["are the largest", cell("streak"), 2, 4, 4],
    ["are the largest: each names the whole", account("lanes"), 2, 2, 2],
    ["are the largest", account("usable_lanes"), 1, 2, 2],
    ["add up", account("inflight"), 1, 2, 3],
    ["name each state once", account("labels"), ["exhausted"], ["exhausted", "healthy"], ["exhausted", "healthy"]],
    ["add up", target("requests"), 1, 2, 3],
    ["add up", target("ok"), 1, 2, 3],
    ["add up", target("failovers"), 1, 2, 3],
    ["add up", target("input_tokens"), 1, 2, 3],
    ["add up", target("output_tokens"), 1, 2, 3],
    ["add up", target("cost_nanos"), 1, 2, 3],
    ["add up", target("unpriced"), 1, 2, 3],
    ["add up", target("losses"), 1, 2, 3],
    ["are the largest", ["uptime_s"], 10, 4, 10],
    ["add up", ["unresolved_requests"], 1, 2, 3],
    ["name each revision once", ["revision"], "r1", "r2", "r1, r2"],
  ];
  test.each(rows)("%s: %p", (_rule, path, left, right, merged) => {
    const both = mergeStats(withMember(path, left), withMember(path, right));
    expect(memberOf(both, path)).toEqual(merged);
  });
});

test("of a limit the least that is left counts, until the last moment, and limits only one heard of stay", () => {
  const left = withMember(lane("quotas"), { req: { left_share: 0.5, resets_in_s: 3 } });
  const right = withMember(lane("quotas"), {
    req: { left_share: 0.25, resets_in_s: 9 },
    tok: { left_share: 1, resets_in_s: 1 },
  });
  expect(memberOf(mergeStats(left, right), lane("quotas"))).toEqual({
    req: { left_share: 0.25, resets_in_s: 9 },
    tok: { left_share: 1, resets_in_s: 1 },
  });
});

test("members stand in the order of one worker's document", () => {
  const shape = (document: StatsDocument): string => JSON.stringify(document).replaceAll(/:(\d+|"[^"]*")/g, ":_");
  expect(shape(mergeStats(stats(), stats()))).toBe(shape(stats()));
});

test("lanes are told apart by their names, not by their places", () => {
  const [first, second] = stats().lanes;
  if (first === undefined || second === undefined) throw new Error("the sample has two lanes");
  const left = { ...stats(), lanes: [first] };
  const right = {
    ...stats(),
    lanes: [
      { ...second, ok: 5 },
      { ...first, ok: 7 },
    ],
  };
  const merged = mergeStats({ ...left, lanes: [{ ...first, ok: 1 }] }, right);
  expect(merged.lanes.map(({ id, ok }) => [id, ok])).toEqual([
    [first.id, 8],
    [second.id, 5],
  ]);
});
