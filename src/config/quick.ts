/**
 * The short way from a configuration to a deployment, for files that are written plainly and hold no mistake of form: nearly
 * all, at nearly every start. Whatever it cannot settle is for the long way (index.ts), which loads zod and yaml and takes 60 ms.
 */
import { dirname } from "node:path";
import { embeddedCatalog } from "./catalog.ts";
import { EMBEDDED } from "./find.ts";
import { envReader, finishLoad, type Loaded } from "./finish-load.ts";
import type { LoadInput } from "./load.ts";
import { readPlainYaml } from "./plain-yaml.ts";
import type { ConfigFile } from "./schema.ts";
import { fit } from "./shape.ts";
import { configShape } from "./shape-of.ts" with { type: "macro" };

const SHAPE = configShape();

/** The same as the long way says, to the last word. Null: only that one can tell. */
export function loadQuick({ configPath, providersPath, env, readFile }: LoadInput): Loaded | null {
  const text = readFile(configPath);
  if (text === null || providersPath !== EMBEDDED) return null;
  const readEnv = envReader(env);
  const source = readPlainYaml({ file: configPath, text, readEnv });
  const fitted = source === null ? undefined : fit(source.root, SHAPE);
  if (source === null || fitted === undefined) return null;
  const config = fitted as ConfigFile; // what fits the table fits the schema it was made of; a test compares the two
  const catalog = embeddedCatalog();
  return finishLoad({ config, source, catalog, problems: [], readEnv, readFile, baseDir: dirname(configPath) });
}
