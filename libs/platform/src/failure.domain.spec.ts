import { describe, expect, it } from '@jest/globals';

import { failureFields } from './failure.domain.js';

class Refusal {
  constructor(readonly authToken: string) {}
}

describe('what is logged of a failure', () => {
  it('is the name, message and stack of an error, with numbers masked', () => {
    const { name, error, stack } = failureFields(new TypeError('+14155550134 is no number'));
    expect([name, error]).toEqual(['TypeError', '***34 is no number']);
    expect(stack).toContain('TypeError: ***34 is no number');
  });

  it('is the text of what is no object, with numbers masked', () => {
    expect(failureFields('+14155550134 was thrown')).toEqual({ error: '***34 was thrown' });
    expect([7, null, Symbol('gone')].map(failureFields)).toEqual([
      { error: '7' },
      { error: 'null' },
      { error: 'Symbol(gone)' },
    ]);
    expect(failureFields(undefined)).toEqual({});
  });

  it('is nothing of what an object holds, be it a secret or itself', () => {
    const circle: Record<string, unknown> = { body: 'my door code' };
    circle['self'] = circle;
    expect(failureFields(new Refusal('secret'))).toEqual({ error: 'Refusal' });
    expect([circle, Object.create(null), [1], Refusal].map(failureFields)).toEqual([
      { error: 'Object' },
      { error: 'Object' },
      { error: 'Array' },
      { error: 'Function' },
    ]);
  });
});
