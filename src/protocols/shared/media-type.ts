/** How the base64 text of common formats begins: some clients send no media type, or a wrong one such as "image/jpg". */

const BASE64_STARTS = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["_9j_", "image/jpeg"], // URL-safe
  ["R0lGOD", "image/gif"],
  ["JVBERi", "application/pdf"],
] as const;

/** Null: unknown. */
export function sniffMediaType(base64: string): string | null {
  if (base64.startsWith("UklGR")) return base64.slice(8, 16).includes("V0VCU") ? "image/webp" : "audio/wav";
  return BASE64_STARTS.find(([start]) => base64.startsWith(start))?.[1] ?? null;
}

/** What the bytes say first, since it is what a vendor checks; null: unknown. */
export function mediaTypeOf(source: { readonly mediaType: string | null; readonly data: string }): string | null {
  return sniffMediaType(source.data) ?? source.mediaType?.toLowerCase().split(";")[0]?.trim() ?? null;
}
