// What one request makes the runtime allocate may not grow: a property of the code more than of the machine, so that it can be
// held here, where times cannot.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { binary } from "../../harness/binary.ts";

const ROOT = join(import.meta.dir, "..", "..", "..");

test.skipIf(process.platform !== "linux")(
  "a request allocates no more than was reached",
  async () => {
    const bench = ["scripts/bench/index.ts", "--gate", "--quick", "--rows", "allocated", "--program", await binary()];
    const options = { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "inherit", timeout: 120_000 } as const;
    const run = Bun.spawn([process.execPath, ...bench], options);
    const said = await new Response(run.stdout).text();
    console.log(said.trim());
    expect(await run.exited).toBe(0);
  },
  150_000,
);
