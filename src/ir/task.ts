/** What a request is about, where a pool routes by it. */

export const TASKS = ["code", "reasoning", "research", "rewrite", "default"] as const;
export type Task = (typeof TASKS)[number];

/** null: it is no task's name. */
export function taskNamed(word: string): Task | null {
  const name = word.trim().toLowerCase();
  return TASKS.find((task) => task === name) ?? null;
}
