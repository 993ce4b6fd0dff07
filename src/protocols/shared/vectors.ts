/** Embedding vectors between numbers and base64: 32-bit floats, least significant byte first, as the vendors write them. */
import { WireError } from "../../std/wire-error.ts";

const BYTES_PER_FLOAT = 4;

export function encodeVector(values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * BYTES_PER_FLOAT);
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * BYTES_PER_FLOAT);
  return bytes.toString("base64");
}

/** Throws a WireError where the text does not hold whole floats. */
export function decodeVector(data: string): number[] {
  const bytes = Buffer.from(data, "base64");
  if (bytes.length === 0 || bytes.length % BYTES_PER_FLOAT !== 0) {
    throw new WireError("The provider's answer holds a vector that is no list of 32-bit floats in base64.");
  }
  return Array.from({ length: bytes.length / BYTES_PER_FLOAT }, (_, index) =>
    bytes.readFloatLE(index * BYTES_PER_FLOAT),
  );
}
