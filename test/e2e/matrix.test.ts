// `ringmain matrix` in the compiled binary: the pinned table is inside it.
import { expect, test } from "bun:test";
import { runCommand } from "../harness/binary.ts";

test("the binary prints the grid of its pinned table", async () => {
  const { code, stdout, stderr } = await runCommand(["matrix"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("CLIENT \\ LANE");
  expect(stdout).toContain("All of it as pinned.");
}, 60_000);

test("--json and --pair too", async () => {
  const { code, stdout } = await runCommand(["matrix", "--json", "--pair", "anthropic>openai"]);
  const { ok, pairs } = JSON.parse(stdout);
  expect([code, ok]).toEqual([0, true]);
  expect(pairs.map(({ kind }: { kind: string }) => kind)).toEqual(["requests", "responses", "streams"]);
}, 60_000);
