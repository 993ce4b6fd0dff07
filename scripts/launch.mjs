// Runs a program of this project with the Bun it pins, installing whatever is missing first. Plain Node without
// dependencies, so that `npm start` and `npm test` work in a fresh clone: node scripts/launch.mjs <file> [arguments]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBun } from "./bun-path.mjs";

const NODE_MAJOR_MIN = 20;
const INSTALL_TIMEOUT_MS = 15 * 60_000; // a slow line downloads about 150 MB
const PARENT_CHECK_MS = 500;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockPath = join(root, "package-lock.json");
const stampPath = join(root, "node_modules", ".ringmain-installed");

main(process.argv.slice(2));

/** @param {string[]} args */
function main(args) {
  if (args.length === 0) return stop("usage: node scripts/launch.mjs <file> [arguments]");
  const nodeMajor = Number(process.versions.node.split(".")[0]);
  if (nodeMajor < NODE_MAJOR_MIN) return stop(`Node ${NODE_MAJOR_MIN} or newer is needed; this is ${process.version}.`);

  let bun = isInstalled() ? findBun(root) : null;
  if (bun === null) {
    if (!install()) return stop("The dependencies could not be installed; see the messages above.");
    bun = findBun(root);
  }
  if (bun === null) {
    return stop(
      `No Bun in node_modules runs on ${process.platform}-${process.arch}. Remove node_modules and try again.`,
    );
  }
  run(bun, args);
}

/** True when node_modules holds what the lock file says, by our stamp or else by npm's own record of the install. */
function isInstalled() {
  if (existsSync(stampPath)) return readFileSync(stampPath, "utf8") === stamp();
  const recordPath = join(root, "node_modules", ".package-lock.json"); // written by npm as its last step
  if (!existsSync(recordPath)) return false;
  const wanted = Object.entries(readJson(lockPath).packages).filter(([path]) => path !== "");
  const found = readJson(recordPath).packages;
  return wanted.every(([path, entry]) =>
    // Optional packages are those of other platforms: absent is right, another version is not.
    found[path] === undefined ? entry.optional === true : found[path].version === entry.version,
  );
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Changes with the lock file, and when the folder is carried to another platform. */
function stamp() {
  const hash = createHash("sha256").update(readFileSync(lockPath)).digest("hex");
  return `${process.platform}-${process.arch} ${hash}\n`;
}

/**
 * `npm ci` first. It refuses a lock file without the packages of every platform, which a lock written against an
 * incomplete registry is; `npm install --no-save` then still honours every locked version, and writes no tracked file.
 */
function install() {
  console.error("Ringmain: installing dependencies into node_modules (once; minutes on a slow line) ...");
  const startedMs = Date.now();
  const attempts = [npm(["ci"]), npm(["install", "--no-save"])];
  if (process.versions.bun !== undefined) attempts.push([process.execPath, ["install", "--no-save"]]); // a machine with Bun alone
  for (const [command, args] of attempts) {
    const label = [command, ...args].join(" ");
    const done = spawnSync(command, args, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      shell: process.platform === "win32" && command.endsWith(".cmd"),
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...process.env, npm_config_yes: "true", npm_config_fund: "false", npm_config_audit: "false" },
    });
    if (done.status === 0) {
      writeFileSync(stampPath, stamp());
      console.error(`Ringmain: dependencies installed in ${Math.round((Date.now() - startedMs) / 1000)} s.`);
      return true;
    }
    console.error(`Ringmain: ${label} failed (${done.error?.message ?? done.signal ?? `exit ${done.status}`}).`);
  }
  return false;
}

/** The npm that runs us, if one does: the same version, and no search through PATH. @param {string[]} args @returns {[string, string[]]} */
function npm(args) {
  const current = process.env["npm_execpath"] ?? "";
  if (/npm-cli\.c?js$/.test(current)) return [process.execPath, [current, ...args]];
  return [process.platform === "win32" ? "npm.cmd" : "npm", args];
}

/** Hands over the terminal, passes signals on and ends as the program ended. @param {string} bun @param {string[]} args */
function run(bun, args) {
  const child = spawn(bun, ["--no-env-file", ...args], { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // Ctrl-C in a terminal reaches the whole group: the program gets its own copy, and a second one could mean "now".
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  // npm passes SIGTERM to a shell that dies of it without passing it on; the program must not outlive them unseen.
  const parent = process.ppid;
  if (process.env["npm_lifecycle_event"] !== undefined) {
    setInterval(() => {
      if (process.ppid !== parent) child.kill("SIGTERM");
    }, PARENT_CHECK_MS).unref();
  }
  child.on("error", (error) => stop(`Bun did not start: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of ["SIGTERM", "SIGHUP", "SIGINT"]) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** @param {string} message */
function stop(message) {
  console.error(`Ringmain: ${message}`);
  process.exitCode = 1;
}
