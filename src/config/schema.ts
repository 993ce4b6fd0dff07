/**
 * The shape of both files: every key there is, its type and its bounds. What a value means together with others is in
 * check.ts. All objects are strict: a key that is not read is a mistake of a person who believes that it is.
 * One vocabulary is read as one page, which is the reason for its length.
 */
import { z } from "zod";
import { DISPLAY_SCHEMAS, displayKeys } from "../displays/schema.ts";
import { MODALITIES, TIERS } from "../ir/capability.ts";
import { KEEPS, RETENTIONS, UPSTREAM_CLIENTS } from "../ir/deployment.ts";
import {
  CHAT_TOOLS,
  CLIENT_MARKS,
  EFFORTS,
  HOST_ROUTING,
  OUTPUT_LIMITS,
  REASONING_BACK,
  REASONING_MEMBERS,
  REFUSABLE_SETTINGS,
  SAMPLING,
  THINKING,
} from "../ir/dialect.ts";
import { CARRIERS, ERROR_CLASSES, PROTOCOL_IDS } from "../known.ts";
import { isPolicyId, POLICY_SCHEMAS, policyKeys } from "../routing/policies/schema.ts";
import { openrouter } from "./schema-hosts.ts";
import { qualitySchema } from "./schema-quality.ts";

/** The longest time a timer of the runtime can hold. */
const MS_MAX = 2_147_483_647;
const SECS_MAX = Math.floor(MS_MAX / 1_000);
const COUNT_MAX = 1_000_000_000;
const LIST_MAX = 1_000;
const TEXT_CHARS_MAX = 8_192;

const text = z.string().min(1).max(TEXT_CHARS_MAX);
const count = z.int().min(1).max(COUNT_MAX);
const countOrZero = z.int().min(0).max(COUNT_MAX);
const ms = z.int().min(0).max(MS_MAX);
const secs = z.int().min(0).max(SECS_MAX);
const secsFromOne = z.int().min(1).max(SECS_MAX);
/** No longer than the longest wait that is believed of a vendor. */
const cooldownSecs = z.int().min(1).max(86_400).nullish();
const pressureBelow = z.number().min(0).max(1).optional();
const megabytes = z.int().min(1).max(1_048_576);
const usd = z.number().min(0).max(1_000_000);
/** Below zero is zero, as in rc.3. */
const cents = z.number().min(-100_000).max(100_000);
const words = z.array(text).max(LIST_MAX);
const textMap = z.record(z.string(), z.string().max(TEXT_CHARS_MAX));
const oneOrMore = z.union([text, words], { error: "must be one name or a list of names" });

const timers = { first_byte_ms: ms.optional(), idle_ms: ms.optional(), total_ms: ms.optional() };
const timeoutsSchema = z.strictObject({
  connect_ms: ms.optional(),
  ...timers,
  stream: z.strictObject(timers).optional(),
});

const health = z.strictObject({
  mode: z.enum(["none", "dead", "active"]).optional(),
  interval_secs: secs.optional(),
  timeout_secs: secs.optional(),
});

const translation = z.enum(["off", "lenient", "strict"]).optional();
const identity = z.enum(["record", "strict"]).optional();
const policy = { select: z.enum(Object.keys(POLICY_SCHEMAS).filter(isPolicyId)).optional(), ...policyKeys(z) };

const failover = z.strictObject({
  deadline_secs: secsFromOne.optional(),
  cap: z.int().min(0).max(1_000).optional(),
  exclusions: words.optional(),
  keep: z.array(z.enum(KEEPS)).max(KEEPS.length).optional(),
  prefer: z.enum(["same_model", "any"]).optional(),
});

