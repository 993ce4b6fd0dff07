/** From a snapshot to 32 × 8 pixels. Pure: the same snapshot gives the same frame, on the clock and in a preview. */
import type { HealthLabel } from "../../ir/lane-facts.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { Snapshot } from "../snapshot.ts";
import { BURN_PARTS, type Spent, sumOf } from "../spent.ts";
import { type Canvas, createCanvas, type Picture, textWidth, WIDTH } from "./canvas.ts";
import { dim } from "./color.ts";
import { countText, leftText, spentText } from "./figure-texts.ts";
import type { Mark } from "./mark.ts";
import { markOf } from "./marks.ts";
import { type LayoutId, type Page, type PageOptions, pagesOf } from "./pages.ts";
import { HOT_FROM, PALETTES, type Palette, type PaletteId, WARM_FROM } from "./palettes.ts";
import { signOf } from "./signs.ts";

export interface RenderOptions extends PageOptions {
  readonly layouts: readonly LayoutId[];
  readonly palette: PaletteId;
  readonly pageMs: number;
}

export interface Rendered {
  readonly frame: Picture;
  /** The same for a matrix that cannot be drawn on. */
  readonly words: Words;
  /** Which of how many. */
  readonly page: number;
  readonly pages: number;
}

export interface Words {
  readonly text: string;
  readonly color: number;
  /** 0 to 1; null: there is no bar. */
  readonly progress: number | null;
  readonly progressColor: number;
}

/** The wall clock chooses the page, so that two clocks on two desks show the same one. */
export function render(snapshot: Snapshot, options: RenderOptions): Rendered {
  const pages = pagesOf(options.layouts, snapshot, options);
  const page = Math.floor(snapshot.wallMs / options.pageMs) % pages.length;
  return { ...renderPage(pages[page] ?? { kind: "nothing" }, page, options.palette), page, pages: pages.length };
}

/** One page by itself; `at` is its place, which a rainbow goes by. */
export function renderPage(page: Page, at: number, paletteId: PaletteId): Pick<Rendered, "frame" | "words"> {
  const palette: Palette = PALETTES[paletteId];
  const text = palette.text[at % palette.text.length] ?? palette.text[0];
  const ink: Ink = { palette, text, canvas: createCanvas() };
  const words = draw(page, ink);
  return { frame: ink.canvas.frame(), words };
}

interface Ink {
  readonly palette: Palette;
  readonly text: number;
  readonly canvas: Canvas;
}

function draw(page: Page, ink: Ink): Words {
  switch (page.kind) {
    case "provider":
      return drawProvider(page, ink);
    case "allowance":
      return drawAllowance(page, ink);
    case "use":
      return drawUse(page, ink);
    case "burn":
      return drawBurn(page, ink);
    case "calm":
      return drawCalm(page, ink);
    case "trouble":
      return drawTrouble(page, ink);
    case "overdrawn":
      return drawOverdrawn(page, ink);
    case "all-out":
      return drawAllOut(page, ink);
    case "nothing":
      return drawNothing(ink);
    default:
      return unreachable(page);
  }
}

// ---------------------------------------------------------------- the common grid

/** A mark, a column of air, then the text above and the bar below. */
const TEXT_X = 9;
const TEXT_Y = 1;
const BAR_Y = 7;
const RIGHT = WIDTH - 1;
const TEXT_WIDTH = WIDTH - TEXT_X;
/** A mark of something that is out is still there, but it does not shine. */
const OUT_SHARE = 0.3;

function drawMark({ canvas, palette }: Ink, mark: Mark, share = 1): void {
  canvas.sprite(0, 0, mark.sprite, (character) => {
    const color = mark.colors.get(character);
    return color === undefined ? undefined : dim(palette.tint(color), share);
  });
}

/** Lit from the left. Something is lit where there is anything, and something is dark where it is not all. */
function drawBar({ canvas, palette }: Ink, x: number, width: number, share: number, color: number): void {
  const whole = Math.round(Math.min(1, Math.max(0, share)) * width);
  const lit = share > 0 && whole === 0 ? 1 : share < 1 && whole === width ? width - 1 : whole;
  canvas.bar(x, BAR_Y, width, palette.track);
  canvas.bar(x, BAR_Y, lit, color);
}

/** A bar of unknown length. */
function drawUnknownBar({ canvas, palette }: Ink, x: number, width: number): void {
  for (let at = 0; at < width; at += 3) canvas.set(x + at, BAR_Y, palette.faint);
}

/** A dash for each lane over the whole width; when they no longer fit, the worst of several share one pixel. */
function drawLanes({ canvas, palette }: Ink, labels: readonly HealthLabel[]): void {
  const shown = labels.length > TEXT_WIDTH ? squeezed(labels) : labels;
  const gap = shown.length > (TEXT_WIDTH + 1) / 2 ? 0 : 1;
  const edge = (at: number): number => Math.round((at * (TEXT_WIDTH + gap)) / shown.length);
  shown.forEach((label, at) => {
    canvas.bar(TEXT_X + edge(at), BAR_Y, edge(at + 1) - edge(at) - gap, healthColor(label, palette));
  });
}

