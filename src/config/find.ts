/** Which two files this deployment is made of. The first place that has one wins; a place named on purpose must have it. */
import { dirname, isAbsolute, join, resolve } from "node:path";

export interface FindInput {
  /** Words of the command line; `--config X`, `--config=X` and the same for `--providers` are looked at. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
  /** What relative paths start from. */
  readonly cwd: string;
}

export interface ConfigLocation {
  /** null: there is none. */
  readonly config: string | null;
  /** `embedded`: the catalog inside the program. */
  readonly providers: string;
  /** Places looked at for config.yaml, in order, for the message that says where to put one. */
  readonly tried: readonly string[];
  /** Files named by an option or a variable that do not exist; fatal. */
  readonly explicitMissing: readonly string[];
}

export const EMBEDDED = "embedded";

const CONFIG_ENVS = ["RINGMAIN_CONFIG", "BUSBAR_CONFIG"];
const PROVIDERS_ENVS = ["RINGMAIN_PROVIDERS", "BUSBAR_PROVIDERS"];

export function findConfig({ argv, env, exists, cwd }: FindInput): ConfigLocation {
  const full = (path: string) => resolve(cwd, path);
  const named = (option: string, variables: readonly string[]) => {
    const path = optionValue(argv, option) ?? variables.map((name) => env[name]).find((value) => value) ?? null;
    return path === null ? null : full(path);
  };
  const shared = [...userFolder(env), "/etc/ringmain"];

  const namedConfig = named("--config", CONFIG_ENVS);
  const tried =
    namedConfig === null
      ? [full("config.yaml"), ...shared.map((folder) => join(folder, "config.yaml"))]
      : [namedConfig];
  const config = tried.find(exists) ?? null;

  const namedProviders = named("--providers", PROVIDERS_ENVS);
  const beside = config === null ? cwd : dirname(config);
  const places = [...new Set([beside, ...shared])].map((folder) => join(folder, "providers.yaml"));
  const providers = namedProviders ?? places.find(exists) ?? EMBEDDED;

  const explicitMissing = [namedConfig, namedProviders].filter((path) => path !== null && !exists(path)).map(String);
  return { config, providers, tried, explicitMissing };
}

/** The folder for a user's own configuration (XDG base directories); empty where the user has no home. */
function userFolder(env: FindInput["env"]): string[] {
  const xdg = env["XDG_CONFIG_HOME"];
  // A relative value is to be ignored, says the specification.
  if (xdg !== undefined && isAbsolute(xdg)) return [join(xdg, "ringmain")];
  const home = env["HOME"] ?? env["USERPROFILE"];
  return home ? [join(home, ".config", "ringmain")] : [];
}

/** The last one wins, as with most commands; an option without a value is for the command's own reading to refuse. */
function optionValue(argv: readonly string[], option: string): string | undefined {
  let value: string | undefined;
  argv.forEach((word, at) => {
    if (word.startsWith(`${option}=`)) value = word.slice(option.length + 1);
    else if (word === option) value = argv[at + 1] ?? value;
  });
  return value || undefined;
}
