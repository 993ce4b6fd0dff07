// Every page of every layout in every palette and state, as letters beside their colors, and as the pictures of the manual.

import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { ALLOWANCES_MAX } from "../../../src/displays/allowance.ts";
import { createCanvas, HEIGHT, textWidth, WIDTH } from "../../../src/displays/awtrix/canvas.ts";
import { countText, leftText, spentText } from "../../../src/displays/awtrix/figure-texts.ts";
import { GLYPHS } from "../../../src/displays/awtrix/glyphs.ts";
import { markOf } from "../../../src/displays/awtrix/marks.ts";
import { LAYOUT_IDS, type LayoutId, PAGES_MAX, pagesOf } from "../../../src/displays/awtrix/pages.ts";
import { PALETTES, type PaletteId } from "../../../src/displays/awtrix/palettes.ts";
import { render, renderPage } from "../../../src/displays/awtrix/render.ts";
import { STATE_IDS, type StateId, sampleSnapshot } from "../../../src/displays/awtrix/samples.ts";
import { toLetters, toTrueColor } from "../../../src/displays/awtrix/text.ts";
import { contactSheet, magnify, type Picture, toPng } from "../../../src/displays/png.ts";
import { createSnapshot } from "../../../src/displays/snapshot.ts";
import type { Allowance } from "../../../src/ir/allowance.ts";
import { HEALTH_LABELS } from "../../../src/ir/lane-facts.ts";
import { PALETTE_IDS } from "../../../src/known.ts";
import { expectGolden } from "../../observability/golden.ts";
import { deployment, lane, START_WALL_MS, transition } from "../../observability/samples.ts";

const OPTIONS = { providers: [], burnShare: 0.85 };

function pages(layout: LayoutId, palette: PaletteId, state: StateId) {
  return pagesOf([layout], sampleSnapshot(state), OPTIONS).map((page, at) => renderPage(page, at, palette));
}

describe("goldens", () => {
  const cells = LAYOUT_IDS.flatMap((layout) => PALETTE_IDS.map((palette) => [layout, palette] as const));
  test.each(cells)("%s in %s, in every state", (layout, palette) => {
    const text = STATE_IDS.flatMap((state) => {
      const all = pages(layout, palette, state);
      return all.map(({ frame, words }, at) => {
        const bar = words.progress === null ? "no bar" : `bar ${words.progress.toFixed(2)}`;
        return `${state}, page ${at + 1} of ${all.length}: "${words.text}", ${bar}\n${toLetters(frame).join("\n")}\n`;
      });
    });
    expectGolden(new URL(`./goldens/${layout}-${palette}.txt`, import.meta.url), text.join("\n"));
  });

  test.each(PALETTE_IDS)("the picture of %s in the manual shows what is drawn", (palette) => {
    const rows = STATE_IDS.map((state) =>
      LAYOUT_IDS.flatMap((layout) => {
        const all = pages(layout, palette, state);
        const { frame } = all[layout === "alerts" ? all.length - 1 : 0] ?? { frame: [] };
        return [magnify({ width: WIDTH, height: HEIGHT, pixels: frame }, 6)];
      }),
    );
    const sheet = contactSheet(rows, 6);
    const file = new URL(`../../../docs/displays/${palette}.png`, import.meta.url);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, toPng(sheet));
    const shown = decodePng(readFileSync(file));
    expect([shown.width, shown.height]).toEqual([sheet.width, sheet.height]);
    // Bytes of a compressed file may change with the library; what is seen may not.
    expect(Bun.hash(JSON.stringify(shown.pixels))).toBe(Bun.hash(JSON.stringify(sheet.pixels)));
  });
});

/** The plain kind that `toPng` writes: true color, no filter. Checks every checksum on the way. */
function decodePng(bytes: Buffer): Picture {
  expect(bytes.subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a");
  const data: Buffer[] = [];
  let size = { width: 0, height: 0 };
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + 8 + length);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(Bun.hash.crc32(bytes.subarray(at + 4, at + 8 + length)));
    if (type === "IHDR") size = { width: body.readUInt32BE(0), height: body.readUInt32BE(4) };
    if (type === "IDAT") data.push(body);
    at += 12 + length;
  }
  const rows = inflateSync(Buffer.concat(data));
  const pixels: number[] = [];
  for (let y = 0; y < size.height; y += 1) {
    const start = y * (size.width * 3 + 1);
    expect(rows[start]).toBe(0);
    for (let x = 0; x < size.width; x += 1) pixels.push(rows.readUIntBE(start + 1 + x * 3, 3));
  }
  return { ...size, pixels };
}

