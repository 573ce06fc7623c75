import { describe, expect, it } from '@jest/globals';

import { digitObservation, legObservation, type Evidence } from './evidence.domain.js';
import { outcomeOf } from './outcome.domain.js';
import type { Patience, Verdict } from './verdict.domain.js';

const keypress: Evidence = { plan: { screening: 'keypress' } };
const keypressOf = (phones: number): Evidence => ({ plan: { screening: 'keypress', phones } });
const digit = (sid: string, pressed: string): Evidence => ({ [digitObservation(sid)]: { digit: pressed } });
const dial = (status: string, bridged: boolean | null, durationSeconds: number | null = null): Evidence => ({
  dial: { status, bridged, durationSeconds },
});
const leg = (sid: string, status: string, durationSeconds: number | null = null): Evidence => ({
  [legObservation(sid, status)]: { durationSeconds },
});
const missed = (reason: string): Verdict => ({ kind: 'missed', reason }) as Verdict;

describe('the outcome under screening', () => {
  it.each<[string, Evidence, Patience, Verdict]>([
    [
      'bridged, no digit yet',
      { ...keypress, ...dial('completed', true, 5) },
      'fresh',
      { kind: 'wait', awaiting: 'digit' },
    ],
    ['bridged, no digit came', { ...keypress, ...dial('completed', true, 5) }, 'waited', missed('voicemail')],
    [
      'the right digit',
      { ...keypress, ...dial('completed', true, 5), digit: { digit: '1' } },
      'fresh',
      { kind: 'answered' },
    ],
    [
      'another digit',
      { ...keypress, ...dial('no-answer', false), digit: { digit: '3' } },
      'fresh',
      missed('declined'),
    ],
    [
      'asked and silent',
      { ...keypress, ...dial('no-answer', false), asked: {} },
      'waited',
      missed('voicemail'),
    ],
    ['nobody picked up', { ...keypress, ...dial('no-answer', false) }, 'waited', missed('no-answer')],
    [
      'not bridged, and nothing heard of the phone',
      { ...keypress, ...dial('no-answer', false) },
      'fresh',
      { kind: 'wait', awaiting: 'digit' },
    ],
    [
      'the phone rang out',
      { ...keypress, ...dial('no-answer', false), ...leg('A', 'no-answer', 0) },
      'fresh',
      missed('no-answer'),
    ],
    [
      'a leg that is over without a word on whether it was picked up',
      { ...keypress, ...dial('no-answer', false), ...leg('A', 'completed', 0) },
      'fresh',
      { kind: 'wait', awaiting: 'digit' },
    ],
    [
      'told that no key was pressed',
      { ...keypress, ...dial('no-answer', false), asked: {}, digit: { digit: '' } },
      'fresh',
      missed('voicemail'),
    ],
    [
      'of two phones, one rang out and nothing heard of the other',
      { ...keypressOf(2), ...dial('no-answer', false), ...leg('A', 'no-answer', 0) },
      'fresh',
      { kind: 'wait', awaiting: 'digit' },
    ],
    [
      'of two phones, one rang out and one pressed no key',
      { ...keypressOf(2), ...dial('no-answer', false), ...leg('A', 'no-answer', 0), ...digit('B', '') },
      'fresh',
      missed('voicemail'),
    ],
    [
      'of two phones, bridged, and one was canceled because the other picked up',
      { ...keypressOf(2), ...dial('completed', true, 40), ...leg('A', 'canceled') },
      'fresh',
      { kind: 'wait', awaiting: 'digit' },
    ],
    [
      'of two phones, one declined and one took it',
      { ...keypressOf(2), ...dial('completed', true, 40), ...digit('A', '2'), ...digit('B', '1') },
      'fresh',
      { kind: 'answered' },
    ],
    [
      'of two phones, bridged, and only a refusal heard yet',
      { ...keypressOf(2), ...dial('completed', true, 40), ...digit('A', '2') },
      'fresh',
      { kind: 'wait', awaiting: 'digit' },
    ],
    [
      'of two phones, bridged, and only a refusal heard',
      { ...keypressOf(2), ...dial('completed', true, 40), ...digit('A', '2') },
      'waited',
      missed('declined'),
    ],
    [
      'of two phones, both declined',
      { ...keypressOf(2), ...dial('completed', null), ...digit('A', '2'), ...digit('B', '3') },
      'fresh',
      missed('declined'),
    ],
    [
      'of two phones, nobody bridged, one declined',
      { ...keypressOf(2), ...dial('no-answer', false), ...digit('A', '2') },
      'fresh',
      missed('declined'),
    ],
    [
      'of two phones, nobody bridged, and one silent',
      { ...keypressOf(2), ...dial('no-answer', false), ...digit('A', '') },
      'fresh',
      { kind: 'wait', awaiting: 'digit' },
    ],
  ])('%s', (_, evidence, patience, verdict) => {
    expect(outcomeOf(evidence, patience)).toEqual(verdict);
  });
});
