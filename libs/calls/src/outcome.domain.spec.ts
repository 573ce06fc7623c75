import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  digitObservation,
  finalObservation,
  legObservation,
  legsOf,
  type Evidence,
  type Observation,
} from './evidence.domain.js';
import { outcomeOf, rangSeconds } from './outcome.domain.js';
import type { Patience, Verdict } from './verdict.domain.js';

const dial = (status: string, bridged: boolean | null, durationSeconds: number | null = null): Evidence => ({
  dial: { status, bridged, durationSeconds },
});
const final = (status: string, durationSeconds: number | null = null): Evidence => ({
  [finalObservation(status)]: { durationSeconds },
});
const leg = (sid: string, status: string, durationSeconds: number | null = null): Evidence => ({
  [legObservation(sid, status)]: { durationSeconds },
});
const missed = (reason: string): Verdict => ({ kind: 'missed', reason }) as Verdict;

describe('the outcome', () => {
  it.each<[string, Evidence, Patience, Verdict]>([
    ['nothing heard', {}, 'fresh', { kind: 'open', status: 'ringing' }],
    ['a leg that talks', leg('A', 'in-progress'), 'fresh', { kind: 'open', status: 'in-progress' }],
    [
      'a leg that still talks when swept',
      leg('A', 'in-progress'),
      'swept',
      { kind: 'open', status: 'in-progress' },
    ],
    ['a leg that talked, swept', leg('A', 'completed', 40), 'swept', { kind: 'answered' }],
    ['nothing, swept', {}, 'swept', missed('no-answer')],
    ['busy legs, swept', { ...leg('A', 'busy'), ...leg('B', 'busy') }, 'swept', missed('busy')],
    ['bridged', dial('completed', true, 30), 'fresh', { kind: 'answered' }],
    ['completed after a while, bridged unsaid', dial('completed', null, 11), 'fresh', { kind: 'answered' }],
    ['completed at once, bridged unsaid', dial('completed', null, 0), 'fresh', missed('no-answer')],
    ['completed, nothing more said', dial('completed', null), 'fresh', { kind: 'answered' }],
    [
      'completed at once, but a leg picked up',
      { ...dial('completed', null, 0), ...leg('A', 'in-progress') },
      'fresh',
      { kind: 'answered' },
    ],
    ['nobody picked up', dial('no-answer', false), 'fresh', missed('no-answer')],
    ['busy', dial('busy', null), 'fresh', missed('busy')],
    ['failed', dial('failed', null), 'fresh', missed('failed')],
    [
      'the caller gave up, duration unknown',
      dial('canceled', false),
      'fresh',
      { kind: 'wait', awaiting: 'duration' },
    ],
    [
      'the caller gave up, duration known',
      { ...dial('canceled', false), ...final('completed', 4) },
      'fresh',
      missed('abandoned'),
    ],
    [
      'a machine was bridged',
      { ...dial('completed', true, 5), amd: { answeredBy: 'machine_end_beep' } },
      'fresh',
      missed('voicemail'),
    ],
    ['only a final status', final('no-answer', 9), 'fresh', { kind: 'wait', awaiting: 'dial-action' }],
    ['only a final status, waited', final('no-answer', 9), 'waited', missed('abandoned')],
    [
      'a final status, and legs that nobody took: without a Dial action the caller hung up first',
      { ...final('no-answer', 21), ...leg('A', 'no-answer', 0), ...leg('B', 'no-answer') },
      'waited',
      missed('abandoned'),
    ],
    [
      'a final status, and a leg that was still ringing',
      { ...final('completed', 4), ...leg('A', 'no-answer', 0), ...leg('B', 'canceled') },
      'waited',
      missed('abandoned'),
    ],
    [
      'a final status and a leg that talked',
      { ...final('completed', 60), ...leg('A', 'completed', 50) },
      'waited',
      { kind: 'answered' },
    ],
    [
      'rejected',
      { rejected: { status: 'loop' }, ...dial('completed', true, 9) },
      'fresh',
      { kind: 'rejected' },
    ],
    ['nobody to ring', { unattended: {} }, 'fresh', missed('no-answer')],
  ])('of %s', (_, evidence, patience, verdict) => {
    expect(outcomeOf(evidence, patience)).toEqual(verdict);
  });

  const observations: readonly (readonly [string, Observation])[] = [
    ['incoming', { at: '2026-01-01T10:00:00.000Z' }],
    ...['no-answer', 'completed', 'busy'].map((status): [string, Observation] => [
      legObservation('A', status),
      { durationSeconds: 0 },
    ]),
    [legObservation('B', 'in-progress'), {}],
    ...['completed', 'no-answer', 'failed'].map((status): [string, Observation] => [
      finalObservation(status),
      { durationSeconds: 12, at: '2026-01-01T10:00:12.000Z' },
    ]),
    ['dial', { status: 'no-answer', bridged: false }],
    [digitObservation('A'), { digit: '2' }],
    [digitObservation('B'), { digit: '1' }],
    ['digit', { digit: '2' }],
    ['asked', {}],
    ['plan', { screening: 'keypress', phones: 2 }],
    ['amd', { answeredBy: 'human' }],
  ];
  const some = fc.shuffledSubarray([...observations], { minLength: 0 });

  it('is the same in whatever order it was heard', () => {
    fc.assert(
      fc.property(some, fc.constantFrom<Patience>('fresh', 'waited', 'swept'), (heard, patience) => {
        const forth = Object.fromEntries(heard);
        const back = Object.fromEntries(heard.toReversed());
        expect(outcomeOf(back, patience)).toEqual(outcomeOf(forth, patience));
        expect(rangSeconds(back)).toEqual(rangSeconds(forth));
        expect(legsOf(back).length).toBe(legsOf(forth).length);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is never waited for once the wait is over', () => {
    fc.assert(
      fc.property(some, fc.constantFrom<Patience>('waited', 'swept'), (heard, patience) => {
        expect(outcomeOf(Object.fromEntries(heard), patience).kind).not.toBe('wait');
      }),
    );
  });
});

describe('how long it rang', () => {
  it('is what Twilio signed, else what our clock saw, else unknown', () => {
    const began = { incoming: { at: '2026-01-31T23:59:50.000Z' } };
    expect(rangSeconds({ ...began, ...final('completed', 7) })).toBe(7);
    expect(rangSeconds({ ...began, dial: { status: 'canceled', at: '2026-01-31T23:59:54.500Z' } })).toBe(4.5);
    expect(rangSeconds(dial('canceled', false))).toBeNull();
  });
});
