/**
 * The log: one line per exchange, one per change of a lane's standing, and what the program itself has to say. Text
 * lines are for people, JSON lines hold every field. A line that cannot be written is counted and never stops anything.
 */
import type { Deployment } from "../ir/deployment.ts";
import { type ExchangeRecord, totalOf } from "../ir/record.ts";
import { inputTokens } from "../ir/usage.ts";
import { redact } from "../std/redact.ts";
import { escapeControls, formatCost, formatCount, formatDuration } from "./figures.ts";
import { toLogFields } from "./log-fields.ts";
import type { Sink } from "./sinks.ts";
import type { Transition } from "./transition.ts";

export type LogLevel = Deployment["log"]["level"];
export type LogFormat = Deployment["log"]["format"];
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Stamped into JSON lines; null: there is no deployment yet. */
  readonly revision: string | null;
  readonly wallMs: () => number;
  /** Takes one line, its newline included. May throw. */
  readonly write: (line: string) => void;
}

export interface Log {
  readonly sink: Sink;
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** Lines lost because `write` threw. */
  writeFailures(): number;
}

/** Most important first; a level shows itself and what stands before it. */
const LEVELS = ["error", "warn", "info", "debug"] as const satisfies readonly LogLevel[];

export function createLog(options: LogOptions): Log {
  const { format, revision } = options;
  let writeFailures = 0;
  const shown = new Set<LogLevel>(LEVELS.slice(0, LEVELS.indexOf(options.level) + 1));
  const put = (line: string): void => {
    try {
      options.write(`${line}\n`);
    } catch {
      writeFailures += 1;
    }
  };
  const emit = (entry: LogEntry): void => {
    if (shown.has(entry.level)) put(format === "json" ? jsonLine(entry, revision) : textLine(entry));
  };
  const say =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) =>
      emit({
        level,
        wallMs: options.wallMs(),
        event: "message",
        members: { message, ...fields },
        text: () => messageText(message, fields),
      });
  return {
    sink: {
      name: "log",
      record(record) {
        if (shown.has(recordLevel(record))) emit(recordEntry(record));
      },
      transition: (transition) => emit(transitionEntry(transition)),
    },
    error: say("error"),
    warn: say("warn"),
    info: say("info"),
    debug: say("debug"),
    writeFailures: () => writeFailures,
  };
}

interface LogEntry {
  readonly level: LogLevel;
  readonly wallMs: number;
  readonly event: "exchange" | "transition" | "message";
  /** Of the JSON line. */
  readonly members: object;
  /** What a text line says after its time and level. */
  readonly text: () => string;
}

function jsonLine({ level, wallMs, event, members }: LogEntry, revision: string | null): string {
  return escapeControls(JSON.stringify({ time: timeText(wallMs), level, event, revision, ...toLogFields(members) }));
}

function textLine({ level, wallMs, text }: LogEntry): string {
  return escapeControls(`${timeText(wallMs)} ${level.padEnd(5)} ${text()}`).trimEnd();
}

/** The newest second in words, because the lines of a busy gateway share it. */
let second = { startMs: Number.NaN, text: "" };

function timeText(wallMs: number): string {
  if (!(Math.abs(wallMs) <= DATE_MS_MAX)) return "-";
  const wholeMs = Math.trunc(wallMs);
  const startMs = wholeMs - (((wholeMs % 1000) + 1000) % 1000);
  if (startMs !== second.startMs) second = { startMs, text: new Date(startMs).toISOString().slice(0, -"000Z".length) };
  return `${second.text}${String(wholeMs - startMs).padStart(3, "0")}Z`;
}

/** The farthest moment a Date can hold, from 1970 either way. */
const DATE_MS_MAX = 8.64e15;

// ---------------------------------------------------------------- exchanges

function recordEntry(record: ExchangeRecord): LogEntry {
  return {
    level: recordLevel(record),
    wallMs: record.startedWallMs + record.durationMs,
    event: "exchange",
    members: recordMembers(record),
    text: () => recordText(record),
  };
}

