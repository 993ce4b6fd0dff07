/** What the runtime's sockets tell of a connection that could not be made. */
import { expect, test } from "bun:test";
import { startRawServer } from "../harness/raw-server.ts";

/** Takes every descriptor there is, then connects. */
const CHILD = `
  import { openSync } from "node:fs";
  const { realConnect } = await import(process.argv[1]);
  try { for (;;) openSync("/dev/null", "r"); } catch {}
  const never = () => undefined;
  const events = { stood: () => process.exit(0), received: never, drained: never, closed: never };
  realConnect({ host: process.argv[2], port: Number(process.argv[3]), tls: null }, {
    ...events,
    failed: (code) => { console.log(code); process.exit(0); },
  });
`;

test.each(["127.0.0.1", "localhost"])("no descriptor left is our own trouble, not a refusal by %s", async (host) => {
  const server = await startRawServer(() => undefined);
  const module = new URL("../../src/process/real-connect.ts", import.meta.url).pathname;
  const child = Bun.spawn({
    cmd: [
      "/bin/sh",
      "-c",
      'ulimit -n 64; exec "$@"',
      "sh",
      process.execPath,
      "-e",
      CHILD,
      module,
      host,
      `${server.port}`,
    ],
    stdout: "pipe",
    stderr: "pipe",
  });
  expect((await new Response(child.stdout).text()).trim()).toBe("EMFILE");
  await server.close();
});
