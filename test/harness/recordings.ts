/**
 * Recorded traffic of real vendors, where the variable RINGMAIN_RECORDINGS names a folder of it. Elsewhere the tests that read
 * it are skipped and say why.
 */
import { describe } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReadEvent } from "../../src/ir/event.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { asArray, asObject, type JsonObject, parseExact, parseJson } from "../../src/std/json.ts";

const ROOT = process.env["RINGMAIN_RECORDINGS"];
const WHERE = ROOT === undefined ? " (skipped: RINGMAIN_RECORDINGS names no folder of recordings)" : "";

export function describeRecordings(name: string, body: () => void): void {
  describe.skipIf(ROOT === undefined)(`${name}${WHERE}`, body);
}

export interface Recordings {
  /** The paths under the root that end so, sorted; none without recordings. */
  files(suffix: string): string[];
  bytesOf(file: string): Uint8Array;
  textOf(file: string): string;
  jsonOf(file: string): JsonObject;
  /** Numbers keep the digits of their author. */
  exactOf(file: string): JsonObject;
}

/** What stands in these folders of the recordings. */
export function recordingsIn(...folders: readonly string[]): Recordings {
  const names =
    ROOT === undefined
      ? []
      : folders.flatMap((folder) =>
          readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
        );
  const bytesOf = (file: string): Uint8Array => new Uint8Array(readFileSync(join(ROOT ?? "", file)));
  const textOf = (file: string): string => readFileSync(join(ROOT ?? "", file), "utf8");
  return {
    files: (suffix) => names.filter((name) => name.endsWith(suffix)).toSorted(),
    bytesOf,
    textOf,
    jsonOf: (file) => asObject(parseJson(textOf(file))) ?? {},
    exactOf: (file) => asObject(parseExact(textOf(file))) ?? {},
  };
}

/** A stream as it comes in pieces of so many bytes. */
export function readInPieces({ carrier, payload }: Protocol, bytes: Uint8Array, size = bytes.length): ReadEvent[] {
  const splitter = carrier.framing.createSplitter();
  const reader = payload.createStreamReader();
  const events: ReadEvent[] = [];
  for (let from = 0; from < bytes.length; from += size) {
    for (const frame of splitter.push(bytes.subarray(from, from + size))) events.push(...reader.push(frame));
  }
  for (const frame of splitter.end()) events.push(...reader.push(frame));
  return [...events, ...reader.end()];
}

/** Paths, list places left out, at which two JSON values differ; a null member equals a missing one. */
export function differences(left: unknown, right: unknown, path = ""): string[] {
  const [one, other] = [asObject(left), asObject(right)];
  if (one !== undefined && other !== undefined && !JSON.isRawJSON(left) && !JSON.isRawJSON(right)) {
    const members = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...members].flatMap((name) =>
      differences(one[name] ?? null, other[name] ?? null, path === "" ? name : `${path}.${name}`),
    );
  }
  const [list, otherList] = [asArray(left), asArray(right)];
  if (list !== undefined && otherList !== undefined && list.length === otherList.length) {
    return list.flatMap((item, index) => differences(item, otherList[index], `${path}[]`));
  }
  return JSON.stringify(left) === JSON.stringify(right) ? [] : [path];
}

/** Likewise, where null is no missing member, with what stood there before and after: `.n: 1 -> nothing`. */
export function changes(before: unknown, after: unknown, path = ""): string[] {
  if (Bun.deepEquals(before, after, true)) return [];
  const [left, right] = [asArray(before), asArray(after)];
  if (left !== undefined && right !== undefined && left.length === right.length) {
    return left.flatMap((each, index) => changes(each, right[index], `${path}[]`));
  }
  const [object, other] = [asObject(before), asObject(after)];
  if (object === undefined || other === undefined) return [`${path}: ${kindOf(before)} -> ${kindOf(after)}`];
  const names = new Set([...Object.keys(object), ...Object.keys(other)]);
  return [...names].flatMap((name) => changes(object[name], other[name], `${path}.${name}`));
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "object";
  return (JSON.stringify(value) ?? "").slice(0, 40);
}
