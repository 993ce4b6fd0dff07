// A secret put wherever one can be put occurs in nothing these rooms write.
import { expect, test } from "bun:test";
import { readCredential } from "../../src/governance/credential.ts";
import { createIdentify } from "../../src/governance/identify.ts";
import { toUsageRow } from "../../src/governance/usage-row.ts";
import type { AuthMode, Deployment, SecretRef } from "../../src/ir/deployment.ts";
import { createDecisions } from "../../src/observability/decisions.ts";
import { createLog } from "../../src/observability/log.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { renderPrometheus } from "../../src/observability/prometheus.ts";
import { createSinks } from "../../src/observability/sinks.ts";
import { createTotals, statsDocument } from "../../src/observability/stats.ts";
import { Secret } from "../../src/std/secret.ts";
import { deployment, GAUGES, lane, RECORDS, record, transition } from "./samples.ts";

const CANARY = "canary-7f3a9c";

/** An operator may write a secret into the file itself, in every place that takes one. */
const LITERAL: SecretRef = { kind: "template", text: CANARY };

function secretive(): Deployment {
  const plain = deployment();
  const lanes = Object.keys(plain.lanes).map((id) => lane(id, "anthropic", { credential: LITERAL }));
  const providers = Object.entries(plain.providers).map(([name, provider]) => [
    name,
    {
      ...provider,
      headers: { "x-secret": CANARY },
      proxy: `http://user:${CANARY}@127.0.0.1:1`,
      path: `/v1?key=${CANARY}`,
    },
  ]);
  return {
    ...plain,
    auth: { mode: "token", clientTokens: [LITERAL] },
    adminToken: LITERAL,
    lanes: Object.fromEntries(lanes.map((each) => [each.id, each])),
    providers: Object.fromEntries(providers),
  };
}

test.each(["token", "passthrough", "none"] satisfies AuthMode[])("with callers in mode %s", async (mode) => {
  const configured = secretive();
  const written: string[] = [];
  const logs = (["text", "json"] as const).map((format) =>
    createLog({ level: "debug", format, revision: "rev-1", wallMs: () => 0, write: (line) => written.push(line) }),
  );
  const metrics = createMetrics(configured, () => GAUGES);
  const totals = createTotals(configured);
  const decisions = createDecisions({ ring: 100, firstSeq: 1, deployment: configured, onDecision: () => undefined });
  const sinks = createSinks([...logs, metrics, totals, decisions].map(({ sink }) => sink));

  const identify = createIdentify({ mode, clientTokens: [new Secret(CANARY)] });
  const headers = { authorization: `Bearer ${CANARY}`, "x-api-key": CANARY };
  const credential = readCredential(
    { method: "POST", path: "/v1/messages", query: `key=${CANARY}`, headers, params: {} },
    { queryKey: true },
  );
  const identified = credential.kind === "one" ? identify(credential.secret) : identify(null);
  const caller = identified.ok ? identified.value.label : null;
  for (const each of RECORDS) sinks.record({ ...each, caller });
  sinks.transition(transition());
  const row = toUsageRow(record({ caller }));

  const stats = statsDocument(configured, { version: "1", uptimeMs: 0, lanes: [], totals: totals.byTarget() });
  const refusals = [identify(new Secret(`${CANARY}x`)), identify(null)];
  const outputs = [
    ...written,
    await renderPrometheus([metrics.snapshot()]),
    JSON.stringify([
      metrics.snapshot(),
      stats,
      decisions.list({ before: null, limit: 100 }),
      row,
      credential,
      identified,
      refusals,
    ]),
    Bun.inspect(
      [credential, identified, refusals, decisions.list({ before: null, limit: 100 }), metrics, totals, decisions, row],
      {
        depth: 20,
      },
    ),
  ];
  expect(caller).not.toBeNull();
  expect(sinks.failures.size).toBe(0);
  expect(written).toHaveLength(2 * (RECORDS.length + 1));
  expect(outputs.filter((output) => output.includes(CANARY))).toEqual([]);
});
