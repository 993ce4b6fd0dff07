// `ringmain matrix` in the compiled binary: the corpus, the tables and the pinned losses are inside it.
import { expect, test } from "bun:test";
import { runCommand } from "../harness/binary.ts";

test("the binary prints the grid over its own corpus and finds it as pinned", async () => {
  const { code, stdout, stderr } = await runCommand(["matrix"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("CLIENT \\ LANE");
  expect(stdout).toContain("All of it as pinned.");
}, 300_000);

test("--json and --pair too", async () => {
  const { code, stdout } = await runCommand(["matrix", "--json", "--pair", "anthropic>openai"]);
  const { ok, pairs } = JSON.parse(stdout);
  expect([code, ok]).toEqual([0, true]);
  expect(pairs.map(({ kind }: { kind: string }) => kind)).toEqual(["requests", "responses", "streams"]);
}, 300_000);
