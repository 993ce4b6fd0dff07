// Log lines as people and programs read them; what a client wrote stays on its line.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createLog, type LogFormat, type LogLevel, type LogOptions } from "../../src/observability/log.ts";
import { expectGolden } from "./golden.ts";
import { RECORDS, record, START_WALL_MS, transition } from "./samples.ts";

function logged(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: "info",
    format: "text",
    revision: "rev-1",
    wallMs: () => START_WALL_MS,
    write: (line) => lines.push(line),
    ...options,
  });
  return { log, lines };
}

const UNRESOLVED = record({
  id: "req-0007",
  target: "unresolved",
  asked: "gpt\u001b[31m\nFAKE line",
  status: 404,
  outcome: "refused",
  failure: "unknown-model",
  attempts: [],
  usage: null,
  costNanos: null,
});

function page(format: LogFormat): string {
  const { log, lines } = logged({ format });
  log.info("listening", { host: "127.0.0.1", port: 8080 });
  for (const each of [
    ...RECORDS,
    UNRESOLVED,
    record({ id: "req-0008", failure: "internal", status: 500, outcome: "failed" }),
    record({ id: "req-0009", operation: "embed" }),
  ]) {
    log.sink.record(each);
  }
  log.sink.transition(transition());
  log.sink.transition(transition({ target: null, from: "auth-failed", to: "unknown", because: "probe", forMs: null }));
  return lines.join("");
}

test("text lines", () => expectGolden(new URL("./goldens/log.txt", import.meta.url), page("text")));

test("json lines", () => expectGolden(new URL("./goldens/log.jsonl", import.meta.url), page("json")));

test("a json line has every field of the record", () => {
  const { log, lines } = logged({ format: "json" });
  log.sink.record(record());
  const { time, level, event, revision, ...members } = JSON.parse(lines.join(""));
  // With what it all came to where the record has its answer, and two members under the names of the documentation.
  const { answer, ingress, startedWallMs, ...others } = record();
  expect(Object.keys(members).toSorted()).toEqual(
    [...Object.keys({ ...others, ...answer }), "startedAt", "protocol"].map(snake).toSorted(),
  );
  expect(members).toMatchObject({ protocol: ingress, started_at: new Date(startedWallMs).toISOString() });
  expect([time, level, event, revision]).toEqual(["2026-01-01T00:00:00.842Z", "info", "exchange", "rev-1"]);
});

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

test("lines tell their moment to the millisecond, in whatever order the moments come", () => {
  const moments = fc.oneof(
    fc.integer({ min: -8.64e15, max: 8.64e15 }),
    fc.double({ min: 1.7e12, max: 1.7e12 + 3000, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(moments, { maxLength: 8 }), (walls) => {
      let wallMs = 0;
      const { log, lines } = logged({ wallMs: () => wallMs });
      for (const each of walls) {
        wallMs = each;
        log.info("now");
      }
      expect(lines.map((line) => line.split(" ")[0])).toEqual(walls.map((each) => new Date(each).toISOString()));
    }),
  );
});

describe("levels", () => {
  const NOISE: readonly LogLevel[] = ["error", "warn", "info", "debug"];
  test.each([
    ["error", 1],
    ["warn", 2],
    ["info", 3],
    ["debug", 4],
  ] as const)("%s shows %i of four", (level, shown) => {
    const { log, lines } = logged({ level });
    for (const each of NOISE) log[each](each);
    expect(lines.map((line) => line.split(" ")[1])).toEqual(NOISE.slice(0, shown));
  });

  test.each([
    ["an answer", record(), "info"],
    ["a rescue", record({ attempts: [...record().attempts, ...record().attempts] }), "info"],
    ["a client's mistake", record({ status: 400, outcome: "refused", failure: "invalid-request" }), "info"],
    ["a client that left", record({ status: 499, outcome: "client-gone" }), "info"],
    ["a break", record({ outcome: "cut" }), "warn"],
    ["exhaustion", record({ status: 503, outcome: "failed", failure: "no-eligible-lane" }), "warn"],
    ["a bug", record({ status: 500, outcome: "failed", failure: "internal" }), "error"],
  ] as const)("%s is logged", (_, given, level) => {
    const { log, lines } = logged({ format: "json" });
    log.sink.record(given);
    expect(JSON.parse(lines.join(""))).toMatchObject({ level });
  });
});

describe("foreign text", () => {
  const foreign = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom(
      "a\r\nb",
      "\u001b[2J",
      "\u2028",
      "\u202eevil",
      "\ud800",
      "\u0085",
      "\u{e0001}",
      '"},{"level":"error',
    ),
  );

  test("stays on its line and is printable, in either format", () => {
    fc.assert(
      fc.property(foreign, fc.constantFrom<LogFormat>("text", "json"), (text, format) => {
        const { log, lines } = logged({ format });
        log.sink.record(record({ asked: text, target: "unresolved", id: text, caller: text }));
        log.sink.transition(transition({ because: text }));
        log.warn(text, { field: text });
        const unprintable = lines
          .map((line) => line.slice(0, -1))
          .filter((line) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(line));
        expect(lines).toHaveLength(3);
        expect(lines.every((line) => line.endsWith("\n"))).toBe(true);
        expect(unprintable).toEqual([]);
      }),
      { numRuns: 500, seed: 13 },
    );
  });

  test("comes back from json as it was", () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const { log, lines } = logged({ format: "json" });
        log.sink.record(record({ asked: text }));
        expect(JSON.parse(lines.join(""))).toMatchObject({ asked: text });
      }),
      { numRuns: 500, seed: 14 },
    );
  });
});

test("a line that cannot be written is counted and stops nothing", () => {
  const { log } = logged({
    write: () => {
      throw new Error("the pipe is gone");
    },
  });
  log.sink.record(record());
  log.sink.transition(transition());
  log.error("still here");
  log.debug("not shown, so not lost");
  expect(log.writeFailures()).toBe(3);
});

test("a moment no calendar has does not stop the line", () => {
  const { log, lines } = logged();
  log.sink.record(record({ startedWallMs: Number.NaN }));
  log.sink.record(record({ startedWallMs: 1e300 }));
  expect(lines.map((line) => line.slice(0, 6))).toEqual(["- info", "- info"]);
});
