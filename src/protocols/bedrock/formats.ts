/** Names of file formats here, and the media types everybody else uses. */
import type { AudioWord, DocumentWord, ImageWord } from "./wire.ts";

const IMAGES = {
  png: "image/png",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
} as const satisfies Record<ImageWord, string>;

const DOCUMENTS = {
  pdf: "application/pdf",
  csv: "text/csv",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  html: "text/html",
  txt: "text/plain",
  md: "text/markdown",
} as const satisfies Record<DocumentWord, string>;

const AUDIO = {
  aac: "audio/aac",
  flac: "audio/flac",
  m4a: "audio/m4a",
  mka: "audio/x-matroska",
  mkv: "video/x-matroska",
  mp3: "audio/mp3",
  mp4: "audio/mp4",
  mpeg: "audio/mpeg",
  mpga: "audio/mpga",
  ogg: "audio/ogg",
  opus: "audio/opus",
  pcm: "audio/pcm",
  wav: "audio/wav",
  webm: "audio/webm",
  "x-aac": "audio/x-aac",
} as const satisfies Record<AudioWord, string>;

export const imageTypeOf = (word: string): string | null => typeOf(IMAGES, word);
export const documentTypeOf = (word: string): string | null => typeOf(DOCUMENTS, word);
export const audioTypeOf = (word: string): string | null => typeOf(AUDIO, word);

export function imageWordOf(mediaType: string): string | null {
  return mediaType === "image/jpg" ? "jpeg" : wordOf(IMAGES, mediaType);
}

export const documentWordOf = (mediaType: string): string | null =>
  wordOf(DOCUMENTS, mediaType) ?? (mediaType.startsWith("text/") ? "txt" : null);
export const audioWordOf = (mediaType: string): string | null => wordOf(AUDIO, mediaType);
export const isAudioWord = (word: string): boolean => Object.hasOwn(AUDIO, word);

function typeOf(table: Readonly<Record<string, string>>, word: string): string | null {
  return Object.hasOwn(table, word) ? (table[word] ?? null) : null;
}

function wordOf(table: Readonly<Record<string, string>>, mediaType: string): string | null {
  return Object.keys(table).find((word) => table[word] === mediaType) ?? null;
}
