// Finds exports without a reader: names that a file under src exports and no other file imports. Reads the texts as they
// are formatted, so that tests and scripts count as readers without being parsed.
import { posix } from "node:path";

/** A reader's clause: `{ a, type b as c }`, `name` or `* as name`; null: a call of `import` or `require`, which reads all. */
interface Import {
  readonly target: string;
  readonly clause: string | null;
}

const EXPORTED = /^export (?:async )?(?:abstract )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
const IMPORTED = /^(?:import|export)\s+(?:type\s+)?([^"';]+?)\s+from\s+"(\.[^"]+)"/gm;
const LOADED = /\b(?:import|require)\("(\.[^"]+)"\)/g;

/** Exported names of `src` that no other text imports, as `file name`. `texts`: path from the top → text. */
export function findUnreadExports(texts: ReadonlyMap<string, string>): string[] {
  const read = new Map<string, Set<string>>();
  for (const [path, text] of texts) {
    for (const { target, clause } of importsOf(path, text)) {
      const names = read.get(target) ?? new Set();
      read.set(target, names);
      for (const name of clause === null ? ["*"] : namesOf(clause)) names.add(name);
    }
  }
  return [...texts].flatMap(([path, text]) => {
    if (!path.startsWith("src/")) return [];
    const names = read.get(path);
    if (names?.has("*") === true) return [];
    return [...text.matchAll(EXPORTED)].flatMap(([, name = ""]) =>
      names?.has(name) === true ? [] : [`${path} ${name}`],
    );
  });
}

function importsOf(path: string, text: string): Import[] {
  const target = (specifier: string): string => posix.normalize(posix.join(posix.dirname(path), specifier));
  return [
    ...[...text.matchAll(IMPORTED)].map(([, clause = "", specifier = ""]) => ({ target: target(specifier), clause })),
    ...[...text.matchAll(LOADED)].map(([, specifier = ""]) => ({ target: target(specifier), clause: null })),
  ];
}

/** What a clause takes, by the names the exporting file gives. */
function namesOf(clause: string): string[] {
  if (!clause.includes("{")) return ["*"];
  const inside = clause.slice(clause.indexOf("{") + 1, clause.lastIndexOf("}"));
  return inside.split(",").map((part) =>
    part
      .trim()
      .replace(/^type /, "")
      .replace(/ as .*$/, ""),
  );
}