/** Facts about what a vendor's server takes: of a provider, a family of models, or one model. */
const dialect = z.strictObject({
  developer_role: z.boolean().optional(),
  custom_tools: z.boolean().optional(),
  compaction: z.boolean().optional(),
  stream_usage: z.boolean().optional(),
  reasoning_back: z.enum(REASONING_BACK).optional(),
  chat_tools: z.enum(CHAT_TOOLS).optional(),
  refused_settings: z.array(z.enum(REFUSABLE_SETTINGS)).max(REFUSABLE_SETTINGS.length).optional(),
  failure_words: words.optional(),
  forced_tools: z.boolean().optional(),
  user_after_results: z.boolean().optional(),
  call_id_chars: z.int().min(6).max(64).nullable().optional(),
  cache_marks: z.boolean().optional(),
  prompt_cache_key: z.boolean().optional(),
  output_limit: z.enum(OUTPUT_LIMITS).optional(),
  efforts: z.array(z.enum(EFFORTS)).max(EFFORTS.length).optional(),
  thinking: z.array(z.enum(THINKING)).max(THINKING.length).optional(),
  thinking_budget: z.strictObject({ min: z.int().min(1), max: z.int().min(1) }).optional(),
  always_thinks: z.boolean().optional(),
  sampling: z.enum(SAMPLING).optional(),
  structured_output: z.boolean().optional(),
  system_turns: z.boolean().optional(),
  tool_choice: z.boolean().optional(),
  json_schema: z.boolean().optional(),
  schema_beside_tools: z.boolean().optional(),
  media_in_results: z.boolean().optional(),
  signed_calls: z.boolean().optional(),
  reasoning_member: z.enum(REASONING_MEMBERS).optional(),
  one_call: z.boolean().optional(),
  client_marks: z.enum(CLIENT_MARKS).optional(),
  audio: z.boolean().optional(),
  result_status: z.boolean().optional(),
  document_notes: z.boolean().optional(),
  host_routing: z.enum(HOST_ROUTING).optional(),
});

const errorMap = z.record(z.string(), z.enum(ERROR_CLASSES)).optional();
const authStyle = z.enum(["bearer", "api-key"]).optional();

/** One of the protocols in which a vendor is asked, by its name alone or with what holds for it alone. */
const door = z.union(
  [text, z.strictObject({ protocol: text, path: text.optional(), auth: authStyle, error_map: errorMap })],
  { error: "must be the name of a protocol, or { protocol: <name> } with path, auth or error_map" },
);

/** What a provider may say in either file. */
const providerFacts = {
  protocol: text.optional(),
  protocols: z.array(door).min(1).max(8).optional(),
  carrier: z.enum(CARRIERS).optional(),
  region: text.optional(),
  retention: z.enum(RETENTIONS).optional(),
  base_url: text.optional(),
  error_map: errorMap,
  path: text.optional(),
  auth: authStyle,
  health: health.optional(),
  cooldown_secs: cooldownSecs,
  pressure_below: pressureBelow,
  allow_private: z.boolean().optional(),
  proxy: text.nullish(),
  ca_file: text.nullish(),
  upstream_client: z.enum(UPSTREAM_CLIENTS).optional(),
  headers: textMap.optional(),
  forward_headers: words.optional(),
  anthropic_version: text.nullish(),
  seals: text.optional(),
  model_suffixes: words.optional(),
  proves_models: z.boolean().optional(),
  models_path: text.nullish(),
  key_path: text.nullish(),
  dialect: dialect.optional(),
  openrouter: openrouter.optional(),
  timeouts: timeoutsSchema.optional(),
};

/** AWS's own places for keys: its variables, or a profile of ~/.aws/credentials. */
const aws = z
  .union([z.literal("env"), z.strictObject({ profile: text })], { error: "must be env, or { profile: <name> }" })
  .optional();

const cap = z.strictObject({
  window: z.enum(["hourly", "daily", "weekly", "monthly", "total"]),
  unit: z.enum(["usd", "tokens", "requests"]),
  limit: z.number().min(0).max(1_000_000_000_000),
  soft: z.number().min(0).max(1).optional(),
});

const account = z.strictObject({
  id: text,
  api_key: text.optional(),
  api_key_env: text.optional(),
  api_key_file: text.optional(),
  aws,
  pinned: z.boolean().optional(),
  sort_key: z.int().min(-COUNT_MAX).max(COUNT_MAX).optional(),
  routing: z.boolean().optional(),
  max_concurrent: count.optional(),
  cooldown_secs: cooldownSecs,
  pressure_below: pressureBelow,
  caps: z.array(cap).max(LIST_MAX).optional(),
});

