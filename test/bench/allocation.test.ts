// What is read of the log of the runtime's collector.
import { expect, test } from "bun:test";
import { readCollections } from "../../scripts/bench/allocation.ts";

const LOG = [
  "[GC<0x28ec5408118>: starting 0.028783ms]",
  "GC END!",
  "Requesting GC because bytes allocated this cycle: 8270704 exceed bytes allowed: 8261635 normal bytes: 8270704 oversized bytes: 0 last oversized: 0",
  "[GC<0x28ec5408118>: START M 7792kb => EdenCollection, a=0kb hf=0.000 mu=0.600 => 1752kb, p=1.390608ms END]",
  "a line of another process, Requesting GC because bytes allocated this cycle: 9000000 exceed bytes allowed: 8261635",
];

test.each<[string, string, ReturnType<typeof readCollections>]>([
  ["nothing was collected", LOG.slice(0, 2).join("\n"), { collections: 0, bytes: 0 }],
  ["what each collection tells", LOG.join("\n"), { collections: 2, bytes: 17_270_704 }],
  ["no log", "", { collections: 0, bytes: 0 }],
])("%s", (_name, log, wanted) => {
  expect(readCollections(log)).toEqual(wanted);
});
