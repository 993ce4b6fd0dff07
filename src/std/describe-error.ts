/** What may be said of a thrown thing: its name, its code and its place. Its message may quote a body, a key or a path. */

export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = codeOf(error);
  const place = (error.stack ?? "").split("\n").find((line) => line.trimStart().startsWith("at "));
  return `${error.name}${code === null ? "" : ` ${code}`} ${place?.trim() ?? ""}`.trimEnd();
}

/** The word of the system or a library: `EADDRINUSE`, `SQLITE_BUSY`; null: it has none. */
export function codeOf(error: unknown): string | null {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  return typeof code === "string" ? code : null;
}
