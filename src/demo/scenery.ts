/** The simulated world as data: who the vendors are, what they sell, how they behave, and the pools over them. */
import type { PROTOCOLS } from "../protocols/index.ts";
import type { Temper } from "./temper.ts";

export interface DemoVendor {
  readonly name: string;
  readonly protocol: keyof typeof PROTOCOLS;
  readonly temper: Temper;
  /** Ids of its accounts; each gets a key of its own. */
  readonly accounts: readonly string[];
  readonly models: readonly DemoModel[];
}

export interface DemoModel {
  readonly name: string;
  readonly upstreamModel: string;
  readonly tier: "fast" | "frontier";
  /** Dollars for a million tokens. */
  readonly inputUsd: number;
  readonly outputUsd: number;
}

export interface DemoPool {
  readonly name: string;
  /** What it shows, for people. */
  readonly says: string;
  readonly members: readonly { readonly model: string; readonly weight: number }[];
  readonly keep: readonly "model"[];
  /** A member that is silent for longer is given up for another one; null: the general limit. */
  readonly firstByteMs: { readonly buffered: number; readonly streamed: number } | null;
}

const large = (name: string, upstreamModel: string, inputUsd: number): DemoModel => ({
  name,
  upstreamModel,
  tier: "frontier",
  inputUsd,
  outputUsd: 5 * inputUsd,
});

const small = (name: string, upstreamModel: string, inputUsd: number): DemoModel => ({
  name,
  upstreamModel,
  tier: "fast",
  inputUsd,
  outputUsd: 4 * inputUsd,
});

export const VENDORS: readonly DemoVendor[] = [
  {
    name: "nimbus",
    protocol: "openai",
    temper: "steady",
    accounts: ["personal", "team"],
    models: [large("nimbus-large", "nimbus-large-2026-05", 2), small("nimbus-small", "nimbus-small-2026-05", 0.2)],
  },
  {
    name: "atlas",
    protocol: "anthropic",
    temper: "steady",
    accounts: ["default"],
    models: [large("atlas-large", "atlas-large-4", 3), small("atlas-small", "atlas-small-4", 0.8)],
  },
  {
    name: "quill",
    protocol: "responses",
    temper: "steady",
    accounts: ["default"],
    models: [large("quill-large", "quill-large-5", 2.5)],
  },
  {
    name: "prism",
    protocol: "gemini",
    temper: "steady",
    accounts: ["default"],
    models: [large("prism-large", "prism-large-3", 1.5)],
  },
  {
    name: "coral",
    protocol: "cohere",
    temper: "steady",
    accounts: ["default"],
    models: [large("coral-large", "coral-large-08-2026", 2.2)],
  },
  {
    name: "bargain",
    protocol: "openai",
    temper: "flaky",
    accounts: ["default"],
    models: [large("bargain-large", "bargain-large-v2", 0.5)],
  },
  {
    name: "harbor",
    protocol: "anthropic",
    temper: "resetting",
    accounts: ["default"],
    models: [large("harbor-atlas-large", "atlas-large-4", 3.2)],
  },
  {
    name: "ration",
    protocol: "openai",
    temper: "limited",
    accounts: ["default"],
    models: [small("ration-small", "ration-small", 0.15)],
  },
  {
    name: "crowd",
    protocol: "anthropic",
    temper: "overloaded",
    accounts: ["default"],
    models: [small("crowd-small", "crowd-small-3", 0.25)],
  },
  {
    name: "dawdle",
    protocol: "anthropic",
    temper: "slow",
    accounts: ["default"],
    models: [small("dawdle-small", "dawdle-small-1", 0.1)],
  },
  {
    name: "dusk",
    protocol: "openai",
    temper: "failing",
    accounts: ["default"],
    models: [small("dusk-small", "dusk-small", 0.1)],
  },
  {
    name: "snip",
    protocol: "openai",
    temper: "cutting",
    accounts: ["default"],
    models: [small("snip-small", "snip-small", 0.05)],
  },
];

export const POOLS: readonly DemoPool[] = [
  {
    name: "smart",
    says: "five steady vendors, each with a protocol of its own, and one that fails more than half of the time, by weight",
    members: [
      { model: "nimbus-large", weight: 3 },
      { model: "atlas-large", weight: 3 },
      { model: "quill-large", weight: 2 },
      { model: "prism-large", weight: 2 },
      { model: "coral-large", weight: 2 },
      { model: "bargain-large", weight: 3 },
    ],
    keep: [],
    firstByteMs: null,
  },
  {
    name: "fast",
    says: "small models: rate limits, overload inside a 200, outages and slow first bytes, all hidden",
    members: [
      { model: "ration-small", weight: 1 },
      { model: "crowd-small", weight: 1 },
      { model: "dawdle-small", weight: 1 },
      { model: "dusk-small", weight: 1 },
      { model: "nimbus-small", weight: 2 },
    ],
    keep: [],
    firstByteMs: { buffered: 5_000, streamed: 2_500 },
  },
  {
    name: "exact",
    says: "one model sold by two vendors; a failover keeps the model or refuses",
    members: [
      { model: "harbor-atlas-large", weight: 2 },
      { model: "atlas-large", weight: 1 },
    ],
    keep: ["model"],
    firstByteMs: null,
  },
];
