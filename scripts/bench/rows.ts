// The table of rows: what can be measured, by name, in the order in which it is.
import type { Bench } from "./cast.ts";
import type { Row } from "./report.ts";
import { measureAllocation } from "./rows-allocation.ts";
import { measureCells } from "./rows-cells.ts";
import { GROWTH_ROWS, measureGrowth, measureHistory } from "./rows-growth.ts";
import { measureIdleMemory, measureStart, measureStreamMemory } from "./rows-process.ts";
import { measureRequests, measureTranslatedRequest, REQUEST_ROWS } from "./rows-requests.ts";
import { measureStreams, STREAM_ROWS } from "./rows-streams.ts";
import { measureTranslation } from "./rows-translation.ts";

export interface Measurement {
  /** As --rows names it: whole, or its beginning. */
  readonly id: string;
  readonly measure: (bench: Bench) => Promise<readonly Row[]>;
}

export const MEASUREMENTS: readonly Measurement[] = [
  { id: "allocated", measure: async (bench) => [await measureAllocation(bench)] },
  { id: "start", measure: async (bench) => [await measureStart(bench)] },
  { id: "memory-idle", measure: async (bench) => [await measureIdleMemory(bench)] },
  { id: "memory-stream", measure: measureStreamMemory },
  ...REQUEST_ROWS.map((row) => ({ id: row.id, measure: async (bench: Bench) => [await measureRequests(bench, row)] })),
  { id: "request-translated", measure: async (bench) => [await measureTranslatedRequest(bench)] },
  ...STREAM_ROWS.map((row) => ({ id: row.id, measure: async (bench: Bench) => [await measureStreams(bench, row)] })),
  ...GROWTH_ROWS.map((row) => ({ id: row.id, measure: async (bench: Bench) => [await measureGrowth(bench, row)] })),
  { id: "history", measure: async (bench) => [await measureHistory(bench)] },
  { id: "cells", measure: async (bench) => [await measureCells(bench)] },
  { id: "translation", measure: async (bench) => [measureTranslation(bench.size.rounds)] },
];

/** Those whose name is, or begins with, one of the words; no words: all. A word that names none is an error. */
export function selectRows(words: readonly string[]): readonly Measurement[] {
  const unknown = words.find((word) => !MEASUREMENTS.some(({ id }) => id.startsWith(word)));
  if (unknown !== undefined) {
    throw new Error(`there is no row ${unknown}; rows are ${MEASUREMENTS.map(({ id }) => id).join(", ")}`);
  }
  return words.length === 0 ? MEASUREMENTS : MEASUREMENTS.filter(({ id }) => words.some((word) => id.startsWith(word)));
}
