import { describe, expect, it } from '@jest/globals';

import { refusalOf, textBackChecks, type TextBackInput } from './text-back.domain.js';

describe('the text-back', () => {
  const fine: TextBackInput = {
    enabled: true,
    textable: true,
    abandoned: false,
    rangSeconds: 20,
    minRingSeconds: 3,
    minutesSinceTextBack: null,
    cooldownMinutes: 240,
    minutesSinceWritten: null,
    minutesSinceCall: 0,
  };

  it.each<[Partial<TextBackInput>, string | null]>([
    [{}, null],
    [{ enabled: false, textable: false }, 'disabled'],
    [{ textable: false }, 'not-textable'],
    [{ abandoned: true, rangSeconds: 2 }, 'too-short'],
    [{ abandoned: true, rangSeconds: 3 }, null],
    [{ abandoned: true, rangSeconds: null }, null],
    [{ abandoned: false, rangSeconds: 0 }, null],
    [{ minutesSinceCall: 9.9 }, null],
    [{ minutesSinceCall: 10, minutesSinceWritten: 5 }, 'too-late'],
    [{ minutesSinceWritten: 5, minutesSinceTextBack: 6 }, 'live-conversation'],
    [{ minutesSinceWritten: 31, minutesSinceTextBack: 6 }, 'cooldown'],
    [{ minutesSinceTextBack: 0, cooldownMinutes: 0 }, null],
  ])('given %j is refused with %s', (changes, reason) => {
    expect(refusalOf(textBackChecks({ ...fine, ...changes }))).toBe(reason);
  });
});
