// What each row may take. `max` is the aim that docs/benchmarks.md explains; `held` is what was reached last, with room
// for what builds differ by: a gate fails beyond it, and it is lowered when the code gets better.

export interface Budget {
  /** The contenders whose name begins so; "": all of them. */
  readonly contender: string;
  readonly of: "ratio" | "value";
  readonly max: number;
  /** Absent: `max` is what a gate asks for. */
  readonly held?: number;
}

/** The executable under measurement, as the rows name it. */
export const OURS = "Ringmain";
const TOKEN = `${OURS}, token`;
const KEY = `${OURS}, key`;

const ratio = (contender: string, max: number): Budget => ({ contender, of: "ratio", max });
const value = (contender: string, max: number, held?: number): Budget =>
  held === undefined ? { contender, of: "value", max } : { contender, of: "value", max, held };

export const BUDGETS: Readonly<Record<string, readonly Budget[]>> = {
  "request-1k-c16": [ratio(TOKEN, 2.6), ratio(KEY, 3.6)],
  "request-1k-c1": [ratio(TOKEN, 1.6)],
  "request-32k": [ratio(TOKEN, 3)],
  "request-translated": [ratio(OURS, 4.5)],
  "chunk-relayed": [ratio(TOKEN, 2.2)],
  "chunk-from-anthropic": [ratio(TOKEN, 3.5)],
  "chunk-from-openai": [ratio(TOKEN, 3.5)],
  allocated: [value(TOKEN, 15, 52), value(KEY, 20, 60)],
  start: [value(OURS, 35), ratio(OURS, 3)],
  "memory-idle": [value(OURS, 60)],
  "memory-streams": [value(OURS, 90)],
  "memory-stream": [value(OURS, 20)],
  lanes: [ratio("100 lanes", 1.15)],
  keys: [ratio("10,000 keys", 1.05)],
  cells: [ratio("dearest", 1.8)],
  translation: [ratio("", 5)],
};
