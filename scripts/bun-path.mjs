// Finds a Bun that really runs. npm may install the `bun` package without running its install script, and the
// package's own binary is then a placeholder; the platform packages beside it hold the real program.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Longest wait for one `--version`: a cold start from a slow disk reads 100 MB. */
const VERSION_TIMEOUT_MS = 30_000;

/**
 * The absolute path of a Bun of the version that `node_modules` holds, or null when none of the candidates runs
 * (nothing installed, or installed for another platform).
 * @param {string} root folder that holds node_modules
 * @returns {string | null}
 */
export function findBun(root) {
  const wanted = installedVersion(root);
  if (wanted === null) return null;
  return candidates(root).find((path) => existsSync(path) && runs(path, wanted)) ?? null;
}

/** @param {string} root @returns {string | null} */
function installedVersion(root) {
  const path = join(root, "node_modules", "bun", "package.json");
  if (!existsSync(path)) return null;
  return JSON.parse(readFileSync(path, "utf8")).version;
}

/**
 * In order of preference. Both libc flavours are tried: the wrong one does not start, and asking it is surer than
 * guessing the libc. `baseline` is for x64 processors from before 2013.
 * @param {string} root @returns {string[]}
 */
function candidates(root) {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const architecture = process.arch === "arm64" ? "aarch64" : process.arch;
  const binary = process.platform === "win32" ? "bun.exe" : "bun";
  const flavours = ["", "-musl", "-baseline", "-musl-baseline"];
  return [
    join(root, "node_modules", "bun", "bin", "bun.exe"), // named .exe on every platform
    ...flavours.map((flavour) =>
      join(root, "node_modules", "@oven", `bun-${platform}-${architecture}${flavour}`, "bin", binary),
    ),
  ];
}

/** @param {string} path @param {string} wanted @returns {boolean} */
function runs(path, wanted) {
  const answer = spawnSync(path, ["--version"], {
    encoding: "utf8",
    timeout: VERSION_TIMEOUT_MS,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return answer.status === 0 && answer.stdout.trim() === wanted;
}
