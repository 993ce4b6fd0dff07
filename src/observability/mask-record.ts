/**
 * A record without secrets: the words of clients and vendors in it may hold one, by mistake or as an echo. All folds are
 * given what comes out of here, so that none of them needs to look.
 */
import type { ExchangeRecord } from "../ir/record.ts";
import { redact } from "../std/redact.ts";
import type { Secret } from "../std/secret.ts";

/** `secrets`: those of the deployment, as they are now; null: one that cannot be read. */
export function createRecordMask(
  secrets: () => readonly (Secret | null)[],
): (record: ExchangeRecord) => ExchangeRecord {
  return (record) => {
    const { asked, attempts, losses, target } = record;
    // Nothing but the configuration's own words, as of nearly every request.
    const isPlain = asked === null || asked === target;
    const isEchoed = attempts.some(
      ({ reportedModel, upstreamModel }) => reportedModel !== null && reportedModel !== upstreamModel,
    );
    if (isPlain && !isEchoed && losses.length === 0) return record;
    // Read once a record: a secret may stand in a file.
    const known = secrets();
    const mask = (text: string): string =>
      redact(known.reduce((rest, secret) => secret?.maskedInText(rest) ?? rest, text));
    return {
      ...record,
      asked: isPlain ? asked : mask(asked),
      attempts: isEchoed
        ? attempts.map((attempt) => ({
            ...attempt,
            reportedModel: attempt.reportedModel === null ? null : mask(attempt.reportedModel),
          }))
        : attempts,
      losses: losses.map((loss) => ({ ...loss, field: mask(loss.field), detail: mask(loss.detail) })),
    };
  };
}
