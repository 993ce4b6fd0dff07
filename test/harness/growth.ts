/** Whether a process grows: levels of its memory at rest, one after each round of load, judged against their own noise. */
import { readdir, readFile } from "node:fs/promises";

/** Bytes. */
export interface Growth {
  /** From the first to the last level, by the median of all slopes between two: single outliers move it little. */
  readonly grown: number;
  /** Median distance of a level from that line. */
  readonly noise: number;
}

const NOISE_TIMES = 4;

export function growthOf(levels: readonly number[]): Growth {
  const slopes = levels.flatMap((to, at) => levels.slice(0, at).map((from, before) => (to - from) / (at - before)));
  const slope = median(slopes);
  const start = median(levels.map((level, at) => level - slope * at));
  return {
    grown: slope * (levels.length - 1),
    noise: median(levels.map((level, at) => Math.abs(level - start - slope * at))),
  };
}

/** `grownMax`: less than its collector leaves lying between two of its rounds. */
export function isGrowing({ grown, noise }: Growth, grownMax: number): boolean {
  return grown > grownMax + NOISE_TIMES * noise;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0];
  return sorted.length % 2 === 0 ? (low + high) / 2 : high;
}

// ---------------------------------------------------------------- Linux

/** The process and its children, itself first. */
export async function processTree(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return [pid, ...children.trim().split(/\s+/).filter(Boolean).map(Number)];
}

/** Proportional memory of one process: what it shares is divided among those that share it. */
export async function memoryOf(pid: number): Promise<number> {
  const [, kilobytes] = /^Pss:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
  return Number(kilobytes ?? Number.NaN) * 1024;
}

export async function openFilesOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}
