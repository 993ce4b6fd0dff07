// What the compiled program reads a configuration and its secrets from: pipes for the first, files alone for the second; and
// a key pasted where a name belongs is not shown.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary, runCommand } from "../harness/binary.ts";

const CONFIG = `listen: "127.0.0.1:0"
auth: { mode: none }
providers: { up: { protocol: openai, base_url: "http://127.0.0.1:9", allow_private: true } }
models: { m: { provider: up } }
`;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringmain-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a shell makes of a line in which `$RINGMAIN` is the program and `$CONFIG` a configuration. */
async function shell(line: string): Promise<{ code: number; out: string }> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, RINGMAIN: await binary(), CONFIG };
  const run = Bun.spawn(["bash", "-c", line], { env, cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(run.stdout).text(),
    new Response(run.stderr).text(),
    run.exited,
  ]);
  return { code, out: out + err };
}

test.each([
  'printf %s "$CONFIG" | "$RINGMAIN" check --config /dev/stdin',
  '"$RINGMAIN" check --config <(printf %s "$CONFIG")',
  'printf %s "$CONFIG" > c.yaml; "$RINGMAIN" check --config /dev/stdin < c.yaml',
])("a configuration comes by a pipe: %s", async (line) => {
  const { code, out } = await shell(line);
  expect(out).toContain("is fine: 1 lane");
  expect(code).toBe(0);
});

test("a gateway is started by a pipe, whichever way it is read", async () => {
  // An anchor is no plain YAML: the short way reads the pipe and gives up, the long one needs what it read.
  await writeFile(join(folder, "long.yaml"), CONFIG.replace("provider: up", "provider: &up up"));
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, RINGMAIN: await binary() };
  const line = 'exec "$RINGMAIN" serve --config <(cat long.yaml)';
  const run = Bun.spawn(["bash", "-c", line], { env, cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const first = await run.stdout.getReader().read();
  expect(new TextDecoder().decode(first.value)).toContain("Ringmain serves");
  run.kill("SIGTERM");
  expect(await run.exited).toBe(0);
}, 60_000);

test.each(["/dev/zero", "/dev/random", "a pipe", "."])(
  "a key file that is none is refused at once: %s",
  async (file) => {
    if (file === "a pipe") Bun.spawnSync(["mkfifo", join(folder, "fifo")]);
    const path = file === "a pipe" ? join(folder, "fifo") : file;
    const config = CONFIG.replace("allow_private", `api_key_file: "${path}", allow_private`);
    const run = await runCommand(["check", "--config", "config.yaml"], { files: { "config.yaml": config } });
    expect(run.stdout).toContain("providers.up.api_key_file: names a file that cannot be read");
    expect(run.code).toBe(0);
  },
);

test("a key pasted where a name belongs is in nothing that check and serve say", async () => {
  const keys = [
    "sk-rm-0123456789abcdefABCDEF0123456789",
    "rm-00112233445566778899aabbccddeeff",
    "0123456789abcdef0123456789ABCDEF",
  ];
  for (const key of keys) {
    const bad = `${CONFIG}${key}: 1\npools: { ${key}: { members: [${key}] } }\n`;
    const fine = `listen: "127.0.0.1:0"\nauth: { mode: none }\nproviders: { p: { protocol: openai, base_url: "https://vendor.example" } }\nmodels: { ${key}: { provider: p } }\n`;
    for (const config of [bad, fine, `${CONFIG}providers: { ${key}: { ${key}: ${key} } }\n`]) {
      for (const args of [["check"], ["check", "--json"], ...(config === fine ? [] : [["serve"]])]) {
        const run = await runCommand([...args, "--config", "config.yaml"], { files: { "config.yaml": config } });
        expect([args, run.stdout + run.stderr]).toEqual([args, expect.not.stringContaining(key)]);
      }
    }
  }
}, 60_000);
