/** `ringmain display test`: a test picture on every display of the configuration, or on one, and what came back. */
import { prove } from "../displays/proof.ts";
import { createLogins } from "../process/displays.ts";
import { realEffects } from "../process/real-effects.ts";
import type { CliIo } from "./io.ts";
import { loadForServing } from "./serve-load.ts";
import { EXIT, readOptions } from "./text.ts";

export async function displayTest(args: readonly string[], io: CliIo): Promise<number> {
  const [first = ""] = args;
  const name = first === "" || first.startsWith("-") ? null : first;
  const rest = name === null ? args : args.slice(1);
  const options = readOptions(rest, { flags: [], values: ["--config", "--providers"] });
  if (options.kind === "usage") {
    io.err(`${options.message}\n`);
    return EXIT.usage;
  }
  const deployment = await loadForServing({ args: rest, listen: null }, io);
  if (deployment === null) return EXIT.failed;
  const wanted = deployment.displays.filter((display) => name === null || display.name === name);
  if (wanted.length === 0) {
    const known = deployment.displays.map((display) => display.name).join(", ");
    io.err(
      known === "" ? "The configuration has no displays.\n" : `There is no display ${name}; known are ${known}.\n`,
    );
    return EXIT.failed;
  }
  const effects = realEffects("own");
  const logins = createLogins(io.env, effects.nowMs);
  let isProven = true;
  for (const display of wanted) {
    const proof = await prove(display, logins(display), effects);
    isProven &&= proof.isProven;
    io.out(`${display.name}: ${proof.isProven ? "ok" : "FAILED"}\n${proof.said.map((line) => `  ${line}\n`).join("")}`);
  }
  return isProven ? EXIT.fine : EXIT.failed;
}