const provider = z.strictObject({
  api_key_env: text.optional(),
  api_key_file: text.optional(),
  api_key: z.string().max(TEXT_CHARS_MAX).optional(),
  aws,
  accounts: z.array(account).min(1).max(LIST_MAX).optional(),
  ...providerFacts,
});

const OVERFLOW_WORDS = ["larger_only", "trim_oldest", "trim_middle", "error"] as const;

/** Compared as it is written. */
const region = text.max(60);

const capabilitiesSchema = z.strictObject({
  context_window: count.optional(),
  max_input_tokens: count.optional(),
  max_output_tokens: count.optional(),
  input: z.array(z.enum(MODALITIES)).max(MODALITIES.length).optional(),
  output: z.array(z.enum(MODALITIES)).max(MODALITIES.length).optional(),
  tools: z.boolean().optional(),
  structured_output: z.boolean().optional(),
  reasoning: z.boolean().optional(),
  tier: z.enum(TIERS).optional(),
  parallel_tools: z.boolean().optional(),
  forced_tool_choice: z.boolean().optional(),
  json_mode: z.boolean().optional(),
  prefill: z.boolean().optional(),
  system_role: z.boolean().optional(),
  streaming: z.boolean().optional(),
  streaming_tools: z.boolean().optional(),
});

const prices = z.strictObject({
  input_per_million_usd: usd,
  output_per_million_usd: usd,
  cache_read_per_million_usd: usd.optional(),
  cache_write_per_million_usd: usd.optional(),
  cache_write_1h_per_million_usd: usd.optional(),
  reasoning_per_million_usd: usd.optional(),
  audio_input_per_million_usd: usd.optional(),
  audio_output_per_million_usd: usd.optional(),
  tiers: z
    .array(
      z.strictObject({
        above_tokens: count,
        input_per_million_usd: usd.optional(),
        output_per_million_usd: usd.optional(),
        cache_read_per_million_usd: usd.optional(),
        cache_write_per_million_usd: usd.optional(),
        cache_write_1h_per_million_usd: usd.optional(),
      }),
    )
    .max(20)
    .optional(),
});

const model = z.strictObject({
  provider: text,
  upstream_model: text.optional(),
  canonical: text.optional(),
  max_concurrent: count.optional(),
  queue: z.strictObject({ max: countOrZero.optional(), max_wait_ms: ms.optional() }).optional(),
  max_requests: z.int().min(-COUNT_MAX).max(COUNT_MAX).optional(),
  default_max_tokens: count.optional(),
  cache_marks: z.enum(["auto", "off"]).optional(),
  capabilities: capabilitiesSchema.optional(),
  unknown: z.enum(["deny", "allow"]).optional(),
  region: region.optional(),
  retention: z.enum(RETENTIONS).optional(),
  dialect: dialect.optional(),
  openrouter: openrouter.optional(),
  prices: prices.optional(),
  watch: z.boolean().optional(),
  ...policy,
  failover: failover.optional(),
  exact_model_failover: z.boolean().optional(),
  translation,
  identity,
  timeouts: timeoutsSchema.optional(),
});

const pool = z.strictObject({
  ...policy,
  cache_marks: z.enum(["auto", "off"]).optional(),
  members: z
    .array(z.strictObject({ target: text, weight: countOrZero.optional(), context_max: count.optional() }))
    .max(LIST_MAX)
    .optional(),
  breaker: z
    .strictObject({
      base_cooldown_secs: secs.optional(),
      max_cooldown_secs: secs.optional(),
      trip: z
        .strictObject({
          mode: z.enum(["error_rate", "consecutive"]).optional(),
          window_s: secsFromOne.optional(),
          threshold: z.number().optional(),
          min_requests: count.optional(),
          n: countOrZero.optional(),
        })
        .optional(),
    })
    .optional(),
  failover: failover.optional(),
  context: z.strictObject({ on_overflow: z.enum(OVERFLOW_WORDS).optional() }).optional(),
  on_exhausted: z.strictObject({ action: text.optional(), max_ms: z.int().min(1).max(MS_MAX).optional() }).optional(),
  affinity: z
    .strictObject({
      mode: text.optional(),
      header_name: text.optional(),
      prefix: z.boolean().optional(),
      header_names: words.min(1).optional(),
      ttl_secs: secsFromOne.optional(),
    })
    .optional(),
  quality: qualitySchema.optional(),
  translation,
  identity,
  timeouts: timeoutsSchema.optional(),
});

