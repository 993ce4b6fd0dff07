/** A folder of golden files: exact bytes; `UPDATE_GOLDEN=1` rewrites them, people read the difference. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";

export interface GoldenFolder {
  readGolden(name: string): string;
  expectGolden(name: string, found: string): void;
}

/** The folder `golden` beside the module at this address. */
export function goldensBeside(moduleUrl: string): GoldenFolder {
  const folder = new URL("./golden/", moduleUrl);
  const readGolden = (name: string): string => readFileSync(new URL(name, folder), "utf8");
  return {
    readGolden,
    expectGolden(name, found) {
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(new URL(name, folder), found);
      expect(found).toBe(readGolden(name));
    },
  };
}
