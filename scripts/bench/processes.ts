// What Linux tells about processes: the family of one, the processor time it has used, the memory it takes. And starting
// and stopping them: everything the benchmark starts is in one list and is stopped by its own id.
import { readdir } from "node:fs/promises";
import type { Subprocess } from "bun";

/** Ticks of the times in /proc/<pid>/stat; 100 on every Linux that Bun runs on (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;
const STOP_MS = 5_000;
const FAMILY_MAX = 64;

export interface Stage {
  /** Starts a process that is stopped with the stage. */
  start(command: readonly string[], options?: StartOptions): Child;
  stop(child: Child): Promise<void>;
  /** Stops everything that still runs; nothing is started after it. */
  close(): Promise<void>;
}

export type Child = Subprocess<"ignore" | "pipe", "pipe" | "ignore", "pipe" | "inherit" | "ignore">;

export interface StartOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** What it prints: kept to be read; its complaints kept to be read; or all of it hidden. Absent: complaints are shown. */
  readonly output?: "piped" | "complaints-piped" | "hidden";
}

export function createStage(): Stage {
  const running = new Set<Child>();
  let isClosed = false;
  const stop = async (child: Child): Promise<void> => {
    running.delete(child);
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await child.exited;
    clearTimeout(late);
  };
  return {
    start(command, options = {}) {
      if (isClosed) throw new Error("the benchmark has been stopped");
      const child = Bun.spawn([...command], {
        stdin: options.output === "piped" ? "pipe" : "ignore",
        stdout: options.output === "piped" ? "pipe" : "ignore",
        stderr: options.output === "complaints-piped" ? "pipe" : options.output === "hidden" ? "ignore" : "inherit",
        env: options.env ?? process.env,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
      running.add(child);
      return child;
    },
    stop,
    async close() {
      isClosed = true;
      await Promise.all([...running].map(stop));
    },
  };
}

const LINE_MS_MAX = 60_000;

/** The first line a process prints; an error when it ends without one or takes too long. */
export async function firstLine(child: Child): Promise<string> {
  const { stdout } = child;
  if (!(stdout instanceof ReadableStream)) throw new Error("the output of this process is not kept");
  const late = setTimeout(() => child.kill("SIGKILL"), LINE_MS_MAX);
  const reader = stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error("a process of the benchmark ended before it said anything");
    text += decoder.decode(value, { stream: true });
  }
  clearTimeout(late);
  reader.releaseLock();
  return text.slice(0, text.indexOf("\n"));
}

/** The process and everything it started, directly or not. */
export async function familyOf(pid: number): Promise<number[]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(names.map((name) => readStat(Number(name))));
  const children = new Map<number, number[]>();
  for (const stat of stats) {
    if (stat !== null) children.set(stat.parent, [...(children.get(stat.parent) ?? []), stat.pid]);
  }
  const family = [pid];
  for (let at = 0; at < family.length && family.length < FAMILY_MAX; at += 1) {
    family.push(...(children.get(family[at] ?? 0) ?? []));
  }
  return family;
}

/** User and system time of the processes, their ended threads included, in microseconds. Resolution: one tick, 10 ms. */
export async function cpuMicrosOf(pids: readonly number[]): Promise<number> {
  const stats = await Promise.all(pids.map(readStat));
  const ticks = stats.reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0);
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

/** Proportional memory of the processes together: what is shared is divided among those who share it. Bytes. */
export async function sharedMemoryOf(pids: readonly number[]): Promise<number> {
  const texts = await Promise.all(pids.map((pid) => readProc(pid, "smaps_rollup")));
  return texts.reduce((sum, text) => sum + kilobytes(text, "Pss"), 0) * 1024;
}

/** Resident memory of one process, shared pages counted whole. Bytes. */
export async function residentMemoryOf(pid: number): Promise<number> {
  return kilobytes(await readProc(pid, "status"), "VmRSS") * 1024;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** Null: it is gone. Fields as in proc_pid_stat(5); the name in parentheses may hold anything, spaces included. */
async function readStat(pid: number): Promise<Stat | null> {
  const text = await readProc(pid, "stat");
  if (text === "") return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - FIELD_AFTER_NAME]);
  return { pid, parent: field(4), ticks: field(14) + field(15) };
}

const FIELD_AFTER_NAME = 3;

/** "" when the process is gone or not ours to look into. */
async function readProc(pid: number, name: string): Promise<string> {
  return Bun.file(`/proc/${pid}/${name}`)
    .text()
    .catch(() => "");
}

function kilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN);
}
