/** The end of every reading: what has the right shape is checked, and becomes a deployment when nothing is wrong with it. */
import { resolve as resolveFrom } from "node:path";
import type { Deployment } from "../ir/deployment.ts";
import type { Catalog } from "./catalog.ts";
import { check } from "./check.ts";
import { type ModelFacts, modelFacts } from "./fact-sources.ts";
import { namesIn } from "./findings.ts";
import type { ReadEnv } from "./interpolate.ts";
import { hasErrors, type Problem, sortProblems } from "./problem.ts";
import { resolve } from "./resolve.ts";
import type { ConfigFile } from "./schema.ts";
import type { Source } from "./source.ts";

export interface Loaded {
  /** null: there is at least one error among the problems. */
  readonly deployment: Deployment | null;
  /** Sorted by file and line; warnings stand beside a deployment too. */
  readonly problems: readonly Problem[];
  /** Where facts about models come from; absent: they were not asked for, or there is no deployment. */
  readonly facts?: readonly ModelFacts[];
}

export type ReadFile = (path: string) => string | null;

interface FinishLoadInput {
  /** The file without the parts the schema refused; null: the schema refused all of it. */
  readonly config: ConfigFile | null;
  readonly source: Source;
  readonly catalog: Catalog;
  /** What was found so far. */
  readonly problems: readonly Problem[];
  readonly readEnv: ReadEnv;
  readonly readFile: ReadFile;
  /** What relative paths inside start from. */
  readonly baseDir: string;
  /** Where each fact about a model comes from is asked too. */
  readonly wantsFacts?: boolean;
}

export function finishLoad({ config, source, catalog, readEnv, readFile, baseDir, ...found }: FinishLoadInput): Loaded {
  const resolvePath = (path: string) => resolveFrom(baseDir, path);
  const problems = [...found.problems];
  // A catalog that could not be read would make every provider look unknown.
  const catalogStands = catalog.providers.size > 0 || !hasErrors(catalog.problems);
  if (config !== null && catalogStands) {
    problems.push(
      ...check({ config, source, catalog, readEnv, readFile, resolvePath, names: namesIn(source) }, found.problems),
    );
  }
  const sorted = sortProblems(problems);
  if (config === null || hasErrors(sorted)) return { deployment: null, problems: sorted };
  const warnings = sorted.map((problem) => `${problem.path}: ${problem.message}`);
  const deployment = resolve({ config, source, catalog, resolvePath }, warnings);
  return {
    deployment,
    problems: sorted,
    ...(found.wantsFacts === true ? { facts: modelFacts({ config, catalog, deployment }) } : {}),
  };
}

/** A variable that is inherited by every object is none. */
export function envReader(env: Readonly<Record<string, string | undefined>>): ReadEnv {
  return (name) => (Object.hasOwn(env, name) ? env[name] : undefined);
}
