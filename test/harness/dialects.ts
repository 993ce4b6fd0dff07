/** Dialects of lanes in tests. */
import { embeddedCatalog } from "../../src/config/catalog.ts";
import { dialectOf } from "../../src/config/dialect.ts";
import { type Dialect, UNKNOWN_SERVER } from "../../src/ir/dialect.ts";

/** The maker of the protocol: takes all that its protocol has. */
export const MAKER: Dialect = { ...UNKNOWN_SERVER, developerRole: true, customTools: true, compaction: true };

const CATALOG = embeddedCatalog();

/** The maker's, with what the shipped catalog knows of the model where it is asked in the protocol. */
export function makersDialect(protocol: string, upstreamModel: string): Dialect {
  const provider = { protocol, base_url: "https://vendor.test" };
  const known = dialectOf({ provider, model: { provider: "vendor" }, upstreamModel, catalog: CATALOG });
  return { ...known, developerRole: MAKER.developerRole, customTools: MAKER.customTools, compaction: MAKER.compaction };
}
