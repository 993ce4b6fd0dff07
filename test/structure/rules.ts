// The structure rules as data and pure functions: who may import whom, who may touch the world, how long things may be.
// Given the facts of every file under src, each rule returns the breaches it sees; no rule reads a file.
import { posix } from "node:path";
import type { SourceFacts } from "./syntax.ts";

export interface Breach {
  rule: string;
  file: string;
  line: number;
  message: string;
}

/** Room → the rooms it may import. A room is a folder under src, or one of four files beside them. */
export const ROOMS = {
  std: [],
  ir: [],
  protocols: ["ir", "std"],
  routing: ["ir", "std"],
  upstream: ["ir", "std"],
  demo: ["protocols", "ir", "std"],
  governance: ["ir", "std"],
  observability: ["ir", "std"],
  displays: ["observability", "ir", "std"],
  exchange: ["protocols", "routing", "upstream", "governance", "ir", "std"],
  server: ["exchange", "governance", "observability", "ir", "std"],
  config: ["ir", "std", "known"],
  process: ["config", "compose", "governance", "observability", "displays", "ir", "std"],
  cli: [
    "config",
    "compose",
    "process",
    "protocols",
    "displays",
    "demo",
    "governance",
    "ir",
    "std",
    "known",
    "build-info",
  ],
  compose: [
    ...["server", "exchange", "protocols", "routing", "upstream", "governance", "observability"],
    ...["ir", "std", "build-info"],
  ],
  main: ["cli"],
  known: [],
  "build-info": [],
} as const satisfies Record<string, readonly string[]>;

type Room = keyof typeof ROOMS;

/**
 * The phases of `exchange`, lowest first, as the places whose files they are; the last place of all, "", is every other
 * file beside the folders. A file imports files of its own phase and of the phases before it.
 */
export const PHASES: readonly { readonly name: string; readonly places: readonly string[] }[] = [
  {
    name: "contract",
    places: [
      "contract.ts",
      "header-filter.ts",
      "lane-waiters.ts",
      "named-requests.ts",
      "reasoning-memory.ts",
      "reasoning-signatures.ts",
      "repairs.ts",
      "shared-state.ts",
      "stored-answers.ts",
      "verdict-contract.ts",
    ],
  },
  { name: "request", places: ["request/"] },
  { name: "lane", places: ["lane/"] },
  { name: "answer", places: ["answer/"] },
  { name: "quality", places: ["quality/"] },
  { name: "path", places: [""] },
  { name: "probing", places: ["probing/"] },
];

/** Files outside src that code may embed as text, and the rooms that may. */
const EMBEDDED: ReadonlyMap<string, readonly string[]> = new Map([
  ["../providers.yaml", ["config"]],
  ["../prices.tsv", ["config"]],
  ["../config.example.yaml", ["config", "cli"]],
]);

/** Packages and built-in modules that are not for everybody, and the places that may import them. */
const MODULES: readonly { names: RegExp; places: readonly string[] }[] = [
  { names: /^hono(\/|$)/, places: ["server/"] },
  { names: /^(zod|yaml)(\/|$)/, places: ["config/"] },
  { names: /^prom-client$/, places: ["observability/"] },
  { names: /^@aws-sdk\/signature-v4$/, places: ["protocols/bedrock/auth.ts"] },
  { names: /^bun:sqlite$/, places: ["governance/stores/", "observability/stores/"] },
  { names: /^mqtt$/, places: ["displays/mqtt-link.ts"] },
  { names: /^(node:)?fs(\/promises)?$/, places: ["config/", "governance/stores/", "process/", "cli/"] },
  { names: /^(node:)?(net|tls|http|https|http2|dns|dgram)(\/|$)/, places: ["upstream/", "displays/", "cli/"] },
  {
    names: /^(node:)?(child_process|cluster|worker_threads|os|process|timers|perf_hooks)(\/|$)|^bun$/,
    places: ["process/", "cli/"],
  },
];
/** What else may be imported: pure built-ins. Anything not named here or above needs a decision, and a line here. */
const MODULES_FOR_ALL = /^(node:)?(crypto|util|path|url|buffer|assert|zlib|string_decoder|events)$/;