describe("glyphs", () => {
  test("no two look alike but 0 and O", () => {
    const drawn = Map.groupBy(GLYPHS.keys(), (character) => (GLYPHS.get(character) ?? []).join("/"));
    expect([...drawn.values()].filter((alike) => alike.length > 1)).toEqual([["0", "O"]]);
  });

  test("every one is a block of rows of one width", () => {
    for (const [character, rows] of GLYPHS) {
      expect([character, new Set(rows.map((row) => row.length)).size]).toEqual([character, 1]);
      expect([character, rows.length === 5 || rows.length === 7]).toEqual([character, true]);
    }
  });

  test("painting is cut off at the edges, and what is behind a glyph stays", () => {
    const canvas = createCanvas();
    canvas.bar(0, 0, WIDTH, 0x111111);
    canvas.text(-1, -1, "8", 0xffffff);
    canvas.text(30, 6, "8", 0xffffff);
    const [frame, lit] = [canvas.frame(), (x: number, y: number) => canvas.frame()[y * WIDTH + x]];
    expect(frame).toHaveLength(WIDTH * HEIGHT);
    expect([lit(0, 0), lit(1, 0), lit(31, 7), lit(30, 7)]).toEqual([0x111111, 0xffffff, 0, 0xffffff]);
  });

  test("a character nobody drew takes its place and is blank", () => {
    const canvas = createCanvas();
    canvas.text(0, 0, "☃", 0xffffff);
    expect([canvas.frame().every((color) => color === 0), textWidth("☃")]).toEqual([true, 3]);
  });
});

describe("marks", () => {
  test.each([
    ["anthropic", "claude-work"],
    ["openai", "team-openai"],
    ["deepseek", "deepseek-anthropic"],
    ["gemini", "google"],
    ["kimi", "moonshot-anthropic"],
    ["deepinfra", "deepinfra-anthropic"],
  ])("%s has the mark of %s or the same letters", (one, other) => {
    expect(markOf(one).sprite).toEqual(markOf(other).sprite);
  });

  test("are 8 × 8, whatever the name", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("m", "w1", "NM", "")), (name) => {
        const { sprite, colors } = markOf(name);
        expect(sprite.map((row) => row.length)).toEqual(new Array(8).fill(8));
        const used = new Set(sprite.join("").replaceAll(".", ""));
        expect([...used].filter((character) => !colors.has(character))).toEqual([]);
      }),
      { numRuns: 200, seed: 6 },
    );
  });
});

