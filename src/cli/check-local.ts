/** Servers of models on this machine that a configuration uses: whether they run, and what they do not have. Sends nothing but one question. */
import { normal } from "../ir/canonical.ts";
import type { Deployment } from "../ir/deployment.ts";
import type { CliIo } from "./io.ts";
import { isLoopback, LIST_PATHS, readTags } from "./local-server.ts";

export interface LocalState {
  readonly provider: string;
  readonly url: string;
  readonly runs: boolean;
  /** Models of the configuration that it does not have; empty where it does not run. */
  readonly lacks: readonly string[];
}

export async function askLocals({ providers, lanes }: Deployment, { getLocal }: CliIo): Promise<readonly LocalState[]> {
  if (getLocal === undefined) return [];
  const asked = Object.values(providers).map(async ({ name, baseUrl: url }): Promise<LocalState[]> => {
    const path = LIST_PATHS.get(name);
    const wanted = Object.values(lanes).flatMap(({ provider, upstreamModel }) =>
      provider === name ? upstreamModel : [],
    );
    if (path === undefined || !isLoopback(url) || wanted.length === 0) return [];
    const text = await getLocal(url + path);
    const names = text === null ? null : readTags(text);
    const has = new Set((names ?? []).map(plain));
    const lacks = names === null ? [] : [...new Set(wanted)].filter((each) => !has.has(plain(each)));
    return [{ provider: name, url, runs: names !== null, lacks }];
  });
  return (await Promise.all(asked)).flat();
}

export function localText(states: readonly LocalState[]): string {
  return states
    .map(({ provider, url, runs, lacks }) => {
      if (!runs) return `${provider}: nothing answers at ${url}; start it before its models are asked.\n`;
      if (lacks.length === 0) return `${provider}: runs at ${url} and has all of its models.\n`;
      return `${provider}: runs at ${url} and lacks ${lacks.join(", ")}; pull what is missing, or correct the name.\n`;
    })
    .join("");
}

/** `model` and `model:latest` are one. */
function plain(name: string): string {
  return normal(name).replace(/:latest$/, "");
}