function squeezed(labels: readonly HealthLabel[]): HealthLabel[] {
  const worst: HealthLabel[] = [];
  labels.forEach((label, at) => {
    const pixel = Math.floor((at * TEXT_WIDTH) / labels.length);
    const there = worst[pixel];
    worst[pixel] = there === undefined || RANK.indexOf(label) > RANK.indexOf(there) ? label : there;
  });
  return worst;
}

function healthColor(label: HealthLabel, palette: Palette): number {
  switch (label) {
    case "healthy":
      return palette.good;
    case "unknown":
      return palette.faint;
    case "pressure":
    case "cooling-down":
    case "rate-limited":
      return palette.waiting;
    case "exhausted":
    case "auth-failed":
    case "disabled":
      return palette.bad;
    default:
      return unreachable(label);
  }
}

const RANK: readonly HealthLabel[] = [
  "unknown",
  "healthy",
  "pressure",
  "cooling-down",
  "rate-limited",
  "disabled",
  "exhausted",
  "auth-failed",
];

function heatColor(usedShare: number, palette: Palette): number {
  if (usedShare >= HOT_FROM) return palette.hot;
  return usedShare >= WARM_FROM ? palette.warm : palette.plenty;
}

// ---------------------------------------------------------------- pages

type PageOf<K extends Page["kind"]> = Extract<Page, { kind: K }>;

function drawProvider({ provider }: PageOf<"provider">, ink: Ink): Words {
  const isAllOut = provider.lanes.every((label) => TROUBLE[label] !== null);
  drawMark(ink, markOf(provider.name), isAllOut ? OUT_SHARE : 1);
  const text = spentText(provider.today, TEXT_WIDTH);
  ink.canvas.textRight(RIGHT, TEXT_Y, text, isAllOut ? ink.palette.faint : ink.text);
  drawLanes(ink, provider.lanes);
  const taking = provider.lanes.filter((label) => TROUBLE[label] === null).length;
  return words(ink, `${provider.name} ${text}`, taking / Math.max(1, provider.lanes.length), ink.palette.good);
}

function drawAllowance({ allowance }: PageOf<"allowance">, ink: Ink): Words {
  const { kind, name, window, usedShare } = allowance;
  drawMark(ink, kind === "budget" ? signOf("coin") : markOf(name));
  ink.canvas.text(TEXT_X, TEXT_Y, window, ink.palette.faint);
  if (usedShare === null) {
    ink.canvas.textRight(RIGHT, TEXT_Y, "?", ink.text);
    drawUnknownBar(ink, TEXT_X, TEXT_WIDTH);
    return words(ink, `${name} ${window} ?`, null, ink.palette.faint);
  }
  const left = leftText(usedShare);
  const color = heatColor(usedShare, ink.palette);
  const fits = textWidth(window) + 1 + textWidth(left) <= TEXT_WIDTH;
  ink.canvas.textRight(RIGHT, TEXT_Y, fits ? left : left.replace("%", ""), usedShare >= HOT_FROM ? color : ink.text);
  drawBar(ink, TEXT_X, TEXT_WIDTH, 1 - usedShare, color);
  return words(ink, `${name} ${window} ${left}`, 1 - usedShare, color);
}

function drawUse({ provider }: PageOf<"use">, ink: Ink): Words {
  drawMark(ink, markOf(provider.name));
  ink.canvas.text(TEXT_X, TEXT_Y, "1d", ink.palette.faint);
  const text = countText(provider.today.tokens, TEXT_WIDTH - textWidth("1d") - 1);
  ink.canvas.textRight(RIGHT, TEXT_Y, text, ink.text);
  drawUnknownBar(ink, TEXT_X, TEXT_WIDTH);
  return words(ink, `${provider.name} 1d ${text}`, null, ink.palette.faint);
}

/** Columns of the last hour, and how many parts of it make one. */
const BURN_COLUMNS = 4;
const BURN_X = WIDTH - BURN_COLUMNS;
const BURN_HEIGHT = 7;

