// Words that must not stand in anything the project publishes: paths of the machine it was written on, names of that
// place's tools, hosts of package registries. Every pattern is put together from pieces, so that this file passes too.

/** What was found, by line. `text` is a whole file. */
export function findForbiddenWords(text: string): { line: number; word: string }[] {
  return text.split("\n").flatMap((content, index) => {
    const found = FORBIDDEN.exec(content);
    return found === null ? [] : [{ line: index + 1, word: found[0] }];
  });
}

/** Files whose text people wrote. Recordings and goldens keep what vendors sent, the lock file what npm writes. */
export const isWritten = (path: string): boolean =>
  path !== "package-lock.json" && (/\.(ts|mjs|md|yaml|yml|toml|sh)$/.test(path) || WRITTEN_BY_NAME.has(path));

const WRITTEN_BY_NAME: ReadonlySet<string> = new Set([
  "package.json",
  "biome.json",
  "tsconfig.json",
  ".ci/run",
  ".npmrc",
  "Dockerfile",
]);

const FORBIDDEN = new RegExp(
  [
    ["(?<![\\w.])/", "work/"],
    ["(?<![\\w.])/", "farm/"],
    ["(?<![\\w.])/", "tmp/"],
    ["bash", "_jobs"],
    ["farm", "-(studio|bench)"],
    ["registry\\.", "(npmjs|yarnpkg)"],
    ["deb\\.", "debian"],
    ["\\bFIX", "ME\\b"],
  ]
    .map((pieces) => pieces.join(""))
    .join("|"),
);
