/** From two files to a deployment, or to everything that is wrong with them, at once. */
import { dirname } from "node:path";
import { type Catalog, embeddedCatalog } from "./catalog.ts";
import { extendCatalog } from "./catalog-extend.ts";
import { readCatalog } from "./catalog-file.ts";
import { EMBEDDED } from "./find.ts";
import { envReader, finishLoad, type Loaded, type ReadFile } from "./finish-load.ts";
import type { ReadEnv } from "./interpolate.ts";
import type { Problem } from "./problem.ts";
import { salvage } from "./salvage.ts";
import { type ConfigFile, configSchema } from "./schema.ts";
import { problemsOf } from "./schema-problems.ts";
import { prepare } from "./schema-walk.ts";
import type { Source } from "./source.ts";
import { readYaml } from "./yaml-tree.ts";

export interface LoadInput {
  readonly configPath: string;
  /** A path, or `embedded`. */
  readonly providersPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Null: not there or not readable. */
  readonly readFile: ReadFile;
  /** Where each fact about a model comes from is told as well. */
  readonly wantsFacts?: boolean;
}

export function loadDeployment({ configPath, providersPath, env, readFile, wantsFacts = false }: LoadInput): Loaded {
  const configText = readFile(configPath);
  const providersText = providersPath === EMBEDDED ? null : readFile(providersPath);
  const unreadable = [
    ...(configText === null ? [unreadableFile(configPath)] : []),
    ...(providersPath !== EMBEDDED && providersText === null ? [unreadableFile(providersPath)] : []),
  ];
  if (configText === null || unreadable.length > 0) return { deployment: null, problems: unreadable };
  return loadFromText({
    config: configText,
    configFile: configPath,
    providers: providersText,
    providersFile: providersPath,
    baseDir: dirname(configPath),
    env,
    readFile,
    wantsFacts,
  });
}

export interface LoadTextInput {
  readonly config: string;
  /** What problems call it; `config.yaml` unless told. */
  readonly configFile?: string;
  /** Text of a catalog; null or absent: the one inside the program. */
  readonly providers?: string | null;
  readonly providersFile?: string;
  /** What relative paths inside start from; `.` unless told. */
  readonly baseDir?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads key files and certificates; without it there are none. */
  readonly readFile?: ReadFile;
  readonly wantsFacts?: boolean;
}

export function loadFromText(input: LoadTextInput): Loaded {
  const readEnv = envReader(input.env);
  const source = readYaml({ file: input.configFile ?? "config.yaml", text: input.config, readEnv });
  const { config, shape } = readShape(source);
  const catalog = catalogOf(input, readEnv, config?.catalog ?? "extend");
  return finishLoad({
    config,
    source,
    catalog,
    problems: [...catalog.problems, ...source.problems, ...shape],
    readEnv,
    readFile: input.readFile ?? (() => null),
    baseDir: input.baseDir ?? ".",
    wantsFacts: input.wantsFacts ?? false,
  });
}

function catalogOf(input: LoadTextInput, readEnv: ReadEnv, how: "extend" | "replace"): Catalog {
  const text = input.providers ?? null;
  if (text === null) return embeddedCatalog();
  const own = readCatalog({ file: input.providersFile ?? "providers.yaml", text, readEnv });
  return how === "replace" ? own : extendCatalog(own, embeddedCatalog());
}

/** `config` is what is left without the mistakes; null: nothing is. */
function readShape(source: Source): { readonly config: ConfigFile | null; readonly shape: readonly Problem[] } {
  // A file of comments alone is an empty mapping, which then says what it lacks.
  const tree = prepare(source.root ?? {}, configSchema, source);
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) return { config: parsed.data, shape: [] };
  // A file that could not be read has told so, and lacks everything.
  if (source.root === null && source.problems.length > 0) return { config: null, shape: [] };
  const config = salvage(tree, configSchema, { providers: {}, models: {} });
  return { config, shape: problemsOf(parsed.error.issues, configSchema, source) };
}

function unreadableFile(file: string): Problem {
  const message = "cannot be read; check that it exists and that this user may read it";
  return { file, line: 1, column: 1, path: "", message, suggestion: null, severity: "error" };
}
