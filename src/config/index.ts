/**
 * Configuration: finds the two YAML files, says everything that is wrong with them and where, and makes of them the
 * deployment that the other rooms read. It never connects to anything and never prints a secret.
 */
export { embeddedCatalog } from "./catalog.ts";
export { fileExists, readFileOrNull } from "./files.ts";
export { type FindInput, type Found, findConfig } from "./find.ts";
export { type LoadInput, type LoadTextInput, loadDeployment, loadFromText } from "./load.ts";
export { formatProblem, hasErrors, type Problem } from "./problem.ts";
export type { Loaded, ReadFile } from "./settle.ts";