const budgetWindow = z.enum(["minute", "hourly", "daily", "weekly", "monthly", "total"]);

const governance = z.strictObject({
  enabled: z.boolean().optional(),
  db_path: text.optional(),
  admin_token: z.string().max(TEXT_CHARS_MAX).optional(),
  admin_token_env: text.optional(),
  admin_token_file: text.optional(),
  price_per_request_cents: cents.optional(),
  price_per_1k_tokens_cents: cents.optional(),
  budget: z.enum(["expected", "strict"]).optional(),
  unpriced: z.enum(["allow", "reject"]).optional(),
  keep_days: z.int().min(1).max(3_650).optional(),
  groups: z
    .record(
      z.string(),
      z.strictObject({
        parent: text.nullish(),
        allowed_pools: words.optional(),
        aliases: z.enum(["on", "off"]).optional(),
        debug: z.boolean().optional(),
        rpm_limit: countOrZero.optional(),
        tpm_limit: countOrZero.optional(),
        max_concurrent: countOrZero.optional(),
        budgets: z
          .array(
            z.strictObject({
              window: budgetWindow,
              limit_usd: usd,
              mode: z.enum(["hard", "soft"]).optional(),
              warn_at: z.number().min(0).max(1).optional(),
            }),
          )
          .max(LIST_MAX)
          .optional(),
      }),
    )
    .optional(),
  gates: z
    .array(
      z.strictObject({
        scope: z.enum(["request", "session", "project"]),
        window: budgetWindow.optional(),
        limit_usd: usd,
        mode: z.enum(["hard", "soft"]).optional(),
      }),
    )
    .max(LIST_MAX)
    .optional(),
});

const isDisplayType = (type: string): type is keyof typeof DISPLAY_SCHEMAS => Object.hasOwn(DISPLAY_SCHEMAS, type);

/** All kinds share one list, so their keys stand together; the row of a kind says which are its own. */
const display = z.strictObject({
  type: z.enum(Object.keys(DISPLAY_SCHEMAS).filter(isDisplayType)),
  name: text,
  url: text.optional(),
  username: text.optional(),
  username_env: text.optional(),
  username_file: text.optional(),
  password: text.optional(),
  password_env: text.optional(),
  password_file: text.optional(),
  ca_file: text.optional(),
  update_secs: z.int().min(1).max(3_600).optional(),
  providers: words.optional(),
  ...displayKeys(z),
});

