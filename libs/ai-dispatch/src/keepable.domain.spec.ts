import { describe, expect, it } from '@jest/globals';

import { readDispatchBot } from './dispatch-bot-answer.domain.js';
import { keepable } from './keepable.domain.js';

describe('what somebody else wrote', () => {
  it.each([
    ['plain words', 'No water, café 🚿', 100, 'No water, café 🚿'],
    ['NUL and other controls', '\0garbage\u0007', 100, 'garbage'],
    ['half a character', 'a\uD83D b', 100, 'a  b'],
    ['a cut through a character', `${'x'.repeat(9)}🚿`, 10, 'x'.repeat(9)],
    ['more than fits', 'x'.repeat(20), 10, 'x'.repeat(10)],
  ])('is kept without what no database takes: %s', (_, text, longest, kept) => {
    expect(keepable(text, longest)).toBe(kept);
  });

  it('is kept of a fact too, cut through a character or not', () => {
    const answer = readDispatchBot({
      next_action: { message_to_customer: 'Hi' },
      extracted_info: { customer_name: `${'x'.repeat(499)}🚿`, customer_address: '\0' },
    });
    expect(answer?.lead).toMatchObject({ name: 'x'.repeat(499), address: '' });
  });
});
