/** Lines for the operator as JSON, in the form of the log: those of the program itself, beside what workers log. */
import type { Deployment } from "../ir/deployment.ts";
import { createLog, type LogFields } from "../observability/log.ts";

export type OperatorLevel = "error" | "warning" | "info";

/** `write` takes one line, its newline included. Every level is shown, as without JSON. */
export function jsonLines(
  { revision }: Deployment,
  options: { readonly wallMs: () => number; readonly write: (line: string) => void },
): (level: OperatorLevel, line: string, fields?: LogFields) => void {
  const log = createLog({ ...options, level: "debug", format: "json", revision });
  return (level, line, fields = {}) => log[level === "warning" ? "warn" : level](line, fields);
}