export const configSchema = z.strictObject({
  listen: text.optional(),
  allow_open_relay: z.boolean().optional(),
  workers: z.union([count, z.literal("auto")], { error: "must be a whole number from 1, or auto" }).optional(),
  drain_secs: secs.optional(),
  exact_model_failover: z.boolean().optional(),
  translation,
  identity,
  metering: z.enum(["exact", "estimate"]).optional(),
  errors: z.strictObject({ detail: z.enum(["full", "minimal"]).optional() }).optional(),
  response_headers: z.enum(["full", "minimal", "off"]).optional(),
  stream_open_after_ms: ms.optional(),
  log: z
    .strictObject({
      level: z.enum(["error", "warn", "info", "debug"]).optional(),
      format: z.enum(["text", "json"]).optional(),
    })
    .optional(),
  admin: z.strictObject({ token: text.optional(), token_env: text.optional(), token_file: text.optional() }).optional(),
  auth: z
    .strictObject({
      mode: text.optional(),
      client_tokens: z.array(z.string().max(TEXT_CHARS_MAX)).max(LIST_MAX).optional(),
      client_tokens_env: oneOrMore.optional(),
      client_tokens_file: oneOrMore.optional(),
      token: text.optional(),
      token_env: text.optional(),
      token_file: text.optional(),
      aws_keys: z
        .array(
          z.strictObject({
            access_key_id: text,
            secret_access_key: text.optional(),
            secret_access_key_env: text.optional(),
            secret_access_key_file: text.optional(),
            key: text.optional(),
          }),
        )
        .max(LIST_MAX)
        .optional(),
    })
    .optional(),
  cors: z.strictObject({ origins: words.optional() }).optional(),
  limits: z.strictObject({ bodies_mb: megabytes.optional(), bodies_unknown_mb: megabytes.optional() }).optional(),
  timeouts: timeoutsSchema.optional(),
  providers: z.record(z.string(), provider),
  models: z.record(z.string(), model),
  catalog: z.enum(["extend", "replace"]).optional(),
  pools: z.record(z.string(), pool).optional(),
  aliases: z.record(z.string(), text).optional(),
  governance: governance.optional(),
  idempotency: z
    .strictObject({ enabled: z.boolean().optional(), ttl_secs: secsFromOne.optional(), max_bytes: count.optional() })
    .optional(),
  health: z.strictObject({ keep: z.boolean().optional(), path: text.optional() }).optional(),
  observability: z
    .strictObject({
      decisions: z
        .strictObject({
          ring: count.max(1_000_000).optional(),
          keep_days: count.max(3_650).optional(),
          db_path: text.optional(),
        })
        .optional(),
      otlp_endpoint: text.optional(),
      request_log_webhook_url: text.optional(),
    })
    .optional(),
  displays: z.array(display).max(100).optional(),
});

/** `source` and `read` say where a fact was read and when; nothing but people reads them. */
const provenance = { source: text.optional(), read: text.optional() };
/** The pages that say what the server takes, where they are not the entry's own. */
const dialectProvenance = { dialect_source: text.optional(), dialect_read: text.optional() };

export const catalogProviderSchema = z
  .strictObject({ ...providerFacts, base_url: text, key_env: words.optional(), ...provenance, ...dialectProvenance })
  .superRefine(({ protocol, protocols }, context) => {
    const told = (message: string): void => context.addIssue({ code: "custom", path: ["protocol"], message });
    if (protocol === undefined && protocols === undefined) told("is required");
    if (protocol !== undefined && protocols !== undefined) told("stands beside protocols; leave one of them out");
  });

export const catalogModelSchema = z.strictObject({
  aliases: words.optional(),
  capabilities: capabilitiesSchema.optional(),
  dialect: dialect.optional(),
  ...provenance,
});

/**
 * Models whose id fits one of the patterns (`*` stands for any text), in lower case and without what stands before a `/`.
 * `protocols`: the facts hold where the model is asked in one of these; absent: everywhere.
 */
const catalogFamilySchema = z.strictObject({
  models: words.min(1),
  protocols: z.array(z.enum(PROTOCOL_IDS)).min(1).max(PROTOCOL_IDS.length).optional(),
  dialect,
  ...provenance,
});

/** A flat map of providers, and two reserved keys. */
export const catalogSchema = z
  .object({
    models: z.record(z.string(), catalogModelSchema).optional(),
    families: z.array(catalogFamilySchema).max(LIST_MAX).optional(),
  })
  .catchall(catalogProviderSchema);

export type ConfigFile = z.infer<typeof configSchema>;
export type ConfigProvider = ConfigFile["providers"][string];
export type ConfigModel = ConfigFile["models"][string];
export type ConfigPool = NonNullable<ConfigFile["pools"]>[string];
export type DialectFacts = z.infer<typeof dialect>;
export type ConfigTimeouts = z.infer<typeof timeoutsSchema>;
export type CatalogProvider = z.infer<typeof catalogProviderSchema>;
export type CatalogFamily = z.infer<typeof catalogFamilySchema>;
export type CatalogModel = z.infer<typeof catalogModelSchema>;
