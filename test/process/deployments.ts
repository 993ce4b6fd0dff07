/** The smallest deployments a process test needs. */

import { loadFromText } from "../../src/config/load.ts";
import type { Deployment, Lane } from "../../src/ir/deployment.ts";

/** One lane per entry, with that many slots. */
export function deploymentOf(options: {
  readonly slots: readonly number[];
  readonly workers?: number;
  readonly maxRequests?: number;
  readonly port?: number;
}): Deployment {
  const { deployment, problems } = loadFromText({
    config: `
listen: "127.0.0.1:${options.port ?? 0}"
drain_secs: 2
health: { keep: false }
providers:
  local: { protocol: openai, base_url: "http://127.0.0.1:9", allow_private: true, api_key_env: LOCAL_KEY }
models:
${options.slots.map((slots, index) => `  model-${index}: { provider: local, upstream_model: m${index}, max_concurrent: ${slots} }`).join("\n")}
`,
    env: { LOCAL_KEY: "test-key-1" },
  });
  if (deployment === null) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  const lanes = Object.entries(deployment.lanes).map(([id, lane]): [string, Lane] => [
    id,
    { ...lane, maxRequests: options.maxRequests ?? null },
  ]);
  return { ...deployment, workers: options.workers ?? 1, lanes: Object.fromEntries(lanes) };
}
