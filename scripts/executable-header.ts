// Reads from an executable's first bytes which system and processor it is for, so that a build for a platform we cannot
// run is at least known to be what its name says. Sources: the ELF gABI, Mach-O loader.h, the PE/COFF specification.

/** Enough for every header field read here: program headers and the interpreter's name stand in the first pages. */
export const headerBytes = 8192;

/** What the header says, in the words of our file names, or null when the bytes are none of the known formats. */
export function describeExecutable(bytes: Uint8Array): string | null {
  if (bytes.length < 64) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) === ELF_MAGIC) return describeElf(bytes, view);
  if (view.getUint32(0, true) === MACH_O_64_MAGIC) return joined("darwin", MACH_O_CPUS.get(view.getUint32(4, true)));
  if (view.getUint16(0) === DOS_MAGIC) return describePe(view);
  return null;
}

/** Offset 18 is e_machine; the C library shows in the name of the program interpreter. */
function describeElf(bytes: Uint8Array, view: DataView): string | null {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, headerBytes));
  const libc = text.includes("/ld-musl-") ? "-musl" : text.includes("/ld-linux-") ? "" : "-static";
  const name = joined("linux", ELF_MACHINES.get(view.getUint16(18, true)));
  return name === null ? null : `${name}${libc}`;
}

/** The 32-bit field at 0x3c says where the PE signature stands; the machine follows it. */
function describePe(view: DataView): string | null {
  const at = view.getUint32(0x3c, true);
  if (at + 6 > view.byteLength || view.getUint32(at) !== PE_SIGNATURE) return null;
  return joined("windows", PE_MACHINES.get(view.getUint16(at + 4, true)));
}

const joined = (system: string, processor: string | undefined): string | null =>
  processor === undefined ? null : `${system}-${processor}`;

const ELF_MAGIC = 0x7f454c46;
const MACH_O_64_MAGIC = 0xfeedfacf;
const DOS_MAGIC = 0x4d5a; // "MZ"
const PE_SIGNATURE = 0x50450000; // "PE\0\0"
const ELF_MACHINES: ReadonlyMap<number, string> = new Map([
  [62, "x64"],
  [183, "arm64"],
]);
const MACH_O_CPUS: ReadonlyMap<number, string> = new Map([
  [0x01000007, "x64"],
  [0x0100000c, "arm64"],
]);
const PE_MACHINES: ReadonlyMap<number, string> = new Map([
  [0x8664, "x64"],
  [0xaa64, "arm64"],
]);
