// Fetches the Bun runtimes of other platforms through the npm client (its proxies and mirrors work where a direct
// download is refused), checks them against package-lock.json and keeps them under node_modules/.cache.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

const PACK_TIMEOUT_MS = 10 * 60_000; // about 50 MB each

/** Path of the runtime's executable. Throws when it cannot be fetched or is not the locked one. */
export async function fetchRuntime(wanted: { root: string; runtime: string; version: string }): Promise<string> {
  const cache = join(wanted.root, "node_modules", ".cache", "ringmain-runtimes");
  const folder = join(cache, `${wanted.runtime.replace("@oven/", "")}-${wanted.version}`);
  const executable = join(folder, "package", "bin", wanted.runtime.includes("windows") ? "bun.exe" : "bun");
  if (existsSync(executable)) return executable;

  console.log(`fetching ${wanted.runtime} ${wanted.version} ...`);
  const draft = `${folder}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    const archive = await pack(`${wanted.runtime}@${wanted.version}`, draft);
    await checkIntegrity(archive, wanted);
    await new Bun.Archive(await Bun.file(archive).bytes()).extract(draft);
    await rm(archive);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  if (!existsSync(executable))
    throw new Error(`${wanted.runtime} ${wanted.version} holds no ${executable.slice(folder.length)}.`);
  return executable;
}

/** Downloads one package archive into the folder and returns its path. */
async function pack(name: string, folder: string): Promise<string> {
  const cli = process.env["npm_execpath"] ?? "";
  const npm = /npm-cli\.c?js$/.test(cli) ? ["node", cli] : [process.platform === "win32" ? "npm.cmd" : "npm"];
  const child = Bun.spawn([...npm, "pack", name, "--silent", `--pack-destination=${folder}`], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    timeout: PACK_TIMEOUT_MS,
  });
  const [said, code] = [await new Response(child.stdout).text(), await child.exited];
  if (code !== 0) throw new Error(`npm pack ${name} ended with ${code}.`);
  return join(folder, said.trim().split("\n").at(-1) ?? "");
}

/** The lock names every platform's runtime with its SHA-512, so a foreign one is checked like an installed one. */
async function checkIntegrity(
  archive: string,
  wanted: { root: string; runtime: string; version: string },
): Promise<void> {
  const lock: { packages: Record<string, { version?: string; integrity?: string }> } = await Bun.file(
    join(wanted.root, "package-lock.json"),
  ).json();
  const entry = lock.packages[`node_modules/${wanted.runtime}`];
  const integrity = `sha512-${createHash("sha512")
    .update(await Bun.file(archive).bytes())
    .digest("base64")}`;
  if (entry?.version !== wanted.version) {
    throw new Error(
      `package-lock.json has ${wanted.runtime} ${entry?.version ?? "(none)"}, this Bun is ${wanted.version}.`,
    );
  }
  if (entry.integrity !== integrity)
    throw new Error(`${wanted.runtime} ${wanted.version} is not the archive package-lock.json names.`);
}
