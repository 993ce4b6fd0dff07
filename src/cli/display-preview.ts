/** `ringmain display preview`: the frames a clock would be sent, in the terminal or in a file. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Picture } from "../displays/awtrix/canvas.ts";
import { HEIGHT, WIDTH } from "../displays/awtrix/canvas.ts";
import { type LayoutId, pagesOf } from "../displays/awtrix/pages.ts";
import type { PaletteId } from "../displays/awtrix/palettes.ts";
import { renderPage } from "../displays/awtrix/render.ts";
import { STATE_IDS, sampleSnapshot } from "../displays/awtrix/samples.ts";
import { toLetters, toTrueColor } from "../displays/awtrix/text.ts";
import { contactSheet, magnify, SCALE, SCALE_MAX, toPng } from "../displays/png.ts";
import { LAYOUT_IDS, PALETTE_IDS } from "../known.ts";
import type { CliIo } from "./io.ts";
import { EXIT, readOptions } from "./text.ts";

/** As where nothing else is configured. */
const BURN_SHARE = 0.85;

export function displayPreview(args: readonly string[], io: CliIo): number {
  const options = readOptions(args, {
    flags: ["--letters", "--color"],
    values: ["--layout", "--palette", "--state", "--png", "--scale"],
  });
  if (options.kind === "usage") return wrong(options.message, io);
  const one = <T extends string>(name: string, known: readonly T[], unless: T): T | null =>
    known.find((each) => each === (options.values.get(name) ?? unless)) ?? null;
  const palette = one("--palette", PALETTE_IDS, "ember_whimsy");
  const state = one("--state", STATE_IDS, "busy");
  const layout = options.values.has("--layout") ? one("--layout", LAYOUT_IDS, "alerts") : null;
  const scale = Number(options.values.get("--scale") ?? SCALE);
  if (palette === null) return wrong(`--palette must be one of ${PALETTE_IDS.join(", ")}.`, io);
  if (state === null) return wrong(`--state must be one of ${STATE_IDS.join(", ")}.`, io);
  if (layout === null && options.values.has("--layout"))
    return wrong(`--layout must be one of ${LAYOUT_IDS.join(", ")}.`, io);
  if (!Number.isInteger(scale) || scale < 1 || scale > SCALE_MAX)
    return wrong(`--scale must be a whole number from 1 to ${SCALE_MAX}.`, io);

  const snapshot = sampleSnapshot(state);
  const shown = (layout === null ? LAYOUT_IDS : [layout]).map((id) => ({
    id,
    frames: framesOf(id, palette, snapshot),
  }));
  const file = options.values.get("--png");
  if (file !== undefined)
    return writePng(
      file,
      shown.map(({ frames }) => frames),
      scale,
      io,
    );
  const isTerminal = process.stdout.isTTY === true && io.env["NO_COLOR"] === undefined;
  const isColored = !options.flags.has("--letters") && (isTerminal || options.flags.has("--color"));
  for (const { id, frames } of shown) {
    frames.forEach((frame, at) => {
      const lines = isColored ? toTrueColor(frame) : toLetters(frame);
      io.out(`${id}, ${palette}, ${state}, page ${at + 1} of ${frames.length}\n${lines.join("\n")}\n\n`);
    });
  }
  return EXIT.fine;
}

function framesOf(layout: LayoutId, palette: PaletteId, snapshot: ReturnType<typeof sampleSnapshot>): Picture[] {
  const pages = pagesOf([layout], snapshot, { providers: [], burnShare: BURN_SHARE });
  return pages.map((page, at) => renderPage(page, at, palette).frame);
}

/** A row for every layout, a column for every page. */
function writePng(file: string, rows: readonly (readonly Picture[])[], scale: number, io: CliIo): number {
  const pictures = rows.map((frames) =>
    frames.map((pixels) => magnify({ width: WIDTH, height: HEIGHT, pixels }, scale)),
  );
  const path = resolve(io.cwd, file);
  try {
    writeFileSync(path, toPng(contactSheet(pictures, scale)));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    io.err(`${file} cannot be written (${code}).\n`);
    return EXIT.failed;
  }
  io.out(`${file}\n`);
  return EXIT.fine;
}

function wrong(message: string, io: CliIo): number {
  io.err(`${message}\n`);
  return EXIT.usage;
}
