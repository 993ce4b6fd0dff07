/** A command run in the test's own process: what it printed, and how it ended. */
import type { CliIo } from "../../src/cli/io.ts";

export async function captured(
  surroundings: Pick<CliIo, "env" | "cwd" | "getLocal">,
  run: (io: CliIo) => Promise<number> | number,
): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const io = {
    ...surroundings,
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
  };
  const code = await run(io);
  return { code, out, err };
}
