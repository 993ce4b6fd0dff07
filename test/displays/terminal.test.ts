// Frames as they look, and how calmly they are sent.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSnapshot, type Snapshot } from "../../src/displays/snapshot.ts";
import { createTerminalDisplay, type TerminalOptions } from "../../src/displays/terminal/index.ts";
import { render, renderLine } from "../../src/displays/terminal/render.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { expectGolden } from "../observability/golden.ts";
import { deployment, lane, RECORDS, record, START_WALL_MS, transition } from "../observability/samples.ts";

function busy(): Snapshot {
  const fold = createSnapshot(deployment());
  for (const each of [...RECORDS, record({ id: "a" }), record({ id: "b" })]) fold.sink.record(each);
  fold.sink.transition(transition());
  fold.sink.transition(
    transition({ target: null, lane: "zenith/team/large", to: "auth-failed", because: "credential", forMs: null }),
  );
  return fold.snapshot(START_WALL_MS + 9000);
}

function numbered(requests: number): Snapshot {
  return { ...busy(), requests };
}

const WIDE = { columns: 200, rows: 50, color: false };

describe("frames", () => {
  const frames: readonly [file: string, snapshot: Snapshot, options: typeof WIDE][] = [
    ["frame-busy.txt", busy(), WIDE],
    ["frame-quiet.txt", createSnapshot(deployment()).snapshot(START_WALL_MS), WIDE],
    ["frame-narrow.txt", busy(), { columns: 60, rows: 9, color: false }],
    ["frame-color.txt", busy(), { columns: 120, rows: 50, color: true }],
  ];
  test.each(frames)("%s", (file, snapshot, options) => {
    expectGolden(new URL(`./goldens/${file}`, import.meta.url), `${render(snapshot, options).join("\n")}\n`);
  });

  test("the short line", () => {
    const quiet = createSnapshot(deployment()).snapshot(START_WALL_MS);
    expectGolden(new URL("./goldens/lines.txt", import.meta.url), `${renderLine(busy())}\n${renderLine(quiet)}\n`);
  });

  test("fit the window, whatever the names are", () => {
    const name = fc.string({ unit: "grapheme", maxLength: 60 });
    const window = fc.record({ columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 2, max: 40 }) });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 30 }), window, (names, { columns, rows }) => {
        const lanes = Object.fromEntries(names.map((id) => [id, lane(id, "openai")]));
        const fold = createSnapshot(deployment({ lanes }));
        for (const id of names) fold.sink.transition(transition({ lane: id, because: `\u001b[2J${id}\n` }));
        const lines = render(fold.snapshot(START_WALL_MS), { columns, rows, color: false });
        expect(lines.length).toBeLessThan(rows);
        expect(lines.filter((line) => /[\p{Cc}\p{Zl}]/u.test(line))).toEqual([]);
        expect(lines.filter((line) => [...line].length > columns)).toEqual([]);
      }),
      { numRuns: 200, seed: 16 },
    );
  });

  test("characters that take two cells are counted twice", () => {
    const lanes = { 模型模型模型: lane("模型模型模型", "openai") };
    const lines = render(createSnapshot(deployment({ lanes })).snapshot(START_WALL_MS), { ...WIDE, columns: 9 });
    expect(lines.at(-1)).toBe("● 模型模…");
  });

  test("color changes nothing but the escape sequences", () => {
    const stripped = render(busy(), { ...WIDE, color: true }).map((line) => Bun.stripANSI(line));
    expect(stripped).toEqual(render(busy(), WIDE));
  });
});

function started(options: Partial<TerminalOptions> = {}) {
  const effects = createVirtualEffects();
  const written: string[] = [];
  const failures: string[] = [];
  const display = createTerminalDisplay({
    write: (text) => written.push(text),
    columns: () => 120,
    rows: () => 50,
    isTty: true,
    color: false,
    setTimer: effects.setTimer,
    onFailure: (message) => failures.push(message),
    ...options,
  });
  return { effects, written, failures, display };
}

