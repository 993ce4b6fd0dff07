/**
 * Reads the YAML that people write: block mappings and lists, one-line values, words, numbers and simple quotes, one-line
 * [lists] and {mappings}. It never guesses: at the first thing it is not sure of it gives up, and yaml-tree.ts reads the file
 * and says what is wrong. Whatever it does read, that one reads the same; a test compares them.
 */
import { interpolate, type ReadEnv } from "./interpolate.ts";
import type { Path, Position } from "./problem.ts";
import { keyOf, locate, type Source, type Tree } from "./source.ts";

/** Larger files are for the reader that counts what it reads. */
const TEXT_CHARS_MAX = 256 * 1024;
/** Of nesting; our own deepest key is at nine. */
const DEPTH_MAX = 16;

/** Null: not written as plainly as that. */
export function readPlainYaml(input: {
  readonly file: string;
  readonly text: string;
  readonly readEnv: ReadEnv;
}): Source | null {
  const { file, text, readEnv } = input;
  if (text.length > TEXT_CHARS_MAX || UNUSUAL.test(text)) return null;
  const reader: Reader = {
    lines: linesOf(text),
    at: 0,
    readEnv,
    keys: new Map(),
    values: new Map(),
    templates: new Map(),
  };
  const [first] = reader.lines;
  if (first === undefined || first.indent !== 0) return null;
  const root = readBlock(reader, 0, []);
  if (root === undefined || reader.at < reader.lines.length) return null;
  return {
    file,
    root,
    problems: [],
    valueAt: (path) => locate(reader.values, path),
    keyAt: (path) => locate(reader.keys, path),
    templateAt: (path) => reader.templates.get(keyOf(path)) ?? null,
  };
}

interface Line {
  readonly number: number;
  /** Spaces before what it says; for what follows a dash, the place where that begins. */
  readonly indent: number;
  readonly text: string;
}

interface Reader {
  readonly lines: Line[];
  /** The line to be read next. */
  at: number;
  readonly readEnv: ReadEnv;
  readonly keys: Map<string, Position>;
  readonly values: Map<string, Position>;
  readonly templates: Map<string, string>;
}

/** Undefined: not sure. */
type Read = Tree | undefined;

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const indent = line.search(NOT_SPACE);
    if (indent >= 0 && line[indent] !== "#") lines.push({ number: index + 1, indent, text: line });
  }
  return lines;
}

/** The mapping or list whose entries stand at `indent`. */
function readBlock(reader: Reader, indent: number, path: Path): Read {
  const line = reader.lines[reader.at];
  if (line === undefined || path.length > DEPTH_MAX) return undefined;
  place(reader.values, path, line, indent);
  return line.text.startsWith("- ", indent) ? readList(reader, indent, path) : readMapping(reader, indent, path);
}

function readList(reader: Reader, indent: number, path: Path): Read {
  const items: Tree[] = [];
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (line.indent !== indent || !line.text.startsWith("- ", indent)) break;
    const start = afterSpaces(line.text, indent + 1);
    const here = [...path, items.length];
    let item: Read;
    if (KEY.test(line.text.slice(start))) {
      // A mapping that begins behind the dash: its other keys stand below its first one.
      reader.lines[reader.at] = { ...line, indent: start };
      item = readBlock(reader, start, here);
    } else {
      item = readRest(reader, line, start, here);
      reader.at += 1;
    }
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function readMapping(reader: Reader, indent: number, path: Path): Read {
  const read: Record<string, Tree> = Object.create(null);
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (line.indent < indent || (line.indent === indent && line.text.startsWith("- ", indent))) break;
    const written = line.indent === indent ? KEY.exec(line.text.slice(indent))?.[1] : undefined;
    const key = written === undefined ? undefined : withoutQuotes(written);
    if (written === undefined || key === undefined || key === FORBIDDEN_KEY || key in read) return undefined;
    const here = [...path, key];
    place(reader.keys, here, line, indent);
    const start = afterSpaces(line.text, indent + written.length + 1);
    reader.at += 1;
    const value =
      start >= line.text.length || line.text[start] === "#"
        ? readBelow(reader, indent, here)
        : readRest(reader, line, start, here);
    if (value === undefined) return undefined;
    read[key] = value;
  }
  return read;
}

/** What stands under a key. A list may stand as far left as the key itself. */
function readBelow(reader: Reader, indent: number, path: Path): Read {
  const below = reader.lines[reader.at];
  if (below === undefined) return undefined;
  const isList = below.indent === indent && below.text.startsWith("- ", indent);
  return below.indent > indent || isList ? readBlock(reader, below.indent, path) : undefined;
}

/** A value that ends with its line, apart from a comment. */
function readRest(reader: Reader, line: Line, start: number, path: Path): Read {
  const flow: Flow = { reader, line, at: start };
  const value = readFlow(flow, path, PLAIN);
  if (value === undefined) return undefined;
  const end = afterSpaces(line.text, flow.at);
  return end >= line.text.length || (end > flow.at && line.text[end] === "#") ? value : undefined;
}

// ---------------------------------------------------------------- inside one line

interface Flow {
  readonly reader: Reader;
  readonly line: Line;
  at: number;
}

