/** What a lane's server takes: facts of its model's family and its model, of its provider, and the configuration's own words. */
import { normal } from "../ir/canonical.ts";
import { type Dialect, UNKNOWN_SERVER } from "../ir/dialect.ts";
import { CARRIER_IDS } from "../known.ts";
import { fitsPattern } from "../std/wildcard.ts";
import type { Catalog, KnownModel } from "./catalog.ts";
import { doorsOf } from "./doors.ts";
import type { CatalogFamily, ConfigModel, ConfigProvider, DialectFacts } from "./schema.ts";

export interface DialectInput {
  /** As the two files together say it. */
  readonly provider: ConfigProvider;
  readonly model: ConfigModel;
  readonly upstreamModel: string;
  readonly catalog: Catalog;
}

/** Rows of the catalog that speak of one model, in the order of the file. */
interface CatalogRows {
  readonly families: readonly CatalogFamily[];
  readonly known: KnownModel | null;
  /** What patterns of families are compared with. */
  readonly names: readonly string[];
}

export function catalogRowsOf({ provider, model, upstreamModel, catalog }: DialectInput): CatalogRows {
  const found = catalog.findModel(upstreamModel) ?? catalog.findModel(model.canonical ?? "");
  const names = [bareName(upstreamModel), bareName(model.canonical ?? found?.id ?? upstreamModel)];
  const asked = (doorsOf(provider) ?? []).map(({ protocol }) => CARRIED.get(protocol) ?? protocol);
  const families = catalog.families.filter(
    ({ models, protocols }) =>
      (protocols === undefined || protocols.some((protocol) => asked.includes(protocol))) &&
      models.some((pattern) => names.some((name) => fitsPattern(pattern, name))),
  );
  return { families, known: found, names };
}

/** Later ones win, fact by fact: family, model of the catalog, provider, model of the configuration. */
export function dialectOf(input: DialectInput): Dialect {
  const { provider, model } = input;
  const { families, known } = catalogRowsOf(input);
  const facts: DialectFacts = Object.assign(
    {},
    ...families.map((family) => family.dialect),
    known?.model.dialect,
    provider.dialect,
    model.dialect,
  );
  return {
    developerRole: facts.developer_role ?? UNKNOWN_SERVER.developerRole,
    customTools: facts.custom_tools ?? UNKNOWN_SERVER.customTools,
    compaction: facts.compaction ?? UNKNOWN_SERVER.compaction,
    streamUsage: facts.stream_usage ?? UNKNOWN_SERVER.streamUsage,
    reasoningBack: facts.reasoning_back ?? UNKNOWN_SERVER.reasoningBack,
    chatTools: facts.chat_tools ?? UNKNOWN_SERVER.chatTools,
    refusedSettings: facts.refused_settings ?? UNKNOWN_SERVER.refusedSettings,
    failureWords: facts.failure_words ?? UNKNOWN_SERVER.failureWords,
    callIdChars: facts.call_id_chars ?? UNKNOWN_SERVER.callIdChars,
    forcedTools: facts.forced_tools ?? UNKNOWN_SERVER.forcedTools,
    userAfterResults: facts.user_after_results ?? UNKNOWN_SERVER.userAfterResults,
    cacheMarks: model.cache_marks !== "off" && (facts.cache_marks ?? UNKNOWN_SERVER.cacheMarks),
    promptCacheKey: facts.prompt_cache_key ?? UNKNOWN_SERVER.promptCacheKey,
    outputLimit: facts.output_limit ?? UNKNOWN_SERVER.outputLimit,
    efforts: facts.efforts ?? UNKNOWN_SERVER.efforts,
    thinking: facts.thinking ?? UNKNOWN_SERVER.thinking,
    thinkingBudget: facts.thinking_budget ?? UNKNOWN_SERVER.thinkingBudget,
    alwaysThinks: facts.always_thinks ?? UNKNOWN_SERVER.alwaysThinks,
    sampling: facts.sampling ?? UNKNOWN_SERVER.sampling,
    structuredOutput: facts.structured_output ?? UNKNOWN_SERVER.structuredOutput,
    systemTurns: facts.system_turns ?? UNKNOWN_SERVER.systemTurns,
    toolChoice: facts.tool_choice ?? UNKNOWN_SERVER.toolChoice,
    jsonSchema: facts.json_schema ?? UNKNOWN_SERVER.jsonSchema,
    schemaBesideTools: facts.schema_beside_tools ?? UNKNOWN_SERVER.schemaBesideTools,
    mediaInResults: facts.media_in_results ?? UNKNOWN_SERVER.mediaInResults,
    signedCalls: facts.signed_calls ?? UNKNOWN_SERVER.signedCalls,
    reasoningMember: facts.reasoning_member ?? UNKNOWN_SERVER.reasoningMember,
    oneCall: facts.one_call ?? UNKNOWN_SERVER.oneCall,
    clientMarks: facts.client_marks ?? UNKNOWN_SERVER.clientMarks,
    audio: facts.audio ?? UNKNOWN_SERVER.audio,
    resultStatus: facts.result_status ?? UNKNOWN_SERVER.resultStatus,
    documentNotes: facts.document_notes ?? UNKNOWN_SERVER.documentNotes,
    hostRouting: facts.host_routing ?? UNKNOWN_SERVER.hostRouting,
  };
}

/** Carriers, by the protocol whose bodies they hold. */
const CARRIED: ReadonlyMap<string, string> = new Map(Object.entries(CARRIER_IDS));

/** Aggregators and clouds put others in front: `openai/gpt-5`. */
function bareName(id: string): string {
  const name = normal(id);
  return name.slice(name.lastIndexOf("/") + 1);
}