/** The number of requests each frame or line shows. */
function requestsIn(written: readonly string[]): string[] {
  return written.map((text) => /(\d+) requests/.exec(text)?.[1] ?? "none");
}

describe("on a terminal", () => {
  test("the first frame is at once, the next after a second, with the newest snapshot", () => {
    const { effects, written, display } = started();
    for (const requests of [1, 2, 3]) display.show(numbered(requests));
    expect(requestsIn(written)).toEqual(["1"]);
    effects.advance(999);
    expect(requestsIn(written)).toEqual(["1"]);
    effects.advance(1);
    expect(requestsIn(written)).toEqual(["1", "3"]);
  });

  test("never more than one frame a second, however often it is told", () => {
    const { effects, written, display } = started();
    for (let step = 0; step < 1000; step += 1) {
      display.show(numbered(step));
      effects.advance(10);
    }
    expect(written.length).toBe(11);
  });

  test("an unchanged frame is not sent again, unless the window changed", () => {
    let columns = 120;
    const { effects, written, display } = started({ columns: () => columns });
    display.show(numbered(1));
    effects.advance(1000);
    display.show(numbered(1));
    expect(written).toHaveLength(1);
    columns = 100;
    effects.advance(1000);
    display.show(numbered(1));
    expect(written).toHaveLength(2);
  });

  test("a frame is drawn over the one before and clears what is left of it", () => {
    const { effects, written, display } = started();
    const tall = numbered(1);
    display.show(tall);
    effects.advance(1000);
    display.show({ ...tall, transitions: [] });
    const height = render(tall, { columns: 120, rows: 50, color: false }).length;
    expect(written[0]).not.toContain(`\u001b[${height}A`);
    expect(written[1]).toStartWith(`\u001b[${height}A\r`);
    expect(written[1]).toEndWith("\u001b[J");
  });

  test("it leaves no timer behind once it has nothing more to show", () => {
    const { effects, display } = started();
    display.show(numbered(1));
    effects.advance(1000);
    expect(effects.timersPending()).toBe(0);
  });
});

describe("elsewhere", () => {
  test("one line every ten seconds, without an escape sequence", () => {
    const { effects, written, display } = started({ isTty: false, color: true });
    for (let second = 0; second < 25; second += 1) {
      display.show(numbered(second));
      effects.advance(1000);
    }
    expect(requestsIn(written)).toEqual(["0", "9", "19"]);
    expect(written.every((text) => text.indexOf("\n") === text.length - 1 && !text.includes("\u001b"))).toBe(true);
  });
});

describe("the end", () => {
  test("shows what is owed, lets go of its timer and shows nothing more", async () => {
    const { effects, written, display } = started();
    display.show(numbered(1));
    display.show(numbered(2));
    await display.close();
    await display.close();
    display.show(numbered(3));
    effects.advance(60_000);
    expect(requestsIn(written)).toEqual(["1", "2"]);
    expect(effects.timersPending()).toBe(0);
  });

  test("an output that breaks ends it, says so once, and tells nothing of the error's text", async () => {
    const { effects, failures, display } = started({
      write: () => {
        throw new TypeError("canary-secret-1");
      },
    });
    display.show(numbered(1));
    display.show(numbered(2));
    effects.advance(60_000);
    await display.close();
    expect(failures).toEqual(["the terminal display stopped: TypeError"]);
    expect(effects.timersPending()).toBe(0);
  });

  test("an output that breaks later, under a timer, ends it as well", () => {
    let isBroken = false;
    const { effects, failures, display } = started({
      write: () => {
        if (isBroken) throw new Error("gone");
      },
    });
    display.show(numbered(1));
    isBroken = true;
    display.show(numbered(2));
    effects.advance(1000);
    display.show(numbered(3));
    effects.advance(60_000);
    expect(failures).toEqual(["the terminal display stopped: Error"]);
    expect(effects.timersPending()).toBe(0);
  });
});
