/**
 * What `ringmain serve` tells its operator: text until the configuration is read, and from then on text or JSON, as
 * `log.format` says.
 */
import type { Deployment } from "../ir/deployment.ts";
import type { OperatorLevel } from "../process/operator-lines.ts";
import type { CliIo } from "./io.ts";

export interface Operator {
  /** A sentence, to the standard error. */
  say(level: OperatorLevel, line: string): void;
  /** What is served, to the standard output: a sentence, and what only people read. */
  greet(line: string, facts: Readonly<Record<string, string | number>>, table: string): void;
  /** The configuration is read. */
  speakAs(deployment: Deployment): Promise<void>;
}

export function createOperator(io: CliIo): Operator {
  let say = (level: OperatorLevel, line: string): void => io.err(`[${level === "warning" ? "warn" : level}] ${line}\n`);
  let greet: Operator["greet"] = (line, _facts, table) => io.out(`${line}\n${table}`);
  return {
    say: (level, line) => say(level, line),
    greet: (line, facts, table) => greet(line, facts, table),
    async speakAs(deployment) {
      if (deployment.log.format !== "json") return;
      // Only where it is asked for: what is loaded before the first worker serves is time.
      const { jsonLines } = await import("../process/operator-lines.ts");
      const wallMs = (): number => io.now?.() ?? 0;
      say = jsonLines(deployment, { wallMs, write: io.err });
      const out = jsonLines(deployment, { wallMs, write: io.out });
      greet = (line, facts) => out("info", line, facts);
    },
  };
}
