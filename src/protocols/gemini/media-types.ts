/** Media types: what kind of thing they are, and what a file name says where nothing else does. */

type MediaKind = "image" | "audio" | "video" | "document";

export function kindOf(mediaType: string): MediaKind {
  const [family] = mediaType.toLowerCase().split("/");
  return family === "image" || family === "audio" || family === "video" ? family : "document";
}

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["heic", "image/heic"],
  ["pdf", "application/pdf"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["csv", "text/csv"],
  ["html", "text/html"],
  ["json", "application/json"],
  ["mp3", "audio/mpeg"],
  ["wav", "audio/wav"],
  ["flac", "audio/flac"],
  ["ogg", "audio/ogg"],
  ["m4a", "audio/m4a"],
  ["mp4", "video/mp4"],
  ["mov", "video/quicktime"],
  ["webm", "video/webm"],
]);

/** By the end of the path; null: it says nothing. */
export function typeOfAddress(url: string): string | null {
  const end = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(url)?.[1];
  return end === undefined ? null : (EXTENSIONS.get(end.toLowerCase()) ?? null);
}

const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/wave", "wav"],
  ["audio/mp3", "mp3"],
  ["audio/mpeg", "mp3"],
  ["audio/flac", "flac"],
  ["audio/ogg", "ogg"],
  ["audio/opus", "opus"],
  ["audio/aac", "aac"],
  ["audio/m4a", "m4a"],
]);

/** Null for what has no short name, as `audio/L16;rate=24000`. */
export function formatOf(mediaType: string): string | null {
  return AUDIO_FORMATS.get(mediaType.toLowerCase()) ?? null;
}

export function typeOfFormat(format: string): string {
  return format === "mp3" ? "audio/mpeg" : `audio/${format}`;
}

/** Addresses only the vendor itself can read: its file store and its cloud's buckets. */
export function isOwnAddress(url: string): boolean {
  return url.startsWith("gs://") || OWN_FILES.test(url) || !url.includes(":");
}

const OWN_FILES = /^https:\/\/generativelanguage\.googleapis\.com\/(v1[a-z0-9]*\/)?files\//;
const VIDEO_SITE = /^https:\/\/(www\.)?(youtube\.com\/|youtu\.be\/)/;

export function isVideoSite(url: string): boolean {
  return VIDEO_SITE.test(url);
}
