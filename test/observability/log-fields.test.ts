// The table of log fields in docs/operations.md and the lines that are written: each field stands in both, with its type.
import { expect, test } from "bun:test";
import { createLog } from "../../src/observability/log.ts";
import { RECORDS, record, START_WALL_MS, transition } from "./samples.ts";

interface Row {
  readonly field: string;
  readonly event: string;
  readonly type: string;
}

const docs = await Bun.file(new URL("../../docs/operations.md", import.meta.url)).text();
const ROWS: readonly Row[] = [
  ...docs.matchAll(/^\| `([^`]+)` \| (all|exchange|transition|message) \| ([^|]+) \|/gm),
].map(([, field = "", event = "", type = ""]) => ({ field, event, type: type.trim() }));

const USAGE = {
  freshInputTokens: 1,
  cacheReadTokens: 1,
  cacheWriteTokens: 1,
  cacheWrite1hTokens: 1,
  outputTokens: 1,
  reasoningTokens: 1,
  audioInputTokens: 1,
  audioOutputTokens: 1,
};

/** Every member there is, and lengths of time as clocks give them. */
function fullest() {
  const [attempt] = record().attempts;
  if (attempt === undefined) throw new Error("a record without attempts");
  const quotas = [{ window: "req", scope: "lane", leftShare: 0.5, resetsWallMs: 1.5 }] as const;
  const full = { startedMs: 0.1, firstByteMs: 1.7, durationMs: 2.2, retryAfterMs: 3.3, reportedModel: "x", quotas };
  return record({
    durationMs: 0.7770590000000084,
    firstByteMs: 0.4,
    openedMs: null,
    alias: "pattern",
    queuedMs: 0.007229999999935899,
    startedWallMs: START_WALL_MS + 0.8638,
    attempts: [{ ...attempt, ...full, repair: "stream_usage", billed: { usage: USAGE, costNanos: 1, isWhole: true } }],
    skipped: [{ lane: "a/b/c", because: "tripped" }],
    losses: [{ kind: "sampling", field: "top_k", how: "dropped", detail: "no place for it" }],
  });
}

function written(): Record<string, unknown>[] {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const log = createLog({ level: "debug", format: "json", revision: "r", wallMs: () => START_WALL_MS, write });
  for (const each of [...RECORDS, fullest()]) log.sink.record(each);
  log.sink.transition(transition({ forMs: 12.5 }));
  log.sink.transition(transition({ target: null, forMs: null }));
  log.info("a sentence");
  return lines.map((line) => JSON.parse(line));
}

/** `attempts[].lane` and its value; an object and a list beside what is in them. */
function fieldsOf(value: unknown, path: string): [string, unknown][] {
  if (Array.isArray(value)) return [[path, value], ...value.flatMap((each) => insideOf(each, `${path}[]`))];
  return [[path, value], ...insideOf(value, path)];
}

function insideOf(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  // Documented once.
  if (path === "attempts[].billed.usage") return [];
  return Object.entries(value).flatMap(([name, each]) => fieldsOf(each, path === "" ? name : `${path}.${name}`));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value === "string" ? "text" : typeof value;
}

test("every field of a line is in the table, with its type, and every row is a field", () => {
  const seen = new Map<string, Set<string>>();
  for (const line of written()) {
    for (const [field, value] of insideOf(line, "")) {
      const event = ["time", "level", "event", "revision"].includes(field) ? "all" : String(line["event"]);
      const key = `${event} ${field}`;
      seen.set(key, (seen.get(key) ?? new Set()).add(typeOf(value)));
    }
  }
  const documented = ROWS.map(({ event, field }) => `${event} ${field}`);
  expect([...seen.keys()].toSorted()).toEqual(documented.toSorted());
  for (const { event, field, type } of ROWS) {
    const wrong = [...(seen.get(`${event} ${field}`) ?? [])].filter((each) => !type.split(" or ").includes(each));
    expect([field, type === "number" ? wrong.filter((each) => each !== "integer") : wrong]).toEqual([field, []]);
  }
});

test("names are in snake case, and every length of time is whole", () => {
  for (const [field, value] of written().flatMap((line) => insideOf(line, ""))) {
    expect(field).toMatch(/^[a-z0-9_.[\]]+$/);
    if (field.endsWith("_ms") && value !== null) expect([field, Number.isInteger(value)]).toEqual([field, true]);
  }
});