/** In the order of the record, with what it all came to where the record has its answer. */
function recordMembers(record: ExchangeRecord): object {
  const { answer: _answer, ingress, losses, lossCount, requestBytes, answerBytes, startedWallMs, ...head } = record;
  const asked = isOwnWord(record) ? record.asked : redact(record.asked ?? "");
  const { id, ...rest } = head;
  return {
    id,
    startedAt: timeText(startedWallMs),
    protocol: ingress,
    ...rest,
    asked,
    ...totalOf(record),
    losses,
    lossCount,
    requestBytes,
    answerBytes,
  };
}

/** The name stands in the configuration, so it holds nothing to mask. */
function isOwnWord({ asked, target }: ExchangeRecord): boolean {
  return asked === null || asked === target;
}

/** A failure that another lane made good is a fact in the record, not a warning; a client's mistake is neither. */
function recordLevel({ outcome, status, failure }: ExchangeRecord): LogLevel {
  if (failure === "internal") return "error";
  return outcome === "cut" || (outcome !== "client-gone" && status >= 500) ? "warn" : "info";
}

/** Columns of fixed width first, so that lines stand under each other; then what varies, each with its name. */
function recordText(record: ExchangeRecord): string {
  const { attempts } = record;
  const { usage, usageEstimated, costNanos } = totalOf(record);
  const outcome = record.outcome.padEnd(11);
  const status = String(record.status).padStart(3);
  const took = formatDuration(record.durationMs).padStart(7);
  const first = (record.firstByteMs === null ? "-" : formatDuration(record.firstByteMs)).padStart(6);
  const read = countText(usage === null ? null : inputTokens(usage)).padStart(5);
  const written = countText(usage === null ? null : usage.outputTokens).padStart(5);
  const cost = `${usageEstimated ? "~" : ""}${formatCost(costNanos)}`.padStart(12);
  const last = attempts.at(-1);
  const path = last === undefined ? record.target : `${record.target} > ${last.lane}`;
  const columns = `${outcome} ${status} ${took} first ${first} in ${read} out ${written} ${cost}`;
  return `${columns} ${path}${recordNotes(record)} id=${record.id}`;
}

/** Only what is worth a word in this very exchange. */
function recordNotes(record: ExchangeRecord): string {
  const { attempts } = record;
  let notes = attempts.length > 0 ? ` attempts=${attempts.length}` : "";
  if (attempts.length > 1) {
    notes += ` tried=${attempts.map((attempt) => `${attempt.lane}:${attempt.outcome}`).join(",")}`;
  }
  if (record.operation !== null && record.operation !== "chat") notes += ` operation=${record.operation}`;
  if (record.alias !== undefined) notes += ` alias=${record.alias}`;
  if (record.failure !== null) notes += ` failure=${record.failure}`;
  if (!isOwnWord(record)) notes += ` asked=${JSON.stringify(redact(record.asked ?? ""))}`;
  if (record.switch !== undefined) notes += ` switch=${record.switch.from}:${record.switch.reason}`;
  if (record.openedMs !== null) notes += ` opened=${formatDuration(record.openedMs)}`;
  if (record.queuedMs > 0) notes += ` queued=${formatDuration(record.queuedMs)}`;
  if (record.lossCount > 0) notes += ` losses=${record.lossCount}`;
  if (record.caller !== null) notes += ` caller=${record.caller}`;
  return notes;
}

function countText(count: number | null): string {
  return count === null ? "-" : formatCount(count);
}

// ---------------------------------------------------------------- transitions and messages

/** Health labels that need no attention; a transition to any other is a warning. */
const WELL: ReadonlySet<string> = new Set(["healthy", "unknown", "pressure"]);

/** Its moment is the line's. */
function membersOf({ wallMs: _time, ...members }: Transition): object {
  return members;
}

function transitionEntry(transition: Transition): LogEntry {
  return {
    level: WELL.has(transition.to) ? "info" : "warn",
    wallMs: transition.wallMs,
    event: "transition",
    members: membersOf(transition),
    text: () => {
      const { target, lane, from, to, because, forMs } = transition;
      const where = target === null ? lane : `${target} > ${lane}`;
      return `lane        ${where} ${from} -> ${to} because=${because}${forMs === null ? "" : ` for=${formatDuration(forMs)}`}`;
    },
  };
}

function messageText(message: string, fields: LogFields): string {
  const shown = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${message}${shown.join("")}`;
}