/** Vendors' SDKs are development dependencies: their types describe the wire, their code is not in the program. */
const VENDOR_TYPES = /^(@anthropic-ai\/sdk|@aws-sdk\/client-bedrock-runtime|openai|cohere-ai|@google\/genai)(\/|$)/;
const WIRE_FILES = /^protocols\/[^/]+\/wire\.ts$/;

/** Invariant 2: who may use globals, and the two rooms that may read and write files with Bun's own call. */
const GLOBALS_PLACES = ["main.ts", "process/", "cli/", "server/serve.ts"];
/** Clocks, chance and timers: made in one place for the gateway; commands are their own world. */
const CLOCKS =
  /^(Date(\.now)?|performance(\.now)?|Math\.random|setTimeout|setInterval|setImmediate|Bun\.(sleep|nanoseconds))$/;
const CLOCK_PLACES = ["process/real-effects.ts", "cli/"];
const BUN_FILES_PLACES = ["config/", "governance/stores/"];
const BUN_FILES: ReadonlySet<string> = new Set(["Bun.file", "Bun.write"]);
/** A pure function of the runtime, behind one door. */
const PURE_GLOBALS: ReadonlyMap<string, string> = new Map([
  ["Bun.CryptoHasher", "std/digest.ts"],
  ["Bun.hash", "std/digest.ts"],
]);

/** Invariant 9: where a secret may leave its wrapper. */
const REVEAL_PLACES =
  /^(protocols\/[^/]+\/auth\.ts|governance\/(identify|keys)\.ts|displays\/.+|cli\/.+|demo\/.+|std\/secret\.ts)$/;

/**
 * `"name" in value` guesses the kind of a value from its members, so it is for values the program did not make: one that
 * the same function narrows from `unknown`, and JSON or a library's value in these files. Our own unions have a `kind`.
 */
const FOREIGN_VALUES: ReadonlySet<string> = new Set([
  ...["cli/ledger-access.ts", "server/admin-keys.ts", "config/shape-of.ts", "config/yaml-tree.ts"],
  ...["protocols/shared/schema/closed.ts", "protocols/bedrock/embed.ts"],
  ...["protocols/bedrock/facts.ts", "protocols/bedrock/turn-writer.ts"],
]);

/** More lines than this need a reason, in the first comment; more than the maximum have none. */
export const FILE_LINES_PLAIN_MAX = 400;
export const FILE_LINES_MAX = 500;
/** A ratchet: the aim is 70. Lower it when the longest function allows. */
export const FUNCTION_LINES_MAX = 100;
const FIRST_COMMENT_CHARACTERS_MIN = 20;
const FORBIDDEN_NAMES = /^(utils?|helpers?|common|services?|handlers?|misc)$/;

/** Files of the list that ask no value for a member any more: they leave it. */
export function staleMemberLists(files: readonly SourceFacts[]): string[] {
  const asking = new Set(files.filter(({ memberTests }) => memberTests.length > 0).map(({ path }) => path));
  return [...FOREIGN_VALUES].filter((path) => !asking.has(path));
}

/** All rules over all files; an empty list is a house in order. */
export function findBreaches(files: readonly SourceFacts[]): Breach[] {
  const paths = new Set(files.map((file) => file.path));
  return [
    ...files.flatMap((file) => importBreaches(file, paths)),
    ...files.flatMap(formBreaches),
    ...files.flatMap(worldBreaches),
    ...cycleBreaches(files),
    ...deadFileBreaches(files),
    ...typeNameBreaches(files),
  ];
}

/** The room of a path under src: its first folder, or the name of a file that stands beside the rooms; null for neither. */
export function roomOf(path: string): Room | null {
  const [first = "", second] = path.split("/");
  const name = second === undefined ? first.replace(/\.ts$/, "") : first;
  return isRoom(name) ? name : null;
}

const isRoom = (name: string): name is Room => Object.hasOwn(ROOMS, name);

