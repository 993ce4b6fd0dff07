/**
 * The options a Gemini model refuses, by its name. A client of another protocol cannot know them, and its request must
 * not be refused for them. Clients of this protocol get what they wrote.
 *
 * Sources, read 2026-11-27: ai.google.dev/gemini-api/docs/thinking (levels and budgets by model, which cannot stop),
 * .../thought-signatures (3 and later demand them), .../structured-output (JSON Schema from 2.5 on; beside tools from 3
 * on), .../function-calling (media in results from 3 on), .../media-resolution (per part from 3 on).
 */
import type { LevelWord } from "./wire.ts";

export interface ModelRules {
  /** How thinking is asked for. `both`: unknown, and each is written as it was asked. */
  readonly thinking: "none" | "budget" | "level" | "both";
  /** Level words in rising order. */
  readonly levels: readonly LevelWord[];
  /** Budgets beside 0 (off) and -1 (the model decides). Tokens. */
  readonly budget: { readonly min: number; readonly max: number };
  readonly mayStopThinking: boolean;
  /** Takes JSON Schema; others only the OpenAPI subset. */
  readonly jsonSchema: boolean;
  /** Takes a schema for the answer and tools in one request. */
  readonly schemaBesideTools: boolean;
  /** Takes images and files inside tool results, and a resolution for each. */
  readonly mediaInResults: boolean;
  /** Refuses calls of the current turn without a signature. */
  readonly signedCalls: boolean;
}

/** A name that is no Gemini's: a tuned model, or a compatible server, which is sent what the newest models take. */
const UNKNOWN: ModelRules = {
  thinking: "both",
  levels: ["MINIMAL", "LOW", "MEDIUM", "HIGH"],
  budget: { min: 0, max: 65_536 },
  mayStopThinking: true,
  jsonSchema: true,
  schemaBesideTools: true,
  mediaInResults: true,
  signedCalls: false,
};

/** `gemini-3.1-pro-preview`, `gemini-2.5-flash-lite`, `models/gemini-3-flash`; never a date. */
const VERSION = /gemini-(\d)(?:[.-](\d))?(?!\d)/;
/** An alias of a current model: `gemini-flash-latest`. */
const CURRENT = /gemini-(pro|flash|flash-lite)(-latest)?$/;

export function rulesOf(model: string): ModelRules {
  const name = model.toLowerCase();
  const match = VERSION.exec(name);
  if (match === null) return CURRENT.test(name) ? THIRD : UNKNOWN;
  const version = Number(match[1]) * 10 + Number(match[2] ?? 0);
  if (version >= 30) return name.includes("pro") ? { ...THIRD, levels: proLevels(version) } : THIRD;
  if (version >= 25) return { ...SECOND, ...secondBudget(name) };
  return { ...SECOND, thinking: "none", jsonSchema: false };
}

function proLevels(version: number): readonly LevelWord[] {
  return version >= 31 ? ["LOW", "MEDIUM", "HIGH"] : ["LOW", "HIGH"];
}

function secondBudget(name: string): Pick<ModelRules, "budget" | "mayStopThinking"> {
  if (name.includes("pro")) return { budget: { min: 128, max: 32_768 }, mayStopThinking: false };
  return { budget: { min: name.includes("lite") ? 512 : 1, max: 24_576 }, mayStopThinking: true };
}

const THIRD: ModelRules = { ...UNKNOWN, thinking: "level", mayStopThinking: false, signedCalls: true };
const SECOND: ModelRules = {
  ...UNKNOWN,
  thinking: "budget",
  schemaBesideTools: false,
  mediaInResults: false,
  signedCalls: false,
};
