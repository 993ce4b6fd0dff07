// How this program is started as a worker.
import { expect, test } from "bun:test";
import { workerCommand } from "../../src/process/worker-process.ts";

test.each([
  ["/usr/bin/ringmain", "/$bunfs/root/ringmain", ["/usr/bin/ringmain", "worker"]],
  ["C:\\ringmain.exe", "B:\\~BUN\\root\\ringmain.exe", ["C:\\ringmain.exe", "worker"]],
  ["/usr/bin/bun", "/src/main.ts", ["/usr/bin/bun", "--no-env-file", "/src/main.ts", "worker"]],
])("a program %s with %s starts its workers as itself", (execPath, main, command) => {
  expect(workerCommand({ execPath, main })).toEqual(command);
});