function drawBurn({ burn, hottestShare, isHot }: PageOf<"burn">, ink: Ink): Words {
  const { canvas, palette } = ink;
  const hour = sumOf(burn);
  drawMark(ink, signOf(hour.requests === 0 ? "ember" : "flame"));
  const text = spentText(hour, BURN_X - TEXT_X - 1);
  canvas.text(TEXT_X, TEXT_Y, text, isHot ? palette.hot : hour.requests === 0 ? palette.faint : ink.text);
  const columns = columnsOf(burn);
  const highest = Math.max(...columns);
  columns.forEach((amount, at) => {
    const height = amount === 0 ? 0 : Math.max(1, Math.round((amount / highest) * BURN_HEIGHT));
    const isNow = at === BURN_COLUMNS - 1;
    for (let y = 0; y < height; y += 1) {
      canvas.set(BURN_X + at, BAR_Y - 1 - y, dim(isHot ? palette.hot : palette.plenty, isNow ? 1 : 0.4 + 0.15 * at));
    }
  });
  if (hottestShare === null) drawUnknownBar(ink, TEXT_X, TEXT_WIDTH);
  else drawBar(ink, TEXT_X, TEXT_WIDTH, hottestShare, heatColor(hottestShare, palette));
  return words(ink, `${text}/h`, hottestShare, heatColor(hottestShare ?? 0, palette));
}

/** By money where all of it has a price, else by tokens: never some by one and some by the other. */
function columnsOf(burn: readonly Spent[]): number[] {
  const isMoney = burn.every((part) => part.unpriced === 0) && burn.some((part) => part.costNanos !== null);
  const per = BURN_PARTS / BURN_COLUMNS;
  return Array.from({ length: BURN_COLUMNS }, (_, at) => {
    const { costNanos, tokens } = sumOf(burn.slice(at * per, (at + 1) * per));
    return isMoney ? (costNanos ?? 0) : tokens;
  });
}

function drawCalm({ lanes, taking, isProven }: PageOf<"calm">, ink: Ink): Words {
  const { palette, canvas } = ink;
  drawMark(ink, signOf(isProven ? "check" : "ring"));
  const word = isProven ? "OK" : "IDLE";
  canvas.text(TEXT_X + 1, TEXT_Y, word, isProven ? palette.good : palette.faint);
  if (isProven) canvas.textRight(RIGHT, TEXT_Y, String(taking), palette.faint);
  if (isProven) drawBar(ink, TEXT_X, TEXT_WIDTH, taking / Math.max(1, lanes), palette.good);
  else drawUnknownBar(ink, TEXT_X, TEXT_WIDTH);
  return words(ink, word, isProven ? taking / Math.max(1, lanes) : null, palette.good);
}

function drawTrouble({ provider, label }: PageOf<"trouble">, ink: Ink): Words {
  drawMark(ink, markOf(provider.name));
  const word = TROUBLE[label] ?? "";
  const color = healthColor(label, ink.palette);
  // In one color a word says how bad it is, and a dark one could not be read.
  ink.canvas.text(TEXT_X + 1, TEXT_Y, word, ink.palette === PALETTES.monochrome ? ink.text : color);
  drawLanes(ink, provider.lanes);
  const taking = provider.lanes.filter((each) => TROUBLE[each] === null).length;
  return words(ink, `${provider.name} ${word}`, taking / Math.max(1, provider.lanes.length), color);
}

function drawOverdrawn({ allowance }: PageOf<"overdrawn">, ink: Ink): Words {
  const { kind, name, window, usedShare } = allowance;
  drawMark(ink, kind === "budget" ? signOf("coin") : markOf(name));
  const left = leftText(usedShare);
  ink.canvas.text(TEXT_X, TEXT_Y, window, ink.palette.faint);
  ink.canvas.textRight(RIGHT, TEXT_Y, usedShare >= 1 ? "OUT" : left, ink.palette.hot);
  drawBar(ink, TEXT_X, TEXT_WIDTH, 1 - usedShare, ink.palette.hot);
  return words(ink, `${name} ${window} ${left}`, 1 - usedShare, ink.palette.hot);
}

function drawAllOut({ lanes }: PageOf<"all-out">, ink: Ink): Words {
  const { palette, canvas } = ink;
  drawMark(ink, signOf("cross"));
  canvas.text(TEXT_X, TEXT_Y, "OUT", palette.bad);
  canvas.textRight(RIGHT, TEXT_Y, lanes > 9 ? String(lanes) : `0/${lanes}`, palette.faint);
  canvas.bar(TEXT_X, BAR_Y, TEXT_WIDTH, palette.bad);
  return words(ink, "ALL OUT", 0, palette.bad);
}

function drawNothing(ink: Ink): Words {
  drawMark(ink, signOf("ring"));
  ink.canvas.text(TEXT_X + 1, TEXT_Y, "WAIT", ink.palette.faint);
  drawUnknownBar(ink, TEXT_X, TEXT_WIDTH);
  return words(ink, "WAIT", null, ink.palette.faint);
}

function words(ink: Ink, text: string, progress: number | null, progressColor: number): Words {
  return { text, color: ink.text, progress, progressColor };
}

/** What is said of a lane that is out; null: it takes requests. */
const TROUBLE: Readonly<Record<HealthLabel, string | null>> = {
  healthy: null,
  unknown: null,
  pressure: null,
  "cooling-down": "DOWN",
  "rate-limited": "LIMIT",
  exhausted: "EMPTY",
  "auth-failed": "KEY!",
  disabled: "OFF",
};
