/** Compares text with a file beside the test; `UPDATE_GOLDEN=1` writes the file instead, and people read the difference. */

import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";

export function expectGolden(file: URL, text: string): void {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}
