/** What a lane refuses of a request today, by the name of the rule, and why it still does: a table that must shrink. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { Family } from "./family.ts";

/** A request refused by the wire itself, before any rule of the family. */
export const WIRE = "the wire's own rules";

/** Of each problem a vendor named: the rule it breaks. */
export function brokenRules(family: Family, refused: readonly string[]): string[] {
  const names = family.doors.flatMap(({ rules }) => rules.map(({ name }) => name));
  return refused
    .flatMap((each) => each.split(" | "))
    .map((problem) => names.find((name) => problem.startsWith(`${name}: `)) ?? WIRE);
}

/** Why a rule may be broken today. One that is not here must not be. */
const WHY: ReadonlyMap<string, string> = new Map([
  [
    "a turn with calls brings its reasoning back while the model thinks",
    "reasoning of another vendor, in a history that is relayed",
  ],
  ["no sampling for models that reason", "relayed as asked"],
  ["models that reason take max_completion_tokens", "relayed as asked"],
  ["no stop for models that reason", "relayed as asked"],
  ["sampling is fixed while the model thinks", "relayed as asked"],
  ["no sampling beside thinking, and none for the newest models", "relayed as asked"],
  ["an API version of before 2024-09 knows no stream_options", "relayed as asked"],
  [WIRE, "relayed as asked, to a vendor that knows fewer members"],
]);

/** Rows of lane, rule and agent beside the pinned ones; UPDATE_GOLDEN=1 writes them anew. */
export function expectBroken(rows: Iterable<string>, table: URL): void {
  const found = [...new Set(rows)].toSorted();
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(table, `${found.join("\n")}\n`);
  expect(`${found.join("\n")}\n`).toBe(readFileSync(table, "utf8"));
  expect(found.filter((row) => !WHY.has(row.split("\t")[1] ?? ""))).toEqual([]);
}
