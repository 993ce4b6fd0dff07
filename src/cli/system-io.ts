/** The real terminal for commands. Writes straight to the file descriptors: the runtime's streams take longer to set up than a start. */
import { codeOf } from "../std/describe-error.ts";
import type { CliIo } from "./io.ts";

const STDOUT = 1;
const STDERR = 2;

export const systemIo: CliIo = {
  out: (text) => write(STDOUT, text),
  err(text) {
    try {
      write(STDERR, text);
    } catch (error) {
      // No room for a complaint: on a full disk the gateway goes on.
      if (codeOf(error) === null) throw error;
    }
  },
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
  getLocal: async (url) => (await import("./local-server.ts")).getLocal(url),
};

/** A reader that has left (`| head`) is no reason to fail. */
function write(descriptor: number, text: string): void {
  // Loaded with the first word: a worker says none before it serves, and the module takes 2.5 ms.
  const { writeSync }: typeof import("node:fs") = require("node:fs");
  const bytes = Buffer.from(text, "utf8");
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  const code = codeOf(error);
  return code === "EPIPE" || code === "EAGAIN";
}
