/** What a lane's server takes: facts of its model's family and its model, of its provider, and the configuration's own words. */
import { normal } from "../ir/canonical.ts";
import { type Dialect, STRANGER } from "../ir/dialect.ts";
import { CARRIER_IDS } from "../known.ts";
import { fitsPattern } from "../std/wildcard.ts";
import type { Catalog } from "./catalog.ts";
import { doorsOf } from "./doors.ts";
import type { ConfigModel, ConfigProvider, DialectFacts } from "./schema.ts";

interface DialectInput {
  /** As the two files together say it. */
  readonly provider: ConfigProvider;
  readonly model: ConfigModel;
  readonly upstreamModel: string;
  readonly catalog: Catalog;
}

/** Later ones win, fact by fact: family, model of the catalog, provider, model of the configuration. */
export function dialectOf({ provider, model, upstreamModel, catalog }: DialectInput): Dialect {
  const found = catalog.findModel(upstreamModel) ?? catalog.findModel(model.canonical ?? "");
  const names = [bareName(upstreamModel), bareName(model.canonical ?? found?.id ?? upstreamModel)];
  const asked = (doorsOf(provider) ?? []).map(({ protocol }) => CARRIED.get(protocol) ?? protocol);
  const families = catalog.families.filter(
    ({ models, protocols }) =>
      (protocols === undefined || protocols.some((protocol) => asked.includes(protocol))) &&
      models.some((pattern) => names.some((name) => fitsPattern(pattern, name))),
  );
  const facts: DialectFacts = Object.assign(
    {},
    ...families.map((family) => family.dialect),
    found?.model.dialect,
    provider.dialect,
    model.dialect,
  );
  return {
    developerRole: facts.developer_role ?? STRANGER.developerRole,
    customTools: facts.custom_tools ?? STRANGER.customTools,
    compaction: facts.compaction ?? STRANGER.compaction,
    streamUsage: facts.stream_usage ?? STRANGER.streamUsage,
    reasoningBack: facts.reasoning_back ?? STRANGER.reasoningBack,
    chatTools: facts.chat_tools ?? STRANGER.chatTools,
    refusedSettings: facts.refused_settings ?? STRANGER.refusedSettings,
    failureWords: facts.failure_words ?? STRANGER.failureWords,
    callIdChars: facts.call_id_chars ?? STRANGER.callIdChars,
    forcedTools: facts.forced_tools ?? STRANGER.forcedTools,
    userAfterResults: facts.user_after_results ?? STRANGER.userAfterResults,
    cacheMarks: model.cache_marks !== "off" && (facts.cache_marks ?? STRANGER.cacheMarks),
    promptCacheKey: facts.prompt_cache_key ?? STRANGER.promptCacheKey,
    outputLimit: facts.output_limit ?? STRANGER.outputLimit,
    efforts: facts.efforts ?? STRANGER.efforts,
    thinking: facts.thinking ?? STRANGER.thinking,
    thinkingBudget: facts.thinking_budget ?? STRANGER.thinkingBudget,
    alwaysThinks: facts.always_thinks ?? STRANGER.alwaysThinks,
    sampling: facts.sampling ?? STRANGER.sampling,
    structuredOutput: facts.structured_output ?? STRANGER.structuredOutput,
    systemTurns: facts.system_turns ?? STRANGER.systemTurns,
    toolChoice: facts.tool_choice ?? STRANGER.toolChoice,
    jsonSchema: facts.json_schema ?? STRANGER.jsonSchema,
    schemaBesideTools: facts.schema_beside_tools ?? STRANGER.schemaBesideTools,
    mediaInResults: facts.media_in_results ?? STRANGER.mediaInResults,
    signedCalls: facts.signed_calls ?? STRANGER.signedCalls,
    reasoningMember: facts.reasoning_member ?? STRANGER.reasoningMember,
    oneCall: facts.one_call ?? STRANGER.oneCall,
    clientMarks: facts.client_marks ?? STRANGER.clientMarks,
    audio: facts.audio ?? STRANGER.audio,
    resultStatus: facts.result_status ?? STRANGER.resultStatus,
    documentNotes: facts.document_notes ?? STRANGER.documentNotes,
    hostRouting: facts.host_routing ?? STRANGER.hostRouting,
  };
}

/** Carriers, by the protocol whose bodies they hold. */
const CARRIED: ReadonlyMap<string, string> = new Map(Object.entries(CARRIER_IDS));

/** Aggregators and clouds put others in front: `openai/gpt-5`. */
function bareName(id: string): string {
  const name = normal(id);
  return name.slice(name.lastIndexOf("/") + 1);
}
