// What is allocated for one request stays within what was reached last. The figure is the code's, whatever the machine does beside.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { binary } from "../../harness/binary.ts";

const ROOT = join(import.meta.dir, "..", "..", "..");

test.skipIf(process.platform !== "linux")(
  "the gate of the benchmark holds what is allocated, by token and by key",
  async () => {
    const program = await binary();
    const words = ["--gate", "--quick", "--rows", "allocated", "--program", program];
    const run = Bun.spawn([process.execPath, join(ROOT, "scripts", "bench"), ...words], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [said, complaints, code] = await Promise.all([run.stdout.text(), run.stderr.text(), run.exited]);
    expect(`${said}${complaints}`).toContain("Ringmain, key");
    expect({ code, failed: complaints.match(/^failed: .*$/gm) ?? [] }).toEqual({ code: 0, failed: [] });
  },
  110_000,
);
