// A start does not pay for what it does not use: displays are loaded when one is configured, MQTT when one connects.
import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");

/** Paths below the project that are loaded once these modules are. */
async function loadedBy(...modules: readonly string[]): Promise<string[]> {
  const imports = modules.map((path) => `await import(${JSON.stringify(join(ROOT, path))});`).join("");
  const script = `${imports} console.log(JSON.stringify(Object.keys(require.cache)));`;
  const child = Bun.spawn([process.execPath, "--no-env-file", "-e", script], { cwd: ROOT, stderr: "inherit" });
  const paths: string[] = JSON.parse(await new Response(child.stdout).text());
  return paths.flatMap((path) => (path.startsWith(ROOT) ? [path.slice(ROOT.length + 1).replaceAll("\\", "/")] : []));
}

test("a supervisor and a worker load no display", async () => {
  const loaded = await loadedBy(
    "src/cli/serve.ts",
    "src/cli/serve-load.ts",
    "src/cli/worker.ts",
    "src/process/worker.ts",
  );
  expect(loaded).toContain("src/process/worker.ts");
  const isDisplay = (path: string) => path.startsWith("src/displays/") && !path.endsWith("schema.ts");
  expect(loaded.filter((path) => isDisplay(path) || path.includes("node_modules/mqtt"))).toEqual([]);
});

test("displays load no MQTT before one connects", async () => {
  const loaded = await loadedBy("src/process/displays.ts");
  expect(loaded).toContain("src/displays/mqtt-link.ts");
  expect(loaded.filter((path) => path.includes("node_modules/mqtt"))).toEqual([]);
});
