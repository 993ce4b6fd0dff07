#!/usr/bin/env bun
// From the words of the command line to a command, and from its result to the exit code; nothing else. Commands are
// loaded when they are asked for, so that none of them pays for another.
import type { CliIo } from "./cli/io.ts";
import { systemIo } from "./cli/system-io.ts";

type Command = (args: readonly string[], io: CliIo) => number | Promise<number>;

const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map<string, () => Promise<Command>>([
  ["serve", async () => (await import("./cli/serve.ts")).serve],
  ["worker", async () => (await import("./cli/worker.ts")).worker],
  ["check", async () => (await import("./cli/check.ts")).check],
  ["display", async () => (await import("./cli/display.ts")).display],
  ["demo", async () => (await import("./cli/demo.ts")).demo],
  ["keys", async () => (await import("./cli/keys.ts")).keys],
  ["lanes", async () => (await import("./cli/lanes.ts")).lanes],
  ["usage", async () => (await import("./cli/usage.ts")).usage],
  ["explain", async () => (await import("./cli/explain.ts")).explain],
  ["init", async () => (await import("./cli/init.ts")).init],
  ["matrix", async () => (await import("./cli/matrix.ts")).matrix],
  ["version", async () => (await import("./cli/version.ts")).version],
  ["--version", async () => (await import("./cli/version.ts")).version],
  ["-V", async () => (await import("./cli/version.ts")).version],
  ["help", async () => (await import("./cli/help.ts")).help],
  ["--help", async () => (await import("./cli/help.ts")).help],
  ["-h", async () => (await import("./cli/help.ts")).help],
]);

// Without a word it serves, as a program started by a service manager is expected to.
const [word = "serve", ...rest] = process.argv.slice(2);
const [about = ""] = rest;
// "help init" is another way to say "init --help".
const [name, args] = word === "help" && COMMANDS.has(about) ? [about, ["--help"]] : [word, rest];
const load = COMMANDS.get(name);
const command = load === undefined ? (await import("./cli/help.ts")).unknownCommand(name) : await load();
process.exitCode = await command(args, systemIo);
