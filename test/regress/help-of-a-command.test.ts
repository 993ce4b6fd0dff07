// "ringmain help init" printed the list of commands, as if it had not been told which one.
import { expect, test } from "bun:test";
import { runProgram } from "../cli/program.ts";

test("help with a command is that command's help", async () => {
  await using program = runProgram(["help", "init"]);
  expect(await program.exited).toBe(0);
  expect(program.out()).toStartWith("Usage: ringmain init");
});

test("help alone lists them", async () => {
  await using program = runProgram(["help"]);
  expect(await program.exited).toBe(0);
  expect(program.out()).toContain("ringmain [COMMAND]");
});
