/** Golden files of this folder: exact bytes; `UPDATE_GOLDEN=1` rewrites them, people read the difference. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";

const FOLDER = new URL("./golden/", import.meta.url);

export function readGolden(name: string): string {
  return readFileSync(new URL(name, FOLDER), "utf8");
}

export function expectGolden(name: string, found: string): void {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(new URL(name, FOLDER), found);
  expect(found).toBe(readGolden(name));
}
