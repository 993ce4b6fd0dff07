/** The compiled gateway in front of one scripted vendor of every family, under the families' own names in the catalog. */
import { type Gateway, startGateway } from "../../binary.ts";
import { type ScriptedVendor, startScripted } from "../dialect.ts";
import type { Script } from "../script.ts";
import type { Family } from "./family.ts";
import { FAMILIES } from "./table.ts";

/** A model of a family, as the gateway's clients call it. */
export interface FamilyLane {
  readonly family: Family;
  readonly model: string;
  readonly name: string;
}

export const LANES: readonly FamilyLane[] = FAMILIES.flatMap((family) =>
  family.models.map((model) => ({ family, model, name: `${family.id}/${model}`.replaceAll(/[/:]/g, "-") })),
);

export interface FamilyGateway {
  readonly gateway: Gateway;
  vendorOf(family: Family): ScriptedVendor;
  stop(): Promise<void>;
}

const ENV = { FAMILY_KEY: "family-vendor-key", FAMILY_AWS_KEY: "AKIDFAMILY:family-secret" };

/** `more`: further lines of config.yaml. */
export async function startFamilyGateway(script: Script, more: readonly string[] = []): Promise<FamilyGateway> {
  const vendors = new Map<Family, ScriptedVendor>();
  for (const family of FAMILIES) vendors.set(family, await startScripted(family.doors, script));
  const vendorOf = (family: Family): ScriptedVendor => {
    const found = vendors.get(family);
    if (found === undefined) throw new Error(`no vendor plays ${family.id}`);
    return found;
  };
  const gateway = await startGateway({ config: configText(vendorOf, more), env: ENV });
  return {
    gateway,
    vendorOf,
    async stop() {
      await gateway.stop();
      await Promise.all([...vendors.values()].map((vendor) => vendor.close()));
    },
  };
}

function configText(vendorOf: (family: Family) => ScriptedVendor, more: readonly string[]): string {
  const providers = FAMILIES.map((family) => {
    const key = family.id === "bedrock" ? "FAMILY_AWS_KEY" : "FAMILY_KEY";
    const members = { ...family.entry, base_url: `"${vendorOf(family).url}"`, api_key_env: key, allow_private: "true" };
    const text = Object.entries(members).map(([name, value]) => `${name}: ${value}`);
    return `  ${family.provider}: { ${text.join(", ")} }`;
  });
  const models = LANES.map(
    ({ family, model, name }) => `  "${name}": { provider: ${family.provider}, upstream_model: "${model}" }`,
  );
  return ['listen: "127.0.0.1:0"', ...more, "providers:", ...providers, "models:", ...models, ""].join("\n");
}
