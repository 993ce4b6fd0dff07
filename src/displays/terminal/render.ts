/** From a snapshot to the lines of a frame. Pure: the same snapshot and the same window give the same lines. */

import type { HealthLabel } from "../../ir/lane-facts.ts";
import { escapeControls, formatCost, formatCount, formatDuration } from "../../observability/figures.ts";
import type { Transition } from "../../observability/transition.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { LaneSnapshot, Snapshot } from "../snapshot.ts";

interface RenderOptions {
  /** Of the window, both; no line is longer, no frame is taller. */
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

/** Transitions shown at most. */
const TRANSITIONS_SHOWN = 4;

/** Title, totals, an empty line, the table's head; and one line that stays free for the cursor. */
const FIXED_ROWS = 5;

/** A frame has no line breaks and, without color, no escape sequences. */
export function render(snapshot: Snapshot, options: RenderOptions): string[] {
  const transitions = snapshot.transitions.slice(0, TRANSITIONS_SHOWN);
  const below = transitions.length === 0 ? 0 : transitions.length + 1;
  const lanesMax = Math.max(1, options.rows - FIXED_ROWS - below - 1);
  const lanes = snapshot.lanes.slice(0, lanesMax);
  const hidden = snapshot.lanes.length - lanes.length;
  const paint = options.color ? colored : plain;
  const nameWidth = Math.min(NAME_WIDTH_MAX, Math.max(4, ...lanes.map((lane) => lane.lane.length)));
  const lines: Line[] = [
    { text: "Ringmain", tone: "strong", dot: null },
    { text: totalsText(snapshot), tone: null, dot: null },
    { text: "", tone: null, dot: null },
    { text: `  ${HEAD.lane.padEnd(nameWidth)}  ${HEAD.rest}`, tone: "faint", dot: null },
    ...lanes.map((lane): Line => ({ text: laneText(lane, nameWidth), tone: null, dot: lane.label })),
  ];
  if (hidden > 0) lines.push({ text: `  and ${hidden} more`, tone: "faint", dot: null });
  if (transitions.length > 0) lines.push({ text: "", tone: null, dot: null });
  lines.push(...transitions.map((each): Line => ({ text: transitionText(each), tone: "faint", dot: null })));
  return lines.slice(0, Math.max(1, options.rows - 1)).map((line) => paint(fit(line, options.columns)));
}

/** The whole snapshot in one line, for an output that is no terminal. */
export function renderLine(snapshot: Snapshot): string {
  const out = snapshot.lanes.filter((lane) => !isWell(lane.label)).map((lane) => `${lane.lane}=${lane.label}`);
  const standing = out.length === 0 ? "all lanes well" : out.join(" ");
  return escapeControls(`${new Date(snapshot.wallMs).toISOString()} ${totalsText(snapshot)}, ${standing}`);
}

function totalsText(snapshot: Snapshot): string {
  const { requests, perSecond, failed, rescued, failovers, tokens, costNanos } = snapshot;
  return [
    `${formatCount(requests)} requests`,
    `${perSecond.toFixed(1)}/s`,
    `${formatCount(failed)} failed`,
    `${formatCount(rescued)} rescued`,
    `${formatCount(failovers)} failovers`,
    `${formatCount(tokens)} tokens`,
    formatCost(costNanos),
  ].join(", ");
}

// ---------------------------------------------------------------- lines

/** Widest lane name shown in full. */
const NAME_WIDTH_MAX = 40;

const HEAD = {
  lane: "lane",
  rest: "health        share            req/s  served  failed  moved on  tokens        cost",
} as const;

/** Cells of the bar that shows a share. */
const BAR_WIDTH = 8;

function laneText(lane: LaneSnapshot, nameWidth: number): string {
  const name = lane.lane.length > nameWidth ? `${lane.lane.slice(0, nameWidth - 1)}…` : lane.lane.padEnd(nameWidth);
  return [
    `● ${name} `,
    lane.label.padEnd(13),
    shareText(lane.share).padEnd(14),
    lane.perSecond.toFixed(1).padStart(7),
    formatCount(lane.served).padStart(7),
    formatCount(lane.failures).padStart(7),
    formatCount(lane.failovers).padStart(9),
    formatCount(lane.tokens).padStart(7),
    formatCost(lane.costNanos).padStart(11),
  ].join(" ");
}

function shareText(share: number | null): string {
  if (share === null) return `${"·".repeat(BAR_WIDTH)}    -`;
  const filled = Math.round(share * BAR_WIDTH);
  return `${"█".repeat(filled)}${"·".repeat(BAR_WIDTH - filled)} ${`${Math.round(share * 100)}%`.padStart(4)}`;
}

function transitionText({ wallMs, target, lane, from, to, because, forMs }: Transition): string {
  const time = new Date(wallMs).toISOString().slice(11, 19);
  const where = target === null ? lane : `${target} > ${lane}`;
  return `${time} ${where} ${from} -> ${to} (${because}${forMs === null ? "" : `, ${formatDuration(forMs)}`})`;
}

function isWell(label: HealthLabel): boolean {
  return label === "healthy" || label === "unknown";
}

// ---------------------------------------------------------------- color

interface Line {
  readonly text: string;
  readonly tone: "strong" | "faint" | null;
  /** The health its first character, a dot, is painted in; null: it starts with no dot. */
  readonly dot: HealthLabel | null;
}

/** Cut to the window before any color: a line that wraps would break the frame. */
function fit(line: Line, columns: number): Line {
  const characters = [...escapeControls(line.text)];
  if (widthOf(characters) <= columns) return { ...line, text: characters.join("") };
  while (characters.length > 0 && widthOf(characters) > columns - 1) characters.pop();
  return { ...line, text: `${characters.join("")}…` };
}

function widthOf(characters: readonly string[]): number {
  return characters.reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0);
}

/** The blocks whose characters take two cells on a terminal: East Asian scripts, full-width forms, pictographs. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function plain(line: Line): string {
  return line.text.trimEnd();
}

function colored(line: Line): string {
  const text = line.text.trimEnd();
  if (line.dot !== null && text !== "") return `${paint(dotColor(line.dot), text.slice(0, 1))}${text.slice(1)}`;
  if (line.tone === null || text === "") return text;
  return paint(line.tone === "strong" ? "1" : "2", text);
}

function paint(style: string, text: string): string {
  return `\u001b[${style}m${text}\u001b[0m`;
}

/** Green: takes requests. Yellow: will again by itself. Red: a person must act. Grey: not known yet. */
function dotColor(label: HealthLabel): string {
  switch (label) {
    case "healthy":
      return "32";
    case "unknown":
      return "90";
    case "pressure":
    case "cooling-down":
    case "rate-limited":
      return "33";
    case "exhausted":
    case "auth-failed":
    case "disabled":
      return "31";
    default:
      return unreachable(label);
  }
}