function importBreaches(file: SourceFacts, paths: ReadonlySet<string>): Breach[] {
  const breaches: Breach[] = [];
  const breach = (rule: string, line: number, message: string): void => {
    breaches.push({ rule, file: file.path, line, message });
  };
  const room = roomOf(file.path);
  if (room === null) breach("room", 1, "stands in no room of the table");
  for (const line of file.computedImports) breach("computed-import", line, "imports a computed name");
  for (const { specifier, line, typeOnly } of file.imports) {
    const target = targetOf(file.path, specifier);
    const problem =
      target === null
        ? moduleProblem(file.path, { specifier, typeOnly })
        : room === null
          ? null
          : arrowProblem(file.path, room, target, paths);
    if (problem !== null) breach("import", line, problem);
  }
  return breaches;
}

/** What is wrong with importing the file `target` from a room, or null. */
function arrowProblem(path: string, room: Room, target: string, paths: ReadonlySet<string>): string | null {
  if (target.startsWith("../")) {
    return EMBEDDED.get(target)?.includes(room) === true ? null : `${room} may not import ${target}`;
  }
  // Data beside the code that reads it; that it exists, the compiler or the bundler says.
  if (/\.(json|tsv)$/.test(target)) return roomOf(target) === room ? null : `${room} may not import the data ${target}`;
  if (!paths.has(target)) return `imports ${target}, which does not exist`;
  const targetRoom = roomOf(target);
  if (targetRoom === null) return `imports ${target}, which stands in no room`;
  if (targetRoom === room) return siblingProblem(path, target) ?? schemaProblem(path, target);
  if (room === "config" && REGISTRY_SCHEMAS.test(target)) return null;
  if (targetRoom === "known" && REGISTRY_SCHEMAS.test(path)) return null;
  const allowed: readonly string[] = ROOMS[room];
  return allowed.includes(targetRoom) ? null : `${room} may not import ${targetRoom} (${target})`;
}

/** Arrows of the table that no file uses: `room → other`. */
export function findUnusedArrows(files: readonly SourceFacts[]): string[] {
  const used = new Set(
    files.flatMap(({ path, imports }) =>
      imports.map(({ specifier }) => `${roomOf(path)} → ${roomOf(targetOf(path, specifier) ?? "")}`),
    ),
  );
  return Object.entries(ROOMS)
    .flatMap(([room, allowed]) => allowed.map((other) => `${room} → ${other}`))
    .filter((arrow) => !used.has(arrow));
}

/** Where the phase of a file of `exchange` stands in the order; null: it is none of exchange's. */
export function phaseOf(path: string): number | null {
  const [room, ...rest] = path.split("/");
  if (room !== "exchange") return null;
  const inside = rest.join("/");
  const named = PHASES.findIndex(({ places }) => places.some((place) => place !== "" && isIn(inside, [place])));
  return named === -1 ? PHASES.findIndex(({ places }) => places.includes("")) : named;
}

/** One protocol's folder never imports another's; framing is shared. A phase of exchange imports no later one. */
function siblingProblem(path: string, target: string): string | null {
  const [phase, later] = [phaseOf(path), phaseOf(target)];
  if (phase !== null && later !== null && later > phase) {
    return `the phase ${PHASES[phase]?.name} may not import the later phase ${PHASES[later]?.name} (${target})`;
  }
  const [from, to] = [protocolOf(path), protocolOf(target)];
  return from === null || to === null || from === to ? null : `protocol ${from} may not import protocol ${to}`;
}

/** What a registry's kinds add to the configuration: all that `config` may import of such a room. */
const REGISTRY_SCHEMAS = /^(?:displays|routing\/policies)\/(?:[a-z-]+\/)?(?:[a-z]+-)?schema\.ts$/;

/** To read a registry's schema must not load what the registry runs. */
function schemaProblem(path: string, target: string): string | null {
  if (!REGISTRY_SCHEMAS.test(path) || REGISTRY_SCHEMAS.test(target)) return null;
  return `a schema of a registry imports only other schemas of its room, not ${target}`;
}

const SHARED_FOLDERS: ReadonlySet<string> = new Set(["framing", "shared"]);

