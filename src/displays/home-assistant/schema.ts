/** Home Assistant's part of the configuration. */
import type { z } from "zod";
import type { HomeAssistantConfig, ReachedDisplay } from "../../ir/display.ts";
import type { DisplayReport } from "../kind-schema.ts";
import { checkTopic } from "../topic-schema.ts";

export const HOME_ASSISTANT_DEFAULTS = { discoveryPrefix: "homeassistant" } as const;

const OWN_KEYS = ["discovery_prefix"] as const;

const keys = (zod: typeof z) =>
  ({ discovery_prefix: zod.string().min(1).max(8_192).optional() }) satisfies Record<
    (typeof OWN_KEYS)[number],
    z.ZodType
  >;

type Written = z.infer<z.ZodObject<ReturnType<typeof keys>>>;

export const homeAssistant = {
  ownKeys: OWN_KEYS,
  keys,
  address: (_written: Written) => ({ schemes: ["mqtt:", "mqtts:"], example: "mqtt://broker.example:1883" }),
  check(written: Written, report: DisplayReport): void {
    checkTopic("discovery_prefix", written.discovery_prefix, report);
  },
  conflict: () => null,
  resolve: (written: Written, reached: ReachedDisplay): HomeAssistantConfig => ({
    type: "home_assistant",
    ...reached,
    discoveryPrefix: written.discovery_prefix ?? HOME_ASSISTANT_DEFAULTS.discoveryPrefix,
  }),
};
