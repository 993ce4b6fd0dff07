// Records without secrets: words of clients and vendors are masked, and secrets are read no oftener than they are needed.
import { describe, expect, test } from "bun:test";
import type { ExchangeRecord } from "../../src/ir/record.ts";
import { createRecordMask } from "../../src/observability/mask-record.ts";
import { Secret } from "../../src/std/secret.ts";
import { attempt, record } from "./samples.ts";

const KEY = "a-key-of-the-gateway-0123456789";
const LOSS = { field: `tools.${KEY}`, how: "dropped", detail: `named ${KEY}` } as const;

function masked(given: ExchangeRecord): { text: string; reads: number } {
  let reads = 0;
  const mask = createRecordMask(() => {
    reads++;
    return [null, new Secret(KEY)];
  });
  return { text: JSON.stringify(mask(given)), reads };
}

describe("where a secret may stand", () => {
  test.each<[string, ExchangeRecord, number]>([
    ["nowhere: words of the configuration alone", record({ target: "smart", asked: "smart" }), 0],
    ["in the name that was asked for", record({ target: "smart", asked: KEY }), 1],
    ["in the model a vendor reports", record({ attempts: [attempt({ reportedModel: KEY })] }), 1],
    ["in losses, however many there are", record({ losses: Array(9).fill(LOSS), lossCount: 9 }), 1],
  ])("%s", (_, given, reads) => {
    const seen = masked(given);
    expect(seen.text).not.toContain(KEY);
    expect(seen.reads).toBe(reads);
  });
});
