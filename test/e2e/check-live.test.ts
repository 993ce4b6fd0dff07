// `ringmain check --live` of the compiled program against servers on this machine: no secret is printed, and the exit code tells.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary } from "../harness/binary.ts";

const SECRET = "sk-test-canary-0123456789abcdef";
let folder = "";
const heads: (string | null)[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    heads.push(`${request.method} ${new URL(request.url).pathname}`);
    if (request.headers.get("authorization") !== `Bearer ${SECRET}`)
      return Response.json(
        { error: { message: `wrong key ${request.headers.get("authorization")}` } },
        { status: 401 },
      );
    return Response.json({ object: "list", data: [{ id: "held" }] });
  },
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringmain-live-"));
});
afterAll(async () => {
  await server.stop(true);
  await rm(folder, { recursive: true, force: true });
});

async function check(key: string, args: readonly string[] = []) {
  const config = `listen: "127.0.0.1:0"
providers: { up: { protocol: openai, base_url: "http://127.0.0.1:${server.port}", allow_private: true, api_key_env: UP_KEY } }
models: { held: { provider: up }, gone: { provider: up } }
`;
  await writeFile(join(folder, "config.yaml"), config);
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, UP_KEY: key };
  const run = Bun.spawn([await binary(), "check", "--live", ...args], {
    env,
    cwd: folder,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(run.stdout).text(),
    new Response(run.stderr).text(),
    run.exited,
  ]);
  return { code, out: out + err };
}

test("a key that is taken: what is listed and what is not, and 0", async () => {
  const { code, out } = await check(SECRET);
  expect(out).toMatch(/up\/default\/held +127\.0\.0\.1:\d+ +ok +yes +no/);
  expect(out).toMatch(/up\/default\/gone +127\.0\.0\.1:\d+ +ok +no +no/);
  expect(out).not.toContain(SECRET);
  expect(code).toBe(0);
  expect(heads.splice(0)).toEqual(["GET /v1/models"]);
});

test("a key that is refused: 1, in JSON too, and never the key", async () => {
  const { code, out } = await check("sk-test-canary-of-another-one", ["--json"]);
  expect(code).toBe(1);
  expect(out).not.toContain("canary");
  expect(JSON.parse(out).live).toMatchObject([
    { lane: "up/default/held", key: "refused", because: "status 401", listed: null },
    { lane: "up/default/gone", key: "refused" },
  ]);
});
