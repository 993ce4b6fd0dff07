/**
 * YAML into plain values that remember where they stood. Everything a YAML file can do to its reader is refused here with
 * the line: duplicate keys, cycles, alias bombs, merge keys, bottomless nesting, numbers that two readers read differently.
 */
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from "yaml";
import { interpolate, type ReadEnv } from "./interpolate.ts";
import type { Path, Position, Problem } from "./problem.ts";
import { showPath } from "./problem.ts";
import { keyOf, locate, noSource, type Source, type Tree } from "./source.ts";

/** A configuration of thousands of models fits; anything larger is the wrong file. */
export const TEXT_CHARS_MAX = 1024 * 1024;

/** Our own deepest key is at nine. */
const DEPTH_MAX = 32;

/** Nodes after aliases were expanded: what an alias bomb runs into. */
const NODES_MAX = 100_000;

/** Unclosed brackets after which the YAML reader is not asked: it recurses. */
const OPEN_BRACKETS_MAX = 200;

interface YamlOptions {
  readonly file: string;
  readonly text: string;
  readonly readEnv: ReadEnv;
}

/** Never throws. References in string values are replaced after parsing, so a value can never become structure. */
export function readYaml({ file, text, readEnv }: YamlOptions): Source {
  const refused = refuseUnread(file, text);
  if (refused !== null) return noSource(file, [refused]);
  const lines = new LineCounter();
  // `uniqueKeys` compares every key with every other; the walk below finds duplicates in one pass.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, merge: false });
  const walk: Walk = {
    file,
    lines,
    readEnv,
    problems: [],
    keys: new Map(),
    values: new Map(),
    templates: new Map(),
    nodes: 0,
    anchors: new Map(),
  };
  // What follows the first syntax error is mostly the same mistake seen again.
  const [error] = document.errors;
  const [warning] = document.warnings;
  if (error !== undefined) report(walk, error.pos[0], [], syntaxMessage(error.code, error.message, text, error.pos[0]));
  else if (warning !== undefined) {
    report(walk, warning.pos[0], [], "has a tag or directive that means nothing here; remove it");
  }
  if (walk.problems.length > 0) return noSource(file, walk.problems);
  const contents: unknown = document.contents;
  const root = isNode(contents) ? readNode(walk, contents, [], new Set()) : null;
  return {
    file,
    root,
    problems: walk.problems,
    valueAt: (path) => locate(walk.values, path),
    keyAt: (path) => locate(walk.keys, path),
    templateAt: (path) => walk.templates.get(keyOf(path)) ?? null,
  };
}

interface Walk {
  readonly file: string;
  readonly lines: LineCounter;
  readonly readEnv: ReadEnv;
  readonly problems: Problem[];
  readonly keys: Map<string, Position>;
  readonly values: Map<string, Position>;
  readonly templates: Map<string, string>;
  readonly anchors: Map<string, Node>;
  nodes: number;
}

function refuseUnread(file: string, text: string): Problem | null {
  const whole = { file, column: 1, path: "", suggestion: null, severity: "error" } as const;
  if (text.length > TEXT_CHARS_MAX) {
    return { ...whole, line: 1, message: `is larger than ${TEXT_CHARS_MAX} characters; is it the right file?` };
  }
  let open = 0;
  let line = 1;
  for (const character of text) {
    if (character === "\n") line += 1;
    else if (character === "[" || character === "{") open += 1;
    else if (character === "]" || character === "}") open -= 1;
    if (open > OPEN_BRACKETS_MAX)
      return { ...whole, line, message: "is nested too deeply; close the brackets opened before" };
  }
  return null;
}

function readNode(walk: Walk, node: Node, path: Path, around: ReadonlySet<Node>): Tree {
  walk.nodes += 1;
  const offset = node.range?.[0] ?? 0;
  const key = keyOf(path);
  if (!walk.values.has(key)) walk.values.set(key, positionOf(walk, offset));
  if (walk.nodes > NODES_MAX) {
    if (walk.nodes === NODES_MAX + 1)
      report(walk, offset, path, "grows too large when its aliases are written out; write the values instead");
    return null;
  }
  if (path.length > DEPTH_MAX) return refuse(walk, offset, path, `is nested deeper than ${DEPTH_MAX} levels`);
  if (isAlias(node)) return readAlias(walk, node, path, around);
  if ("anchor" in node && typeof node.anchor === "string") walk.anchors.set(node.anchor, node);
  if (isScalar(node)) return readScalar(walk, node, path);
  const inside = new Set(around).add(node);
  if (isSeq(node)) {
    return node.items.map((item, at) => (isNode(item) ? readNode(walk, item, [...path, at], inside) : null));
  }
  return isMap(node) ? readMap(walk, node.items, path, inside) : null;
}

