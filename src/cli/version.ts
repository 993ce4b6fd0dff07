/** `ringmain version`: which program this is, in one line a script can take apart. */
import { buildInfo } from "../build-info.ts";
import type { CliIo } from "./io.ts";
import { EXIT } from "./text.ts";

export function version(_args: readonly string[], io: CliIo): number {
  io.out(`ringmain ${buildInfo.version} (${buildInfo.commit})\n`);
  return EXIT.fine;
}
