/** The administrative surface of keys, usage and audit as an OpenAPI 3.1 document. A test holds it to the routes there are. */

const KEY_FIELDS = {
  name: { type: "string", maxLength: 200 },
  allowed_pools: {
    type: ["array", "null"],
    items: { type: "string" },
    description: "Pools and models the key may ask for. Left out or null: all. Empty: none.",
  },
  group: { type: ["string", "null"], description: "A name under governance.groups; all limits of the chain hold." },
  aliases: {
    enum: ["on", "off", null],
    description: "Whether it may use the configuration's aliases. Left out or null: as its group says.",
  },
  debug: {
    type: ["boolean", "null"],
    description: "Whether its requests may be told what was decided for them. Left out or null: as its group says.",
  },
  project: { type: ["string", "null"] },
  labels: { type: "object", additionalProperties: { type: "string" } },
  expires_at: { type: ["string", "integer", "null"], description: "ISO 8601, or seconds since 1970." },
  enabled: { type: "boolean" },
  rpm_limit: { type: ["integer", "null"], minimum: 0 },
  tpm_limit: { type: ["integer", "null"], minimum: 0 },
  max_concurrent: { type: ["integer", "null"], minimum: 0 },
  budgets: { type: "array", items: { $ref: "#/components/schemas/Budget" } },
  max_budget_cents: {
    type: ["number", "null"],
    minimum: 0,
    description: "One hard budget, in the old way; written in whole cents.",
  },
  budget_period: { enum: ["total", "daily", "monthly"] },
} as const;

const ID = { name: "id", in: "path", required: true, schema: { type: "string" } } as const;
const KEY = { $ref: "#/components/schemas/Key" } as const;
const KEY_WITH_SECRET = {
  allOf: [KEY, { type: "object", required: ["secret"], properties: { secret: { type: "string" } } }],
} as const;

function query(name: string, description: string) {
  return { name, in: "query", schema: { type: "string" }, description } as const;
}

function json(description: string, schema: object) {
  return { description, content: { "application/json": { schema } } } as const;
}

const REFUSALS = {
  "400": { $ref: "#/components/responses/Refusal" },
  "401": { $ref: "#/components/responses/Refusal" },
  "404": { $ref: "#/components/responses/Refusal" },
  "503": { $ref: "#/components/responses/Refusal" },
} as const;

function operation(summary: string, responses: object, more: object = {}) {
  return { summary, ...more, responses: { ...responses, ...REFUSALS } } as const;
}

function body(schema: object, required: boolean) {
  return { requestBody: { required, content: { "application/json": { schema } } } } as const;
}

export const KEYS_OPENAPI = {
  openapi: "3.1.0",
  info: { title: "Ringmain administration", version: "1", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
  security: [{ bearer: [] }, { header: [] }],
  paths: {
    "/admin/openapi.json": { get: operation("This document", { "200": json("OpenAPI", { type: "object" }) }) },
    "/admin/keys": {
      post: operation(
        "Make a key; its secret is in this answer and nowhere else",
        { "201": json("The key", KEY_WITH_SECRET) },
        body({ allOf: [{ $ref: "#/components/schemas/KeyInput" }, { required: ["name"] }] }, true),
      ),
      get: operation(
        "List keys in the order they were made",
        {
          "200": json("A page", {
            type: "object",
            properties: { keys: { type: "array", items: KEY }, next: { type: ["string", "null"] } },
          }),
        },
        { parameters: [query("limit", "1 to 1000"), query("after", "The `next` of the page before")] },
      ),
    },
    "/admin/keys/{id}": {
      parameters: [ID],
      get: operation("Show a key", { "200": json("The key", KEY) }),
      patch: operation(
        "Change what is given, keep the rest",
        { "200": json("The key", KEY) },
        body({ $ref: "#/components/schemas/KeyInput" }, true),
      ),
      delete: operation("Remove a key; what it used stays in the ledger", {
        "200": json("Its id", { type: "object", properties: { deleted: { type: "string" } } }),
      }),
    },
    "/admin/keys/{id}/usage": {
      parameters: [ID],
      get: operation("What a key used in its budget's window, and how its budgets stand", {
        "200": json("Usage", { type: "object" }),
      }),
    },
    "/admin/keys/{id}/disable": {
      parameters: [ID],
      post: operation("Let it in no longer", { "200": json("The key", KEY) }),
    },
    "/admin/keys/{id}/enable": {
      parameters: [ID],
      post: operation("Let it in again", { "200": json("The key", KEY) }),
    },
    "/admin/keys/{id}/rotate": {
      parameters: [ID],
      post: operation(
        "Give it another secret; the old one works for a while",
        { "200": json("The key", KEY_WITH_SECRET) },
        body({ type: "object", properties: { overlap_secs: { type: "integer", minimum: 0 } } }, false),
      ),
    },
    "/admin/keys/{id}/revoke": {
      parameters: [ID],
      post: operation("End it for good", { "200": json("The key", KEY) }),
    },
    "/admin/usage": {
      get: operation(
        "Sums of requests, tokens and cost",
        { "200": json("Rows", { type: "object" }) },
        {
          parameters: [
            query("by", "key, target, lane, hour, day or state"),
            query("from", "ISO 8601; a week before `to` unless given"),
            query("to", "ISO 8601; now unless given"),
            query("key", "Only this key's"),
          ],
        },
      ),
    },
    "/admin/audit": {
      get: operation(
        "Who changed what, newest first",
        { "200": json("Entries", { type: "object" }) },
        { parameters: [query("limit", "1 to 1000"), query("before", "Number of an entry")] },
      ),
    },
  },
  components: {
    securitySchemes: {
      bearer: { type: "http", scheme: "bearer" },
      header: { type: "apiKey", in: "header", name: "X-Admin-Token" },
    },
    responses: {
      Refusal: json("Why not", {
        type: "object",
        properties: {
          error: { type: "object", properties: { code: { type: "string" }, message: { type: "string" } } },
        },
      }),
    },
    schemas: {
      Budget: {
        type: "object",
        required: ["window", "limit_usd"],
        additionalProperties: false,
        properties: {
          window: { enum: ["minute", "hourly", "daily", "weekly", "monthly", "total"] },
          limit_usd: { type: "number", minimum: 0 },
          mode: { enum: ["hard", "soft"], default: "hard" },
          warn_at: { type: "number", minimum: 0, maximum: 1 },
        },
      },
      KeyInput: { type: "object", additionalProperties: false, properties: KEY_FIELDS },
      Key: {
        type: "object",
        properties: {
          id: { type: "string" },
          ...KEY_FIELDS,
          created_at: { type: "integer", description: "Seconds since 1970." },
          expires_at: { type: ["string", "null"] },
          revoked_at: { type: ["string", "null"] },
          previous_secret_until: { type: ["string", "null"] },
        },
      },
    },
  },
} as const;
