/** `ringmain help`, and what is said to a command that does not exist. */
import { nearest } from "../std/nearest.ts";
import type { CliIo } from "./io.ts";
import { EXIT } from "./text.ts";

/** Commands by name, in the order of a first day; those that people do not type are left out. */
export const COMMANDS_SHOWN = {
  demo: "try it: the real gateway on simulated vendors, no key needed",
  init: "write a config.yaml for the vendors and local models that are found",
  check: "say everything that is wrong with the configuration",
  explain: "say where a request would go now, and why",
  serve: "serve (also without any command)",
  keys: "make, show, change and end virtual keys",
  lanes: "show how lanes stand; park, pin, order and reset them",
  usage: "show what was asked and what it cost",
  matrix: "show what crosses between every two protocols, and what is lost",
  display: "preview, test and list the clocks and panels of the configuration",
  version: "print the version",
  help: "print this",
} as const;

const HELP = `Ringmain: one URL in front of many LLM vendors.

Usage: ringmain [COMMAND] [OPTIONS]

${Object.entries(COMMANDS_SHOWN)
  .map(([name, about]) => `  ${name.padEnd(8)} ${about}\n`)
  .join("")}
"ringmain COMMAND --help" tells the options of a command.
Exit code: 0 done, 1 it could not be done, 2 wrong usage.
`;

export function help(_args: readonly string[], io: CliIo): number {
  io.out(HELP);
  return EXIT.fine;
}

/** A command that says that there is no such command. */
export function unknownCommand(name: string): (args: readonly string[], io: CliIo) => number {
  return (_args, io) => {
    const meant = nearest(name, Object.keys(COMMANDS_SHOWN));
    const hint = meant === null ? "" : ` Did you mean "${meant}"?`;
    io.err(`There is no command ${JSON.stringify(name)}.${hint} "ringmain help" lists what there is.\n`);
    return EXIT.usage;
  };
}
