import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { framed, framesIn } from './frames.js';

const payload = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const payloads = fc.array(payload, { maxLength: 12 });
const file = (records: readonly Buffer[]): Buffer => Buffer.concat(records.map(framed));

describe('the records of a segment', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(payloads, (records) => {
        const bytes = file(records);
        expect(framesIn(bytes)).toEqual({ payloads: records, damaged: [], end: bytes.length });
      }),
    );
  });

  it('are whole up to a torn tail, wherever it was torn', () => {
    fc.assert(
      fc.property(payloads, payload, fc.double({ min: 0, max: 1, noNaN: true }), (records, last, share) => {
        const torn = framed(last);
        const whole = file(records);
        const bytes = Buffer.concat([whole, torn.subarray(0, Math.floor(torn.length * share * 0.999))]);
        expect(framesIn(bytes)).toEqual({ payloads: records, damaged: [], end: whole.length });
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
        const { payloads: read, damaged } = framesIn(Buffer.concat([file(before), wounded, framed(after)]));
        expect(read).toEqual([...before, after]);
        expect(damaged).toEqual([{ from, to }]);
      }),
    );
  });

  it('are not found in noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (noise) => {
        expect(framesIn(Buffer.from(noise)).payloads).toEqual([]);
      }),
    );
  });
});
