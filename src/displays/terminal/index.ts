/**
 * A calm live table on a terminal: redrawn in place at most once a second and only where it changed. Where the output is
 * no terminal, one line now and then says the same in short.
 */
import type { Cancel } from "../../std/effects.ts";
import type { Display } from "../display.ts";
import type { Snapshot } from "../snapshot.ts";
import { render, renderLine } from "./render.ts";

export interface TerminalOptions {
  /** Takes text as it is. May throw: the display then goes quiet for good. */
  readonly write: (text: string) => void;
  /** Asked at every frame, because windows are resized. */
  readonly columns: () => number;
  readonly rows: () => number;
  readonly isTty: boolean;
  readonly color: boolean;
  readonly setTimer: (ms: number, fire: () => void) => Cancel;
  /** Told once, when `write` has thrown. */
  readonly onFailure: (message: string) => void;
}

/** Least time between two frames, and between two lines where the output is no terminal. */
const FRAME_MS = 1000;
const LINE_MS = 10_000;

export function createTerminalDisplay(options: TerminalOptions): Display {
  const draw = options.isTty ? createFrames(options) : (snapshot: Snapshot) => `${renderLine(snapshot)}\n`;
  const pauseMs = options.isTty ? FRAME_MS : LINE_MS;
  let owed: Snapshot | null = null;
  let cancelPause: Cancel | null = null;
  let isOver = false;

  const put = (snapshot: Snapshot): void => {
    try {
      const text = draw(snapshot);
      if (text !== "") options.write(text);
    } catch (error) {
      isOver = true;
      options.onFailure(`the terminal display stopped: ${error instanceof Error ? error.name : "its output failed"}`);
    }
  };
  /** A timer runs only while a pause does, so an idle display leaves none behind. */
  const pause = (): void => {
    cancelPause = options.setTimer(pauseMs, () => {
      cancelPause = null;
      if (owed === null || isOver) return;
      const snapshot = owed;
      owed = null;
      put(snapshot);
      pause();
    });
  };
  return {
    show(snapshot) {
      if (isOver) return;
      if (cancelPause !== null) {
        owed = snapshot;
        return;
      }
      put(snapshot);
      pause();
    },
    async close() {
      cancelPause?.();
      cancelPause = null;
      if (owed !== null && !isOver) put(owed);
      owed = null;
      isOver = true;
    },
  };
}

const ESCAPE = "\u001b[";

/** Makes the text that turns the frame on the screen into the next one; "" when they are equal. */
function createFrames(options: TerminalOptions): (snapshot: Snapshot) => string {
  let before: readonly string[] = [];
  let columnsBefore = 0;
  return (snapshot) => {
    const columns = options.columns();
    const lines = render(snapshot, { columns, rows: options.rows(), color: options.color });
    const isSame =
      columns === columnsBefore &&
      lines.length === before.length &&
      lines.every((line, index) => line === before[index]);
    if (isSame) return "";
    // Up to the first line of the frame before, then every line over the old one, then away with what is left below.
    const up = before.length === 0 ? "" : `${ESCAPE}${before.length}A\r`;
    before = lines;
    columnsBefore = columns;
    return `${up}${lines.map((line) => `${line}${ESCAPE}K\n`).join("")}${ESCAPE}J`;
  };
}
