import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `SPL1`: where a record begins, so that whole ones are found again behind damage. */
const MAGIC = 0x53_50_4c_31;
const HEADER_BYTES = 12;
/** A webhook is 64 kB at most; a length beyond this is damage. */
const LONGEST_PAYLOAD = 1024 * 1024;

/** A payload as the spool writes it: magic, length, CRC-32 of the payload (big endian, 4 bytes each), payload. */
export const framed = (payload: Buffer): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(MAGIC, 0);
  header.writeUInt32BE(payload.length, 4);
  header.writeUInt32BE(crc32(payload), 8);
  return Buffer.concat([header, payload]);
};

/** So many bytes that no disk makes less of, and that are never a record: whatever is left of them counts as torn off. */
export const neverWhole = (size: number): Buffer => {
  const bytes = framed(randomBytes(size - HEADER_BYTES));
  bytes.writeUInt32BE(size, 4); // longer than it is
  return bytes;
};

/** A whole record, and at which byte of its segment it begins: its name in there, whatever happens to others. */
export interface Frame {
  readonly at: number;
  readonly payload: Buffer;
}

/** What a segment holds. Positions are bytes from its start. */
export interface Reading {
  readonly frames: readonly Frame[];
  /** Ranges that hold no whole record, and were not torn off at the end. */
  readonly damaged: readonly { readonly from: number; readonly to: number }[];
  /** Where what is to be kept ends: what follows was torn off while it was written. */
  readonly end: number;
}

/** Where the record that starts here ends; null when none does. A start with nothing but zeros behind it is none. */
const endOf = (bytes: Buffer, at: number): number | null => {
  if (at + HEADER_BYTES > bytes.length || bytes.readUInt32BE(at) !== MAGIC) return null;
  const length = bytes.readUInt32BE(at + 4);
  const end = at + HEADER_BYTES + length;
  if (length === 0 || length > LONGEST_PAYLOAD || end > bytes.length) return null;
  return crc32(bytes.subarray(at + HEADER_BYTES, end)) === bytes.readUInt32BE(at + 8) ? end : null;
};

const magic = Buffer.alloc(4);
magic.writeUInt32BE(MAGIC);

/** The next place from here on at which a whole record starts; null when there is none. */
const nextFrom = (bytes: Buffer, from: number): number | null => {
  for (let at = bytes.indexOf(magic, from); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (endOf(bytes, at) !== null) return at;
  }
  return null;
};

/**
 * Whether what follows the last whole record was torn off while it was written: a record that is longer than what is
 * there of it, or ends in zeros, which is what a disk gives for what never came to it. Sealed records hold none.
 */
const isTorn = (tail: Buffer): boolean => {
  if (tail.length < HEADER_BYTES || tail.at(-1) === 0) return true;
  const length = tail.readUInt32BE(4);
  return tail.readUInt32BE(0) === MAGIC && length <= LONGEST_PAYLOAD && HEADER_BYTES + length > tail.length;
};

/** Reads every whole record, over damage too. */
export const framesIn = (bytes: Buffer): Reading => {
  const frames: Frame[] = [];
  const damaged: { from: number; to: number }[] = [];
  let at = 0;
  for (;;) {
    const start = nextFrom(bytes, at);
    if (start === null) {
      if (isTorn(bytes.subarray(at))) return { frames, damaged, end: at };
      return { frames, damaged: [...damaged, { from: at, to: bytes.length }], end: bytes.length };
    }
    if (start > at) damaged.push({ from: at, to: start });
    at = endOf(bytes, start) ?? bytes.length;
    frames.push({ at: start, payload: bytes.subarray(start + HEADER_BYTES, at) });
  }
};
