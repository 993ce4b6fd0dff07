/** `ringmain worker`: the supervisor starts it, people do not. Ends its process by itself. */
import { runWorker } from "../process/worker.ts";
import type { CliIo } from "./io.ts";
import { EXIT } from "./text.ts";

export function worker(_args: readonly string[], io: CliIo): Promise<number> {
  if (process.send === undefined) {
    io.err('"worker" is started by "ringmain serve" only.\n');
    return Promise.resolve(EXIT.usage);
  }
  runWorker();
  return new Promise<number>(() => undefined); // the process ends where its work ends
}