describe("amounts", () => {
  const spent = (costNanos: number | null, tokens = 0, unpriced = 0) => ({ requests: 1, tokens, costNanos, unpriced });
  test.each([
    [spent(4_260_000_000), 23, "$4.26"],
    [spent(4_260_000_000, 0, 1), 23, "$4.26+"],
    [spent(812_340_000_000), 23, "$812.3"],
    [spent(812_340_000_000), 18, "$812"],
    [spent(12_345_000_000_000), 23, "$12k"],
    [spent(0), 23, "$0.00"],
    [spent(null, 999), 23, "999"],
    [spent(null, 999_600), 23, "1.0M"],
    [spent(null, 9_960), 23, "10k"],
    [spent(null, 1_240_000), 23, "1.2M"],
    [spent(null, 1_240_000), 10, "1M"],
  ])("%j in %p pixels is %s", (given, width, text) => expect(spentText(given, width)).toBe(text));

  test("fit where they are put, whatever they come to", () => {
    const amount = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
    fc.assert(
      fc.property(amount, amount, (nanos, tokens) => {
        expect(textWidth(spentText(spent(nanos), 23))).toBeLessThanOrEqual(23);
        expect(textWidth(countText(tokens, 15))).toBeLessThanOrEqual(15);
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  test.each([
    [0, "100%"],
    [0.001, "99%"],
    [0.27, "73%"],
    [0.999, "1%"],
    [1, "0%"],
    [1.5, "0%"],
  ])("%p used is %s left", (used, left) => expect(leftText(used)).toBe(left));
});

describe("a frame", () => {
  const allowance = fc.record({
    kind: fc.constantFrom("quota" as const, "budget" as const),
    name: fc.constantFrom("acme", "team-a"),
    account: fc.constant(null),
    window: fc.constantFrom("5h", "7d", "30d", "1d", "total"),
    usedShare: fc.option(fc.double({ min: -1, max: 10, noNaN: true })),
    resetsWallMs: fc.constant(null),
  });

  test("is 256 colors and the same for the same snapshot, whatever the gateway is like", () => {
    const lanes = fc.array(fc.tuple(fc.constantFrom("acme", "zenith", "我"), fc.constantFrom(...HEALTH_LABELS)), {
      maxLength: 80,
    });
    const options = fc.record({
      layouts: fc.subarray([...LAYOUT_IDS], { minLength: 1 }),
      palette: fc.constantFrom(...PALETTE_IDS),
      pageMs: fc.constantFrom(3_000, 60_000),
      providers: fc.constantFrom([], ["acme"], ["nobody"]),
      burnShare: fc.constantFrom(0.01, 0.85, 1),
    });
    const wallMs = fc.integer({ min: 0, max: 8e12 });
    fc.assert(
      fc.property(
        lanes,
        fc.array(allowance, { maxLength: 100 }),
        options,
        wallMs,
        (given, allowances, settings, now) => {
          const entries = given.map(([provider], at) => lane(`${provider}/a${at}/m`, "openai"));
          const fold = createSnapshot(
            deployment({ lanes: Object.fromEntries(entries.map((each) => [each.id, each])) }),
            {
              allowances: () => allowances,
            },
          );
          given.forEach(([provider, label], at) => {
            fold.sink.transition(transition({ target: null, lane: `${provider}/a${at}/m`, to: label, forMs: null }));
          });
          const snapshot = fold.snapshot(now);
          const { frame, page, pages: count } = render(snapshot, settings);
          expect(frame).toHaveLength(256);
          expect(frame.every((color) => Number.isInteger(color) && color >= 0 && color <= 0xffffff)).toBe(true);
          expect(frame.some((color) => color !== 0)).toBe(true);
          expect(render(snapshot, settings).frame).toEqual(frame);
          expect([page >= 0 && page < count, count <= PAGES_MAX]).toEqual([true, true]);
        },
      ),
      { numRuns: 150, seed: 8 },
    );
  });

  test("turns its page with the wall clock", () => {
    const settings = { ...OPTIONS, layouts: LAYOUT_IDS, palette: "traffic", pageMs: 7_000 } as const;
    const snapshot = sampleSnapshot("busy");
    const seen = Array.from(
      { length: 20 },
      (_, turn) => render({ ...snapshot, wallMs: START_WALL_MS + turn * 7_000 }, settings).page,
    );
    const { pages: count } = render(snapshot, settings);
    expect(new Set(seen).size).toBe(count);
    expect(render({ ...snapshot, wallMs: START_WALL_MS + 6_999 }, settings).page).toBe(seen[0] ?? -1);
  });

  test("in the terminal shows the very same colors", () => {
    const { frame } = renderPage({ kind: "nothing" }, 0, "ember_whimsy");
    const lines = toTrueColor(frame);
    const decoded = lines.map((line) => {
      let color = 0;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is read here
      return [...line.matchAll(/\u001b\[48;2;(\d+);(\d+);(\d+)m| {2}/g)].flatMap(([found, red, green, blue]) => {
        if (found === "  ") return [color];
        color = (Number(red) << 16) | (Number(green) << 8) | Number(blue);
        return [];
      });
    });
    expect(decoded.flat().map((color) => (color === 0x101014 ? 0 : color))).toEqual([...frame]);
  });

  test("takes no more allowances than it can hold", () => {
    const many = Array.from(
      { length: 500 },
      (_, at): Allowance => ({
        kind: "budget",
        name: `b${at}`,
        account: null,
        window: "1d",
        usedShare: 0,
        resetsWallMs: null,
      }),
    );
    const fold = createSnapshot(deployment(), { allowances: () => many });
    expect(fold.snapshot(START_WALL_MS).allowances).toHaveLength(ALLOWANCES_MAX);
  });

  test("in one color tells good from bad by brightness", () => {
    const { good, waiting, bad, faint } = PALETTES.monochrome;
    expect(new Set([good, waiting, bad, faint]).size).toBe(4);
  });
});
