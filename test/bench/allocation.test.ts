// What is read of the log of the runtime's collector.
import { expect, test } from "bun:test";
import { type Collected, createCollectionReader } from "../../scripts/bench/allocation.ts";

const FIRST =
  "[GC<0x28ec5408118>: START M 7792kb => EdenCollection, a=0kb hf=0.000 => 1752kb, p=1.390608ms (max 1.390608) END]";
const ASKED =
  "Requesting GC because bytes allocated this cycle: 8280074 exceed bytes allowed: 8261635\n[GC<0x28ec5408118>: START M 9752kb => EdenCollection => 3356kb, p=0.911620ms END]";
const UNASKED = "[GC<0x28ec5408118>: START M 5356kb => FullCollection => 200kb, p=0.911620ms END]";
const IN_PIECES =
  "[GC<0x28ec5408118>: START M 3752kb => EdenCollection, i#1:N<> p=1.17ms (max 1.17)...]\n[GC<0x28ec5408118>: M a=1kb => 1850kb, p=0.81ms END]\n[GC<0x28ec5408118>: START M 2850kb => EdenCollection";
const OTHER =
  "[GC<0x4c91b880118>: START M 100kb => EdenCollection => 50kb, p=0.1ms END]\nGC END!\n[GC<0x4c91b880118>: epilogue 0.007ms]";

test.each<[string, readonly string[], Collected]>([
  ["no log", [""], { collections: 0, bytes: 0 }],
  ["what a heap held when it was first told of is no allocation", [FIRST], { collections: 1, bytes: 0 }],
  ["what it grew by since its last collection is", [FIRST, ASKED], { collections: 2, bytes: 8_000 * 1_024 }],
  ["one that begins by itself counts too", [FIRST, ASKED, UNASKED], { collections: 3, bytes: 10_000 * 1_024 }],
  ["one told in pieces", [FIRST, IN_PIECES], { collections: 3, bytes: 3_000 * 1_024 }],
  ["heaps of two processes are told apart", [FIRST, OTHER, ASKED], { collections: 3, bytes: 8_000 * 1_024 }],
])("%s", (_name, lines, wanted) => {
  expect(createCollectionReader().push(lines.join("\n"))).toEqual(wanted);
  // The same in looks of their own.
  const reader = createCollectionReader();
  const looks = lines.map((line) => reader.push(`${line}\n`));
  expect(looks.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(wanted.bytes);
});
