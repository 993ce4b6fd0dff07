/** Health labels in order, for people who look at several of them at once. */
import type { HealthLabel } from "./condition.ts";

/** Worst first; a lane is shown as it stands where it stands worst. */
const LABELS_WORST_FIRST = [
  "disabled",
  "auth-failed",
  "exhausted",
  "rate-limited",
  "cooling-down",
  "pressure",
  "unknown",
  "healthy",
] as const satisfies readonly HealthLabel[];

export function worstLabel(labels: readonly HealthLabel[]): HealthLabel {
  return LABELS_WORST_FIRST.find((label) => labels.includes(label)) ?? "unknown";
}
