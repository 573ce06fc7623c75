import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { disclosed, guard } from './answer-guard.domain.js';
import { readDispatchBot } from './dispatch-bot-answer.domain.js';
import type { DispatchAnswer } from './dispatch.domain.js';

const lead = { name: null, address: null, jobType: null, urgency: null, summary: null };
const saying = (text: string | null, action: DispatchAnswer['action'] = 'reply'): DispatchAnswer => ({
  action,
  text,
  lead,
  asked: null,
});

describe("the guard on an AI's answer", () => {
  it.each([
    'see https://evil.test/x',
    'go to www.evil.com',
    'visit evil.com/pay',
    'bit.ly/x',
    'evil.zip/pay',
    '203.0.113.7/pay',
    'ｅｖｉｌ．ｃｏｍ',
  ])('refuses a link: %s', (text) => {
    expect(guard(saying(text)).kind).toBe('refused');
  });

  it.each(['We open at 8 a.m. tomorrow.', 'Is it 12 Bay St. or Bay Ave?', 'OK. Thanks'])(
    'lets plain words through: %s',
    (text) => {
      expect(guard(saying(text))).toMatchObject({ kind: 'fit', answer: { text } });
    },
  );

  it('removes what nobody sees, and refuses what is left empty or too long', () => {
    expect(guard(saying('He\u200Bllo\u{E0041}\u0007'))).toMatchObject({ answer: { text: 'Hello' } });
    expect(guard(saying('\u200B \u2060')).kind).toBe('refused');
    expect(guard(saying('x'.repeat(641))).kind).toBe('refused');
    expect(guard(saying(null, 'handoff')).kind).toBe('fit');
  });

  it('says once that it is automated', () => {
    expect(disclosed('Hello', 'en')).toBe('This is an automated assistant. Hello');
    expect(disclosed('Hi, this is the automated assistant', 'en')).toBe(
      'Hi, this is the automated assistant',
    );
    expect(disclosed('Hola, soy el asistente automático', 'es')).toBe('Hola, soy el asistente automático');
    expect(disclosed('I am not a bot', 'en')).toContain('This is an automated assistant.');
  });
});

describe("Dispatch-Bot-AI's answer", () => {
  it('is read tolerantly, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        const read = readDispatchBot(body);
        expect(read === null || ['reply', 'handoff', 'close'].includes(read.action)).toBe(true);
      }),
    );
  });

  it.each([
    [
      {
        next_action: { message_to_customer: 'Hi', action_type: 'something_new' },
        conversation_stage: 'moon',
      },
      { action: 'reply', text: 'Hi' },
    ],
    [
      { next_action: { message_to_customer: 'Hi', action_type: 'escalate_to_owner' } },
      { action: 'handoff', text: 'Hi' },
    ],
    [{ next_action: { action_type: 'escalate_to_human' } }, { action: 'handoff', text: null }],
    [
      { next_action: { message_to_customer: 'Bye', action_type: 'end_conversation' } },
      { action: 'close', text: 'Bye' },
    ],
    [{ next_action: { message_to_customer: 'Hi' }, conversation_stage: 'escalated' }, { action: 'handoff' }],
  ])('%j', (body, expected) => {
    expect(readDispatchBot(body)).toMatchObject(expected);
  });
});
