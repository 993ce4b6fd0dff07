/** What the tests of the configuration share: a small catalog, a file that has nothing wrong with it, and ways to spoil it. */

import type { Loaded } from "../../src/config/finish-load.ts";
import { loadFromText } from "../../src/config/load.ts";
import type { Problem } from "../../src/config/problem.ts";

export const CATALOG = `
acme: { protocol: openai, base_url: "https://api.acme.invalid/" }
beta: { protocol: anthropic, base_url: "https://api.beta.invalid", error_map: { "1113": billing, slow: overloaded } }
delta: { protocol: gemini, base_url: "https://api.delta.invalid" }
local: { protocol: openai, base_url: "http://127.0.0.1:9", allow_private: true }
models:
  big-1: { aliases: [acme/big-1, Big-One], capabilities: { context_window: 100000, tools: true, tier: frontier } }
  small-1: { capabilities: { tier: fast } }
`;

export const ENV: Readonly<Record<string, string>> = {
  ACME_KEY: "test-key-1",
  BETA_KEY: "test-key-2",
  TOKEN: "test-token-1",
  SLOTS: "7",
  EMPTY: "",
  BROKEN: "two\nlines",
};

/** Line 2 is `providers:`, so that snippets put after it have lines that can be counted. */
export const BASE = `
providers:
  acme: { api_key_env: ACME_KEY }
  beta: { api_key_env: BETA_KEY }
models:
  big: { provider: acme, upstream_model: big-1 }
  small: { provider: beta, upstream_model: small-1 }
`;

export interface LoadOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly catalog?: string;
}

export function load(config: string, options: LoadOptions = {}): Loaded {
  const files = options.files ?? {};
  return loadFromText({
    config,
    providers: options.catalog ?? CATALOG,
    env: options.env ?? ENV,
    baseDir: "/etc/ringmain",
    readFile: (path) => (Object.hasOwn(files, path) ? (files[path] ?? null) : null),
  });
}

/** The deployment of a file that must have no error. */
export function deploy(config: string, options: LoadOptions = {}) {
  const { deployment, problems } = load(config, options);
  if (deployment === null) throw new Error(problems.map(brief).join("\n"));
  return deployment;
}

/** `error models.big.provider: …` without its place. */
export function brief(problem: Problem): string {
  return `${problem.severity} ${problem.path}: ${problem.message}`;
}

export function errorsOf(loaded: Loaded): readonly Problem[] {
  return loaded.problems.filter((problem) => problem.severity === "error");
}
