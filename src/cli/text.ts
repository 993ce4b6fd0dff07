/** What the commands share of speaking to people: exit codes, the reading of options, tables of words. */
import { relative } from "node:path";
import type { CliIo } from "./io.ts";

/** 0: done. 1: it could not be done, or something is wrong with the configuration. 2: the command was called wrongly. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** Says why nothing was done; `message` is a sentence. */
export function failed(message: string, io: CliIo): number {
  io.err(`${message}\n`);
  return EXIT.failed;
}

/** As the operator would type it: relative where that is shorter. */
export function nameFor(path: string, io: CliIo): string {
  const near = relative(io.cwd, path);
  return near === "" || near.startsWith("..") || path.startsWith("providers.yaml (") ? path : near;
}

interface OptionNames {
  /** Options that stand alone, such as `--json`. */
  readonly flags: readonly string[];
  /** Options that are followed by a value, such as `--config`. */
  readonly values: readonly string[];
}

export type Options =
  | { readonly kind: "options"; readonly flags: ReadonlySet<string>; readonly values: ReadonlyMap<string, string> }
  /** `message` is a sentence for the person who typed it. */
  | { readonly kind: "usage"; readonly message: string };

/** Reads `--flag`, `--name value` and `--name=value`; anything else is refused by name. The last of two values wins. */
export function readOptions(args: readonly string[], known: OptionNames): Options {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    if (known.flags.includes(word)) flags.add(word);
    else if (known.values.includes(name)) {
      const value = equals < 0 ? args[at + 1] : word.slice(equals + 1);
      if (equals < 0) at += 1;
      if (value === undefined || value === "") return { kind: "usage", message: `${name} needs a value after it.` };
      values.set(name, value);
    } else {
      const all = [...known.values, ...known.flags].join(", ");
      return { kind: "usage", message: `${JSON.stringify(word)} is not understood here; known are ${all}.` };
    }
  }
  return { kind: "options", flags, values };
}

/** Columns as wide as their widest cell, two spaces apart, no space at the end of a line. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  }
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
