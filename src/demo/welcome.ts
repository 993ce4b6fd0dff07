/** What the demo says at its start: where it is, how to call it, and what there is to see. */
import { POOLS, VENDORS } from "./scenery.ts";
import { TEMPERS } from "./temper.ts";

interface WelcomeInput {
  /** Of the gateway, without a trailing slash. */
  readonly url: string;
  readonly key: string;
}

export function welcome({ url, key }: WelcomeInput): string {
  const names = VENDORS.map(({ name }) => name.length);
  const width = Math.max(...names, ...POOLS.map(({ name }) => name.length));
  const row = (name: string, text: string) => `  ${name.padEnd(width)}  ${text}`;
  return [
    `Ringmain is running at ${url}`,
    "The gateway is the real one; the vendors behind it are simulated and some of them misbehave on purpose.",
    "",
    `The key is ${key}. Three ways to call it:`,
    "",
    `curl ${url}/v1/chat/completions -H 'authorization: Bearer ${key}' -H 'content-type: application/json' \\`,
    `  -d '{"model": "smart", "stream": true, "messages": [{"role": "user", "content": "Why is the sky blue?"}]}'`,
    "",
    `new OpenAI({ baseURL: "${url}/v1", apiKey: "${key}" }).chat.completions.create({`,
    `  model: "fast", messages: [{ role: "user", content: "What is 6 * 7?" }] })`,
    "",
    `ANTHROPIC_BASE_URL=${url} ANTHROPIC_AUTH_TOKEN=${key} ANTHROPIC_MODEL=exact claude`,
    "",
    "Pools (any model may be asked for by its own name too):",
    ...POOLS.map((pool) => row(pool.name, pool.says)),
    "",
    "Vendors:",
    ...VENDORS.map(({ name, protocol, temper, models }) =>
      row(name, `${TEMPERS[temper].says} (${protocol}: ${models.map((model) => model.name).join(", ")})`),
    ),
    "",
    `Figures: curl -H 'authorization: Bearer ${key}' ${url}/stats     Stop: Ctrl-C`,
    "",
  ].join("\n");
}
