// An error inside a stream was judged by another rule where the stream was translated than where it was relayed or came
// whole: a caller's own bad key, or one feature that may not be used, took the whole account out for everybody.
import { describe, expect, test } from "bun:test";
import type { Caller } from "../../src/governance/identify.ts";
import type { BreakerSettings } from "../../src/ir/deployment.ts";
import { question } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, doorOf, laneOf, poolOf } from "../harness/deployments.ts";
import { bodyText, json, stream } from "../harness/scripted-answers.ts";

const CLIENTS = ["anthropic", "openai", "responses", "gemini", "cohere"] as const;
const LANES = ["anthropic", "openai"] as const;
type LaneProtocol = (typeof LANES)[number];

interface Row {
  readonly name: string;
  readonly error: Readonly<Record<LaneProtocol, object>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly mode?: "passthrough" | "none";
  readonly errorMap?: Readonly<Record<string, string>>;
  readonly kind: string;
  readonly status: number;
  readonly retryAfter?: string;
  /** Why the lane that was asked, and the other one of its account, are left out afterwards; null: they may serve. */
  readonly out: readonly [string | null, string | null];
}

const FORBIDDEN = "Your account is not allowed to use web search with this model.";

const ROWS: readonly Row[] = [
  {
    name: "the caller's own bad key",
    error: {
      anthropic: { type: "authentication_error", message: "invalid x-api-key" },
      openai: { type: "invalid_request_error", code: "invalid_api_key", message: "Incorrect API key provided: x." },
    },
    mode: "passthrough",
    kind: "caller_credential",
    status: 401,
    out: [null, null],
  },
  {
    name: "a bad key of ours",
    error: {
      anthropic: { type: "authentication_error", message: "invalid x-api-key" },
      openai: { type: "invalid_request_error", code: "invalid_api_key", message: "Incorrect API key provided: x." },
    },
    kind: "credential",
    status: 401,
    out: ["hard-out", "hard-out"],
  },
  {
    name: "a 403 about one model's feature",
    error: {
      anthropic: { type: "permission_error", message: FORBIDDEN },
      openai: { type: "invalid_request_error", code: 403, message: FORBIDDEN },
    },
    kind: "model_missing",
    status: 403,
    out: ["hard-out", null],
  },
  {
    name: "an unpaid bill",
    error: {
      anthropic: { type: "billing_error", message: "Payment is overdue." },
      openai: { type: "insufficient_quota", code: "insufficient_quota", message: "You exceeded your current quota." },
    },
    kind: "billing",
    status: 402,
    out: ["hard-out", "hard-out"],
  },
  {
    name: "the caller's own unpaid bill",
    error: {
      anthropic: { type: "billing_error", message: "Payment is overdue." },
      openai: { type: "insufficient_quota", code: "insufficient_quota", message: "You exceeded your current quota." },
    },
    mode: "passthrough",
    kind: "caller_credential",
    status: 402,
    out: [null, null],
  },
  {
    name: "an overload by the operator's words",
    error: {
      anthropic: { type: "api_error", message: "Overloaded." },
      openai: { type: "server_error", code: 500, message: "Busy." },
    },
    errorMap: { api_error: "overloaded", server_error: "overloaded" },
    kind: "overloaded",
    status: 500,
    out: ["breaker-open", null],
  },
  {
    name: "a rate limit with a hint in the head",
    error: {
      anthropic: { type: "rate_limit_error", message: "Slow down." },
      openai: { type: "tokens", code: "rate_limit_exceeded", message: "Rate limit reached." },
    },
    headers: { "retry-after": "17" },
    kind: "rate_limited",
    status: 429,
    retryAfter: "17",
    out: ["waiting", null],
  },
];

const BREAKER: BreakerSettings = {
  baseCooldownMs: 15_000,
  maxCooldownMs: 120_000,
  trip: { mode: "consecutive", failures: 1 },
};

/** Whole or streamed, as the lane was asked. */
function coreOf(row: Row, lane: LaneProtocol): Core {
  const doors = [doorOf(lane, { errorMap: row.errorMap ?? {} })] as const;
  const [one, two] = [laneOf("v/default/one", lane, { doors }), laneOf("v/default/two", lane, { doors })];
  const told = { ...(lane === "anthropic" ? { type: "error" } : {}), error: row.error[lane] };
  const body = JSON.stringify(told);
  const frame = lane === "anthropic" ? `event: error\ndata: ${body}\n\n` : `data: ${body}\n\n`;
  const deployment = deploymentOf({
    lanes: [one, two],
    targets: [poolOf("pool", [one], { breaker: BREAKER }), poolOf("other", [two], { breaker: BREAKER })],
    ...(row.mode === "passthrough" ? { auth: { mode: "passthrough", clientTokens: [] } } : {}),
  });
  return createCore({
    deployment,
    answer: (call) => {
      const asked: { stream?: boolean } = JSON.parse(bodyText(call));
      const headers = row.headers ?? {};
      if (asked.stream !== true) return json(200, body, headers)(call);
      return stream([{ do: "bytes", bytes: frame }], { headers: { "content-type": "text/event-stream", ...headers } })(
        call,
      );
    },
  });
}

function callerOf(core: Core, row: Row): { caller?: Caller } {
  if (row.mode !== "passthrough") return {};
  const headers = { authorization: "Bearer callers-own" };
  const parts = { method: "POST", path: "/v1/chat/completions", query: "", headers, params: {} };
  const identified = core.exchange.credential(null, parts);
  if (!identified.ok) throw new Error("the caller was refused");
  return { caller: identified.value };
}

/** The lane that was asked, and the other one of its account. */
function outOf(core: Core): (string | null)[] {
  const { lanes, targets } = core.world.deployment;
  return (
    [
      ["pool", "v/default/one"],
      ["other", "v/default/two"],
    ] as const
  ).map(([name, id]) => {
    const [target, lane] = [targets[name], lanes[id]];
    if (target === undefined || lane === undefined) throw new Error("not deployed");
    return core.shared.health.condition(target, lane, core.effects.nowMs()).because;
  });
}

describe.each(ROWS)("$name", (row) => {
  for (const lane of LANES) {
    for (const client of CLIENTS) {
      const way = client === lane ? "relayed" : "translated";
      for (const isStream of [true, false]) {
        const how = isStream ? `${way} stream` : `whole, ${way}`;
        test(`${how}: a ${client} client on ${lane} lanes`, async () => {
          const core = coreOf(row, lane);
          const body = question(client, { stream: isStream });
          const got = await core.ask({ protocol: client, body, ...callerOf(core, row) });
          expect([got.status, got.headers["x-ringmain-error"], got.headers["retry-after"]]).toEqual([
            row.status,
            row.kind,
            row.retryAfter,
          ]);
          expect(outOf(core)).toEqual([...row.out]);
          expect(core.records[0]?.attempts.map(({ outcome }) => outcome.toString())).toEqual([
            row.kind.replaceAll("_", "-"),
          ]);
        });
      }
    }
  }
});