/** `plain` matches a word without quotes: inside brackets, fewer characters may stand in one. */
function readFlow(flow: Flow, path: Path, plain: RegExp): Read {
  const { line, reader } = flow;
  if (path.length > DEPTH_MAX) return undefined;
  place(reader.values, path, line, flow.at);
  const opening = line.text[flow.at];
  if (opening === "[") return readItems(flow, path);
  if (opening === "{") return readPairs(flow, path);
  const quoted = matchAt(QUOTED, flow);
  if (quoted !== undefined) return readText(reader, quoted.slice(1, -1), path);
  const word = matchAt(plain, flow);
  return word === undefined ? undefined : readWord(reader, word, path);
}

function readItems(flow: Flow, path: Path): Read {
  const items: Tree[] = [];
  flow.at = afterSpaces(flow.line.text, flow.at + 1);
  while (flow.line.text[flow.at] !== "]") {
    const item = readFlow(flow, [...path, items.length], PLAIN_INSIDE);
    if (item === undefined || !passComma(flow, "]")) return undefined;
    items.push(item);
  }
  flow.at += 1;
  return items;
}

function readPairs(flow: Flow, path: Path): Read {
  const { line, reader } = flow;
  const read: Record<string, Tree> = Object.create(null);
  flow.at = afterSpaces(line.text, flow.at + 1);
  while (line.text[flow.at] !== "}") {
    const start = flow.at;
    const written = matchAt(KEY_INSIDE, flow)?.slice(0, -1);
    const key = written === undefined ? undefined : withoutQuotes(written);
    if (key === undefined || key === FORBIDDEN_KEY || key in read) return undefined;
    const here = [...path, key];
    place(reader.keys, here, line, start);
    flow.at = afterSpaces(line.text, flow.at);
    const value = readFlow(flow, here, PLAIN_INSIDE);
    if (value === undefined || !passComma(flow, "}")) return undefined;
    read[key] = value;
  }
  flow.at += 1;
  return read;
}

/** To the next entry, or to the bracket that ends them. A comma before that bracket is for the other reader. */
function passComma(flow: Flow, closing: string): boolean {
  const { text } = flow.line;
  flow.at = afterSpaces(text, flow.at);
  if (text[flow.at] === closing) return true;
  if (text[flow.at] !== ",") return false;
  flow.at = afterSpaces(text, flow.at + 1);
  return text[flow.at] !== closing;
}

function readWord(reader: Reader, word: string, path: Path): Read {
  if (NUMBER.test(word)) return Number(word);
  if (word === "true" || word === "false") return word === "true";
  if (word === "null") return null;
  // Whatever else begins like a number or means something to YAML in some spelling.
  if (MAYBE_NUMBER.test(word) && !ADDRESS.test(word)) return undefined;
  return MEANING.test(word) ? undefined : readText(reader, word, path);
}

function readText(reader: Reader, written: string, path: Path): Read {
  if (!written.includes("${")) return written;
  const result = interpolate(written, reader.readEnv);
  if (result.kind === "bad") return undefined;
  reader.templates.set(keyOf(path), written);
  return result.text;
}

function withoutQuotes(key: string): string {
  return key.startsWith('"') ? key.slice(1, -1) : key;
}

function matchAt(pattern: RegExp, flow: Flow): string | undefined {
  pattern.lastIndex = flow.at;
  const found = pattern.exec(flow.line.text)?.[0];
  if (found !== undefined) flow.at += found.length;
  return found;
}

/** The first of two stays: a mapping behind a dash begins where the list's item does. */
function place(positions: Map<string, Position>, path: Path, line: Line, offset: number): void {
  const key = keyOf(path);
  if (!positions.has(key)) positions.set(key, { line: line.number, column: offset + 1 });
}

function afterSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === " ") at += 1;
  return at;
}

/** Tabs, returns, control characters, and what one reader takes for the end of a line and another does not. */
const UNUSUAL = /[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const NOT_SPACE = /[^ ]/;
const FORBIDDEN_KEY = "__proto__";
/** A key of plain words with its colon, or in quotes; a colon inside a word has no space after it. */
const KEY = /^([A-Za-z_](?:[\w./@+-]|:(?=[\w./@+-]))*|"[\w./@+*:-]+"):(?= |$)/;
const KEY_INSIDE = /(?:[A-Za-z_](?:[\w./@+-]|:(?=[\w./@+-]))*|"[\w./@+*:-]+"):(?= )/y;
const QUOTED = /"[^"\\]*"|'[^']*'/y;
const PLAIN = /(?:[\w./$-]|\+(?=\w))(?:[\w./@+$=~%*?&{},-]|:(?=[\w./@+$=~%-]))*(?= |$)/y;
const PLAIN_INSIDE = /[\w./-](?:[\w./@+=~%*?&-]|:(?=[\w./@+=~%-]))*(?=[ ,\]}]|$)/y;
const NUMBER = /^(?:0|-?[1-9]\d{0,14})$|^(?:0|[1-9]\d{0,8})\.\d{1,9}$/;
const MAYBE_NUMBER = /^[-+.\d]/;
const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?$/;
const MEANING = /^(?:true|false|null|y|n|yes|no|on|off|nan|inf)$/i;