function protocolOf(path: string): string | null {
  const [room, folder, file] = path.split("/");
  return room !== "protocols" || file === undefined || folder === undefined || SHARED_FOLDERS.has(folder)
    ? null
    : folder;
}

/** What is wrong with importing a package or built-in module from this file, or null. */
function moduleProblem(path: string, { specifier, typeOnly }: { specifier: string; typeOnly: boolean }): string | null {
  if (VENDOR_TYPES.test(specifier)) {
    return typeOnly && WIRE_FILES.test(path) ? null : `${specifier} is for types alone, in protocols/*/wire.ts`;
  }
  if (specifier === "zod" && typeOnly && REGISTRY_SCHEMAS.test(path)) return null;
  const rule = MODULES.find(({ names }) => names.test(specifier));
  if (rule !== undefined)
    return isIn(path, rule.places) ? null : `${specifier} may be imported only by ${rule.places.join(", ")}`;
  return MODULES_FOR_ALL.test(specifier) ? null : `${specifier} is in no list of modules that may be imported`;
}

/** Rules about a file by itself: comment, length, names, catches. */
function formBreaches(file: SourceFacts): Breach[] {
  const breaches: Breach[] = [];
  const breach = (rule: string, line: number, message: string): void => {
    breaches.push({ rule, file: file.path, line, message });
  };
  const comment = file.firstComment ?? "";
  if (comment.length < FIRST_COMMENT_CHARACTERS_MIN)
    breach("first-comment", 1, "does not start with a sentence that says what it is");
  if (file.lineCount > FILE_LINES_MAX) {
    breach("file-length", 1, `has ${file.lineCount} lines (at most ${FILE_LINES_MAX})`);
  } else if (file.lineCount > FILE_LINES_PLAIN_MAX && !/\b(lines|length)\b/i.test(comment)) {
    const why = "and its first comment gives no reason for its length";
    breach("file-length", 1, `has ${file.lineCount} lines (at most ${FILE_LINES_PLAIN_MAX}) ${why}`);
  }
  for (const { name, line, lineCount } of file.functions) {
    if (lineCount > FUNCTION_LINES_MAX)
      breach("function-length", line, `${name} has ${lineCount} lines (at most ${FUNCTION_LINES_MAX})`);
  }
  // A name is imported from the file that declares it, so that a start loads no more than it uses.
  if (file.path.endsWith("/index.ts")) {
    for (const line of file.reExports) breach("re-export", line, "hands on what another file declares");
  }
  for (const { word, line } of file.vagueWords) breach("vague-word", line, `says "${word}"; name the subject`);
  for (const line of file.emptyCatches) breach("empty-catch", line, "drops an error silently");
  const forbidden = file.path
    .replace(/\.ts$/, "")
    .split("/")
    .find((part) => FORBIDDEN_NAMES.test(part));
  if (forbidden !== undefined) breach("name", 1, `"${forbidden}" says nothing about what is inside`);
  return breaches;
}

/** One word, one meaning: a type's name is exported by one room. */
function typeNameBreaches(files: readonly SourceFacts[]): Breach[] {
  const owners = new Map<string, string>();
  const breaches: Breach[] = [];
  for (const { path, exportedTypes } of files) {
    for (const { name, line } of exportedTypes) {
      const owner = owners.get(name) ?? path;
      owners.set(name, owner);
      if (roomOf(owner) === roomOf(path)) continue;
      breaches.push({ rule: "type-name", file: path, line, message: `exports ${name}, as ${owner} does` });
    }
  }
  return breaches;
}

