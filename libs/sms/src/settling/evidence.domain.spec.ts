import { describe, expect, it } from '@jest/globals';

import {
  doubtAbsence,
  findingOf,
  sentWords,
  type Listed,
  type Unproven,
  type UnprovenOther,
} from './evidence.domain.js';
import type { Finding } from '../sending/send-state.domain.js';

const T0 = 1_000_000;
const row = (sid: string, at: number | null, body = 'Hello'): Listed => ({ sid, body, createdAt: at });
const send = (messageId: string, openedAt = T0, open = false): Unproven => ({
  attemptId: `of-${messageId}`,
  messageId,
  openedAt,
  open,
});
const of = (listed: readonly Listed[] | null, sends: readonly Unproven[], messageId = 'A', body = 'Hello') =>
  findingOf(listed, { messageId, body, sends });
const match = (sid: string, messageId = 'A') => ({ kind: 'matched', attemptId: `of-${messageId}`, sid });
const absent: Finding = { kind: 'absent' };
const unclear = (why: string): Finding => ({ kind: 'unclear', why });

describe("Twilio's list says of a text", () => {
  it.each<[string, readonly Listed[] | null, readonly Unproven[], unknown]>([
    ['nothing when it cannot be had', null, [send('A')], unclear('list-unavailable')],
    ['that it is absent', [], [send('A')], absent],
    ['that it is there', [row('1', T0)], [send('A')], match('1')],
    ['that it is there, by a clock 5 s behind', [row('1', T0 - 5_000)], [send('A')], match('1')],
    [
      'nothing when its like is listed before it, as by a clock that is wrong',
      [row('1', T0 - 5_001)],
      [send('A')],
      unclear('its-like-is-listed-before-it'),
    ],
    [
      'that it is absent when its like is half an hour older',
      [row('1', T0 - 1_805_001)],
      [send('A')],
      absent,
    ],
    ['that it is there, however late', [row('1', T0 + 500_000)], [send('A')], match('1')],
    ['that it is there, without a time', [row('1', null)], [send('A')], match('1')],
    [
      'that it is there, and not what its like was that was lacking before',
      [row('1', T0)],
      [send('B', T0 - 600_000), send('A')],
      match('1'),
    ],
    [
      'that it is absent when the row is older than it',
      [row('1', T0 - 600_000)],
      [send('B', T0 - 600_000), send('A')],
      absent,
    ],
    [
      "that it is there, behind a trial account's words",
      [row('1', T0, 'Sent from your Twilio trial account - Hello')],
      [send('A')],
      match('1'),
    ],
    ['nothing by a text that only ends with it', [row('1', T0, 'Oh, Hello')], [send('A')], absent],
    ['nothing by another text', [row('1', T0, 'Bye')], [send('A')], absent],
    [
      'nothing when there are more than were sent',
      [row('1', T0), row('2', T0)],
      [send('A')],
      unclear('more-listed-than-sent'),
    ],
    [
      'nothing when a text like it is under way',
      [row('1', T0)],
      [send('A'), send('B', T0, true)],
      unclear('its-like-is-under-way'),
    ],
    [
      'that it is there, one under way or not, when each has its row',
      [row('1', T0), row('2', T0 + 1)],
      [send('A'), send('B', T0 + 1, true)],
      match('1'),
    ],
    ['nothing when bodies are redacted', [row('1', T0, '')], [send('A')], unclear('redacted')],
    [
      'nothing when bodies are redacted that are listed before it',
      [row('1', T0 - 60_000, '')],
      [send('A')],
      unclear('its-like-is-listed-before-it'),
    ],
  ])('%s', (_, listed, sends, finding) => {
    expect(of(listed, sends)).toEqual(finding);
  });

  it('of a picture without words what it says of any text', () => {
    expect(of([row('1', T0, '')], [send('A')], 'A', '')).toEqual(match('1'));
  });

  it('oldest to oldest, when there are several alike', () => {
    const sends = [send('B', T0 + 10_000), send('A'), send('C', T0 + 20_000)];
    const rows = [row('2', T0 + 10_000), row('1', T0)];
    expect(of(rows, sends, 'A')).toEqual(match('1'));
    expect(of(rows, sends, 'B')).toEqual(match('2', 'B'));
    expect(of(rows, sends, 'C')).toEqual(absent);
  });

  it('that a row is of a text sent before it, never after', () => {
    const sends = [send('A'), send('B', T0 + 60_000)];
    expect(of([row('1', T0 + 2_000)], sends, 'B')).toEqual(absent);
    expect(of([row('1', T0 + 2_000), row('2', T0 + 3_000)], sends, 'A')).toEqual(
      unclear('more-listed-than-sent'),
    );
  });

  it('by an earlier attempt of the message, that it is there', () => {
    const attempts = [
      { ...send('A'), attemptId: 'first' },
      { ...send('A', T0 + 120_000), attemptId: 'second' },
    ];
    expect(of([row('1', T0 + 100_000)], attempts)).toEqual({ kind: 'matched', attemptId: 'first', sid: '1' });
  });
});

describe('an absence', () => {
  const other = (messageId: string, body: string, openedAt = T0): UnprovenOther => ({
    ...send(messageId, openedAt),
    body,
  });
  const believed = (
    listed: readonly Listed[],
    others: readonly UnprovenOther[] = [],
    finding: Finding = absent,
  ) => doubtAbsence(finding, listed, { body: 'Hello', firstAt: T0, others });

  it.each<[string, readonly Listed[], readonly UnprovenOther[], Finding]>([
    ['is believed when nothing is listed', [], [], absent],
    [
      'is doubted when a text is listed that nobody sent',
      [row('1', T0, 'Hallo')],
      [],
      unclear('unlike-text'),
    ],
    ['is believed when that is older', [row('1', T0 - 5_001, 'Hallo')], [], absent],
    ['is believed when another text of ours explains it', [row('1', T0, 'Bye')], [other('B', 'Bye')], absent],
    [
      "is believed when another text explains it behind a trial account's words",
      [row('1', T0, 'Sent from your Twilio trial account - Bye')],
      [other('B', 'Bye')],
      absent,
    ],
    [
      'is doubted when the other text was sent after it',
      [row('1', T0, 'Bye')],
      [other('B', 'Bye', T0 + 60_000)],
      unclear('unlike-text'),
    ],
    [
      'is doubted when one of two is explained',
      [row('1', T0, 'Bye'), row('2', T0, 'Bye')],
      [other('B', 'Bye')],
      unclear('unlike-text'),
    ],
  ])('%s', (_, listed, others, finding) => {
    expect(believed(listed, others)).toEqual(finding);
  });

  it('alone is doubted', () => {
    const found: Finding = { kind: 'matched', attemptId: 'of-A', sid: '1' };
    expect(believed([row('2', T0, 'Hallo')], [], found)).toEqual(found);
  });
});

it('knows the words that a trial account sent', () => {
  expect(sentWords('Sent from your Twilio trial account - Hello')).toBe('Hello');
  expect(sentWords('Hello')).toBe('Hello');
});