/** A key that stands twice is refused instead of letting the last one win in silence. */
function readMap(walk: Walk, pairs: readonly Pair<unknown, unknown>[], path: Path, around: ReadonlySet<Node>): Tree {
  const read: Record<string, Tree> = Object.create(null);
  for (const { key, value } of pairs) {
    const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
    const name = isScalar(key) ? keyName(key) : null;
    if (name === null) {
      report(walk, offset, path, "has a key that is not plain text; write a name there");
      continue;
    }
    const here = [...path, name];
    const refusal = refuseKey(name, name in read);
    if (refusal !== null) {
      report(walk, offset, here, refusal);
      continue;
    }
    walk.keys.set(keyOf(here), positionOf(walk, offset));
    // `key:` with nothing after it: its value stands, as nothing, where the key is.
    if (!isNode(value)) walk.values.set(keyOf(here), positionOf(walk, offset));
    read[name] = isNode(value) ? readNode(walk, value, here, around) : null;
  }
  return read;
}

function refuseKey(name: string, twice: boolean): string | null {
  if (twice) return "stands here twice; keep one of the two";
  if (name === "<<") return "merge keys are not supported; write the keys out, or use an alias for a whole value";
  if (name === "__proto__") return "cannot be used as a name; choose another one";
  if (name.includes("${")) return "references are replaced in values only; write the name out";
  return null;
}

/** The key as it was written: `1113:`, `no:` and `2026-01-01:` are names here, whatever YAML takes them for. */
function keyName(key: Scalar): string | null {
  if (typeof key.value === "string") return key.value;
  return key.source ?? (key.value === null ? null : String(key.value));
}

function readAlias(walk: Walk, alias: Alias, path: Path, around: ReadonlySet<Node>): Tree {
  const offset = alias.range?.[0] ?? 0;
  // Only what was read before counts, so an alias always means the nearest anchor above it.
  const target = walk.anchors.get(alias.source);
  if (target === undefined) return refuse(walk, offset, path, "is an alias of something that does not stand before it");
  if (around.has(target)) return refuse(walk, offset, path, "is an alias of what it stands in, which would never end");
  return readNode(walk, target, path, around);
}

function readScalar(walk: Walk, scalar: Scalar, path: Path): Tree {
  const offset = scalar.range?.[0] ?? 0;
  const { value } = scalar;
  if (typeof value === "string") return readText(walk, scalar, value, path);
  if (typeof value === "number") {
    const source = scalar.source ?? String(value);
    if (/^[-+]?0[0-9]/.test(source))
      return refuse(
        walk,
        offset,
        path,
        "begins with a zero, which some readers take for octal; drop the zero, or quote it",
      );
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return refuse(walk, offset, path, "is too large to be held exactly; use a smaller number, or quote it");
    return value;
  }
  if (typeof value === "boolean" || value === null) return value;
  return refuse(
    walk,
    offset,
    path,
    "is of a kind that has no place in a configuration; write text, a number, true or false",
  );
}

function readText(walk: Walk, scalar: Scalar, value: string, path: Path): Tree {
  if (!value.includes("${")) return value;
  const result = interpolate(value, walk.readEnv);
  if (result.kind === "bad") return refuse(walk, scalar.range?.[0] ?? 0, path, result.reason, value);
  walk.templates.set(keyOf(path), value);
  return result.text;
}

/** Answers a stand-in of the right type where it can, so that one mistake is not reported twice. */
function refuse(walk: Walk, offset: number, path: Path, message: string, standIn: Tree = null): Tree {
  report(walk, offset, path, message);
  return standIn;
}

function report(walk: Walk, offset: number, path: Path, message: string): void {
  const position = positionOf(walk, offset);
  walk.problems.push({
    file: walk.file,
    ...position,
    path: showPath(path),
    message,
    suggestion: null,
    severity: "error",
  });
}

function positionOf(walk: Walk, offset: number): Position {
  const { line, col } = walk.lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

function syntaxMessage(code: string, message: string, text: string, offset: number): string {
  // Inside brackets YAML takes the brace of a reference for one of its own.
  if (text.slice(Math.max(0, offset - 1), offset + 1) === "${")
    return `needs quotes around its reference here: "\${NAME}"`;
  if (code === "RESOURCE_EXHAUSTION") return "is nested too deeply";
  if (code === "MULTIPLE_DOCS") return "holds more than one document; remove the line ---";
  if (code === "TAB_AS_INDENT") return "is indented with a tab; YAML wants spaces";
  if (code === "MISSING_CHAR")
    return "is not valid YAML: a closing quote, bracket or comma is missing before this place";
  // What the reader quotes is a piece of the file, which may be a piece of a secret.
  return `is not valid YAML: ${message.split(/:? ["`\n]/)[0] ?? ""}`;
}
