// Half an hour of mixed load on the compiled gateway, or as many minutes as are given: npm run soak -- 60
import { join } from "node:path";

const minutes = Number(process.argv[2] ?? 30);
if (!(minutes > 0)) throw new Error("usage: npm run soak -- [minutes]");
const child = Bun.spawn([process.execPath, "--no-env-file", "test", "test/suites/soak/memory.test.ts"], {
  cwd: join(import.meta.dir, ".."),
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, SOAK_MINUTES: String(minutes) },
  timeout: (minutes + 5) * 60_000,
});
process.exitCode = await child.exited;