/** Rules about the world outside the core: globals, and secrets leaving their wrapper. */
function worldBreaches(file: SourceFacts): Breach[] {
  const globals = isIn(file.path, GLOBALS_PLACES)
    ? file.globals.filter(({ name }) => CLOCKS.test(name) && !isIn(file.path, CLOCK_PLACES))
    : file.globals.filter(
        ({ name }) =>
          !(BUN_FILES.has(name) && isIn(file.path, BUN_FILES_PLACES)) && PURE_GLOBALS.get(name) !== file.path,
      );
  const reveals = REVEAL_PLACES.test(file.path) ? [] : file.reveals;
  const guessed = FOREIGN_VALUES.has(file.path) ? [] : file.memberTests.filter(({ narrowed }) => !narrowed);
  return [
    ...globals.map(({ name, line }) => ({
      rule: "global",
      file: file.path,
      line,
      message: `uses the global ${name}; take it as an argument`,
    })),
    ...guessed.map(({ line }) => ({
      rule: "member-test",
      file: file.path,
      line,
      message: "guesses the kind of a value from its members; give the union a `kind`",
    })),
    ...reveals.map((line) => ({
      rule: "reveal",
      file: file.path,
      line,
      message: "reveals a secret outside the places that may",
    })),
  ];
}

/** A place is a folder (ends in "/") or one file. */
const isIn = (path: string, places: readonly string[]): boolean =>
  places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));

/** The path under src that a relative specifier means ("../…" when outside), or null for a package or built-in module. */
function targetOf(path: string, specifier: string): string | null {
  return specifier.startsWith(".") ? posix.normalize(posix.join(posix.dirname(path), specifier)) : null;
}

/** File → files under src it imports. */
function graphOf(files: readonly SourceFacts[]): ReadonlyMap<string, readonly string[]> {
  const paths = new Set(files.map((file) => file.path));
  const targets = (file: SourceFacts): string[] =>
    file.imports.flatMap(({ specifier }) => {
      const target = targetOf(file.path, specifier);
      return target !== null && paths.has(target) ? [target] : [];
    });
  return new Map(files.map((file) => [file.path, targets(file)]));
}

/** One breach per loop found by a depth-first walk; `import type` counts, because a reader follows it all the same. */
function cycleBreaches(files: readonly SourceFacts[]): Breach[] {
  const graph = graphOf(files);
  const breaches: Breach[] = [];
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const walk = (path: string): void => {
    state.set(path, "open");
    trail.push(path);
    for (const next of graph.get(path) ?? []) {
      if (state.get(next) === "open") {
        const loop = [...trail.slice(trail.indexOf(next)), next].join(" → ");
        breaches.push({ rule: "cycle", file: next, line: 1, message: loop });
      } else if (state.get(next) === undefined) {
        walk(next);
      }
    }
    trail.pop();
    state.set(path, "done");
  };
  for (const path of graph.keys()) if (state.get(path) === undefined) walk(path);
  return breaches;
}

/** A file that main.ts does not reach is in no executable. Tests do not count as readers. */
function deadFileBreaches(files: readonly SourceFacts[]): Breach[] {
  const graph = graphOf(files);
  const reached = new Set<string>();
  const queue = ["main.ts"];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    queue.push(...(graph.get(path) ?? []));
  }
  return files
    .filter((file) => !reached.has(file.path))
    .map((file) => ({ rule: "dead-file", file: file.path, line: 1, message: "is not reached from main.ts" }));
}

/** The table as ARCHITECTURE.md must show it. */
export function renderRooms(): string {
  const rows = Object.entries(ROOMS).map(
    ([room, allowed]) => `| ${room} | ${allowed.length === 0 ? "—" : allowed.join(", ")} |`,
  );
  return ["| room | may import |", "|---|---|", ...rows].join("\n");
}

/** The order of the phases as ARCHITECTURE.md must show it. */
export function renderPhases(): string {
  const shown = ({ name, places }: (typeof PHASES)[number]): string =>
    places.includes("") ? `${name} (all other files)` : `${name} (${places.map((place) => `\`${place}\``).join(", ")})`;
  return PHASES.map(shown).join(" → ");
}

/** Rows of the table under "## Who may import whom": room → what it may import, sorted. Null without heading or table. */
export function readRooms(markdown: string): Map<string, string[]> | null {
  const section = /^## Who may import whom\s*$([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(markdown)?.[1];
  if (section === undefined) return null;
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2) // the header and the line under it
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));
  if (rows.length === 0) return null;
  return new Map(
    rows.map(([, room = "", allowed = ""]) => [
      room,
      allowed === "—" || allowed === "" ? [] : allowed.split(/,\s*/).toSorted(),
    ]),
  );
}
