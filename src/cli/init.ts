/**
 * `ringmain init`: looks which vendors' keys are in the environment and writes a configuration that uses them. It listens on
 * this machine only and still asks for a token: a page in a browser can reach 127.0.0.1, and keys spend money.
 */
import { randomBytes } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { renderConfig } from "./init-file.ts";
import { lookAround, type Surroundings } from "./init-look.ts";
import type { CliIo } from "./io.ts";
import { EXIT, readOptions } from "./text.ts";

export const INIT_USAGE = `Usage: ringmain init [--config FILE] [--force]

Writes config.yaml (or FILE) for the vendors whose keys are in the environment and the models
of an Ollama on this machine.
--force overwrites a file that is there.
`;

/** 160 bits: too many to guess. */
const TOKEN_BYTES = 20;

export async function init(args: readonly string[], io: CliIo): Promise<number> {
  const options = readOptions(args, { flags: ["--force", "--help", "-h"], values: ["--config"] });
  if (options.kind === "usage") {
    io.err(`${options.message}\n\n${INIT_USAGE}`);
    return EXIT.usage;
  }
  if (options.flags.has("--help") || options.flags.has("-h")) {
    io.out(INIT_USAGE);
    return EXIT.fine;
  }
  const path = resolve(io.cwd, options.values.get("--config") ?? "config.yaml");
  const name = relative(io.cwd, path) || path;
  const force = options.flags.has("--force");
  if (!force && existsSync(path)) {
    io.err(`${name} is there already; --force overwrites it.\n`);
    return EXIT.failed;
  }
  const { embeddedCatalog } = await import("../config/catalog.ts");
  const catalog = embeddedCatalog();
  const found = await lookAround(catalog, io);
  const token = `rm-${randomBytes(TOKEN_BYTES).toString("hex")}`;
  const reason = write(
    path,
    renderConfig(found, token, (id) => catalog.findModel(id) !== null),
    force,
  );
  if (reason !== null) {
    io.err(`${name} could not be written: ${reason}\n`);
    return EXIT.failed;
  }
  io.out(report(name, found, token));
  return EXIT.fine;
}

/** Readable by its owner only, for it holds a token. Null: written; else a sentence part. */
function write(path: string, text: string, force: boolean): string | null {
  try {
    if (!force) writeFileSync(path, text, { flag: "wx", mode: 0o600 });
    else {
      // Written beside it first: a full disk must not cost the old file.
      const draft = `${path}.new`;
      writeFileSync(draft, text, { mode: 0o600 });
      renameSync(draft, path);
    }
    return null;
  } catch (trouble) {
    return trouble instanceof Error ? trouble.message : String(trouble);
  }
}

function report(name: string, { used, notes }: Surroundings, token: string): string {
  const lines = [`Wrote ${name}.`];
  const hasModels = used.some(({ models }) => models.length > 0);
  if (used.length > 0) lines.push(`Uses ${used.map((each) => `${each.provider} (${each.by})`).join(", ")}.`);
  if (!hasModels)
    lines.push(
      "No vendor's key that a starting model is known for was found in the environment; the file explains how to add one.",
    );
  lines.push(...notes);
  lines.push(
    "Clients authenticate with this token; it stands in the file, and the variable, where set, takes its place:",
  );
  lines.push(`  export RINGMAIN_TOKEN=${token}`);
  lines.push(
    hasModels
      ? 'Next: "ringmain check", then "ringmain serve".'
      : "Next: export a key and run this again with --force, or fill in the file.",
  );
  return `${lines.join("\n")}\n`;
}
