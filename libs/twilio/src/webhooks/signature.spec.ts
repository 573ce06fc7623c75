import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { isSignedWith } from './signature.js';
import { formOf } from './webhook-form.js';

interface Vector {
  readonly id: string;
  readonly token: string;
  readonly url: string;
  readonly valid: boolean;
  readonly kind: 'params' | 'body';
  readonly params?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  readonly signature: string | null;
}

/** Twilio's own libraries disagree on these: mixed-case hosts, and a null value (the test data's README). */
const DISPUTED = new Set(['cs-mixed-case-bad', 'cs-mixed-case-port-bad', 'java-null-values']);

const { vectors } = JSON.parse(readFileSync('test/data/signature-vectors.json', 'utf8')) as {
  vectors: Vector[];
};

describe('a Twilio signature', () => {
  it.each(vectors.filter(({ id }) => !DISPUTED.has(id)).map((vector) => [vector.id, vector] as const))(
    'is judged as Twilio does: %s',
    (_, { token, url, valid, kind, params = {}, body = '', signature }) => {
      const form =
        kind === 'body'
          ? { params: {}, repeated: false, json: body }
          : { params, repeated: false, json: null };
      expect(isSignedWith(token, { url, signature: signature ?? undefined, form })).toBe(valid);
    },
  );
});

describe('a webhook form', () => {
  it('notices a repeated key', () => {
    expect(formOf('From=%2B1&To=%2B2&From=%2B1')?.repeated).toBe(true);
  });

  it('is refused beyond 200 parameters', () => {
    expect(formOf(Array.from({ length: 201 }, (_, index) => `k${index}=v`).join('&'))).toBeNull();
    expect(formOf(Array.from({ length: 200 }, (_, index) => `k${index}=v`).join('&'))).not.toBeNull();
  });

  it('keeps keys that mean something to JavaScript as plain data', () => {
    expect(Object.getPrototypeOf(formOf('__proto__=x')?.params)).toBeNull();
  });
});
