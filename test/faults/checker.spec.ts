import { describe, expect, it } from '@jest/globals';

import { judgeHistory, type History, type Sent, type Verdict } from './checker.ts';

const CALLER = '+12122002000';

const text = (sid: string, status = 200): Sent => ({
  kind: 'text',
  sid,
  event: `sms.incoming|${sid}`,
  status,
  from: '+13102002000',
});
const missedCall = (sid: string, status = 200): Sent[] =>
  (['call', 'dial'] as const).map((kind) => ({
    kind,
    sid,
    event: `call.${kind === 'call' ? 'incoming' : 'dial'}|${sid}`,
    status,
    from: CALLER,
    isMissed: true,
  }));

/** A hub that keeps its word: one text came in, one call was missed and texted, once each. */
const honest = (): History => ({
  sent: [text('SM1'), ...missedCall('CA1')],
  accepted: [{ to: CALLER, sid: 'SM9' }],
  visible: {
    events: new Map([
      ['sms.incoming|SM1', 1],
      ['call.incoming|CA1', 1],
      ['call.dial|CA1', 1],
    ]),
    texts: new Map([['SM1', { rows: 1, entries: 1 }]]),
    calls: new Map([['CA1', { rows: 1, entries: 1, outcome: 'missed' }]]),
    intents: [{ id: 'm1', to: CALLER, status: 'delivered', errorCode: null }],
  },
});
const seeing = (change: Partial<History['visible']>): History => {
  const history = honest();
  return { ...history, visible: { ...history.visible, ...change } };
};

const NOTHING_WRONG = {
  lost: [],
  missing: [],
  unexpected: [],
  doubledTexts: [],
  doubledEntries: [],
  untold: [],
};
const wrongIn = ({ lost, missing, unexpected, doubledTexts, doubledEntries, untold }: Verdict) => ({
  lost,
  missing,
  unexpected,
  doubledTexts,
  doubledEntries,
  untold,
});

describe('the checker', () => {
  it('finds nothing wrong with an honest history', () => {
    const verdict = judgeHistory(honest());
    expect(wrongIn(verdict)).toEqual(NOTHING_WRONG);
    expect(verdict).toMatchObject({
      sent: 3,
      acknowledged: 3,
      recovered: [],
      intents: { accepted: 1, open: 0 },
    });
  });

  it.each<[string, keyof Verdict, readonly string[], History]>([
    ['a text acknowledged and gone', 'lost', ['sms.incoming|SM1'], seeing({ texts: new Map() })],
    [
      'a text kept, and in no conversation',
      'lost',
      ['sms.incoming|SM1'],
      seeing({ texts: new Map([['SM1', { rows: 1, entries: 0 }]]) }),
    ],
    ['a call gone', 'lost', ['call.incoming|CA1', 'call.dial|CA1 (no text)'], seeing({ calls: new Map() })],
    [
      'a missed call taken for an answered one',
      'lost',
      ['call.dial|CA1 (no text)'],
      seeing({ calls: new Map([['CA1', { rows: 1, entries: 1, outcome: 'answered' }]]) }),
    ],
    [
      'a missed call whose text was suppressed',
      'lost',
      ['call.dial|CA1 (no text)'],
      {
        ...seeing({ intents: [{ id: 'm1', to: CALLER, status: 'suppressed', errorCode: null }] }),
        accepted: [],
      },
    ],
    [
      'an end of a call not kept',
      'lost',
      ['call.dial|CA1'],
      seeing({
        events: new Map([
          ['sms.incoming|SM1', 1],
          ['call.incoming|CA1', 1],
        ]),
      }),
    ],
    [
      'a text accepted twice by Twilio for one intent',
      'doubledTexts',
      [CALLER],
      {
        ...honest(),
        accepted: [
          { to: CALLER, sid: 'SM8' },
          { to: CALLER, sid: 'SM9' },
        ],
      },
    ],
    [
      'two intents for one missed call',
      'doubledTexts',
      [CALLER],
      seeing({
        intents: ['m1', 'm2'].map((id) => ({ id, to: CALLER, status: 'queued', errorCode: null })),
      }),
    ],
    [
      'a text to somebody whom nobody wanted to text',
      'doubledTexts',
      ['+15125550100'],
      { ...honest(), accepted: [...honest().accepted, { to: '+15125550100', sid: 'SM7' }] },
    ],
    [
      'a text twice in its conversation',
      'doubledEntries',
      ['SM1'],
      seeing({ texts: new Map([['SM1', { rows: 1, entries: 2 }]]) }),
    ],
    [
      'a call twice',
      'doubledEntries',
      ['CA1'],
      seeing({ calls: new Map([['CA1', { rows: 2, entries: 1, outcome: 'missed' }]]) }),
    ],
    [
      'a text that nobody sent',
      'unexpected',
      ['SM2'],
      seeing({ texts: new Map([...honest().visible.texts, ['SM2', { rows: 1, entries: 1 }]]) }),
    ],
    [
      'an event that nobody sent',
      'unexpected',
      ['call.status|CA7|completed'],
      seeing({ events: new Map([...honest().visible.events, ['call.status|CA7|completed', 1]]) }),
    ],
    [
      'a text refused and never imported',
      'missing',
      ['sms.incoming|SM3'],
      { ...honest(), sent: [...honest().sent, text('SM3', 503)] },
    ],
    [
      'a text said to be delivered that Twilio never took',
      'untold',
      ['m1 was never taken'],
      { ...honest(), accepted: [] },
    ],
    [
      'a text that failed and nobody says why',
      'untold',
      ['m1 failed without a reason'],
      seeing({ intents: [{ id: 'm1', to: CALLER, status: 'failed', errorCode: null }] }),
    ],
  ])('sees %s', (_, category, names, history) => {
    const verdict = judgeHistory(history);
    expect(verdict[category]).toEqual(names);
    const others = Object.entries(wrongIn(verdict)).filter(([name]) => name !== category);
    expect(others.flatMap(([, found]) => found)).toEqual([]);
  });

  it('calls what was not acknowledged and is there recovered', () => {
    const history = honest();
    const verdict = judgeHistory({ ...history, sent: [text('SM1', 0), ...missedCall('CA1', 0)] });
    expect(wrongIn(verdict)).toEqual(NOTHING_WRONG);
    expect(verdict.recovered).toEqual(['sms.incoming|SM1', 'call.incoming|CA1', 'call.dial|CA1']);
  });

  it('does not call a text lost or doubled whose end is open, held or failed with a reason', () => {
    const intents = ['sending', 'held', 'failed'].map((status, index) => ({
      id: `m${index}`,
      to: `+1512555010${index}`,
      status,
      errorCode: '30006',
    }));
    const verdict = judgeHistory({
      sent: [],
      accepted: [],
      visible: { ...seeing({ intents }).visible, texts: new Map(), calls: new Map(), events: new Map() },
    });
    expect(wrongIn(verdict)).toEqual(NOTHING_WRONG);
    expect(verdict.intents).toEqual({ accepted: 0, failed: 1, held: 1, open: 1 });
  });
});
