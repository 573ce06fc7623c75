import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { framed, framesIn } from './frames.js';

const payload = fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const payloads = fc.array(payload, { maxLength: 12 });
const payloadsIn = (bytes: Buffer): readonly Buffer[] => framesIn(bytes).frames.map((one) => one.payload);
/** As sealing writes them: no zero bytes. */
const sealed = fc.base64String({ minLength: 1, maxLength: 400 }).map((text) => Buffer.from(text));
const file = (records: readonly Buffer[]): Buffer => Buffer.concat(records.map(framed));

describe('the records of a segment', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(payloads, (records) => {
        const bytes = file(records);
        expect(payloadsIn(bytes)).toEqual(records);
        expect(framesIn(bytes)).toMatchObject({ damaged: [], end: bytes.length });
      }),
    );
  });

  it('are whole up to a torn tail, wherever it was torn', () => {
    fc.assert(
      fc.property(payloads, payload, fc.double({ min: 0, max: 1, noNaN: true }), (records, last, share) => {
        const torn = framed(last);
        const whole = file(records);
        const bytes = Buffer.concat([whole, torn.subarray(0, Math.floor(torn.length * share * 0.999))]);
        expect(payloadsIn(bytes)).toEqual(records);
        expect(framesIn(bytes)).toMatchObject({ damaged: [], end: whole.length });
      }),
    );
  });

  it('are whole up to a tail of which the disk had only the length', () => {
    fc.assert(
      fc.property(payloads, sealed, fc.double({ min: 0, max: 1, noNaN: true }), (records, last, share) => {
        const torn = framed(last);
        const whole = file(records);
        torn.fill(0, Math.floor(torn.length * share * 0.999));
        const bytes = Buffer.concat([whole, torn]);
        expect(payloadsIn(bytes)).toEqual(records);
        expect(framesIn(bytes)).toMatchObject({ damaged: [], end: whole.length });
      }),
    );
  });

  it('before a damaged last one are found, and the damage is told, not taken for a torn tail', () => {
    fc.assert(
      fc.property(payloads, sealed, fc.nat(), fc.nat({ max: 7 }), (records, last, place, bit) => {
        const hurt = framed(last);
        const at = (place % (hurt.length - 4)) + 4;
        const where = at < 8 ? at - 4 : at;
        hurt.writeUInt8(hurt.readUInt8(where) ^ (1 << bit), where);
        const bytes = Buffer.concat([file(records), hurt]);
        expect(payloadsIn(bytes)).toEqual(records);
        expect(framesIn(bytes)).toMatchObject({
          damaged: [{ from: file(records).length, to: bytes.length }],
          end: bytes.length,
        });
      }),
    );
  });

  it('around damage in the middle are all found, and the damage is told', () => {
    fc.assert(
      fc.property(payloads, payload, fc.nat(), payload, (before, hurt, place, after) => {
        const wounded = framed(hurt);
        const at = place % wounded.length;
        wounded.writeUInt8(wounded.readUInt8(at) ^ 0x5a, at);
        const [from, to] = [file(before).length, file(before).length + wounded.length];
        const bytes = Buffer.concat([file(before), wounded, framed(after)]);
        expect(payloadsIn(bytes)).toEqual([...before, after]);
        expect(framesIn(bytes).damaged).toEqual([{ from, to }]);
        expect(framesIn(bytes).frames.at(-1)?.at).toBe(to);
      }),
    );
  });

  it('are not found in noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (noise) => {
        expect(payloadsIn(Buffer.from(noise))).toEqual([]);
      }),
    );
  });
});
