/** Values that stand for a vendor's sealed reasoning: base64 of who sealed which step, as long as a real one at least. */

export function sealOf(vendor: string, step: number): string {
  return Buffer.from(`${vendor} sealed step ${step} `.padEnd(60, "#")).toString("base64");
}

const openedOf = (seal: string): string => Buffer.from(seal, "base64").toString();

export const isSealOf = (vendor: string, seal: string): boolean => openedOf(seal).startsWith(`${vendor} sealed step `);

/** The step a vendor sealed; null: the value is not this vendor's. */
export function stepOfSeal(vendor: string, seal: string): number | null {
  const match = openedOf(seal).match(/^(\S+) sealed step (\d+) /);
  return match?.[1] === vendor ? Number(match[2]) : null;
}
