import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { intake, type IntakeInput } from './builtin.domain.js';
import type { DispatchAnswer, Fact, Line } from '../dispatch.domain.js';

const textBack: Line = {
  author: 'system',
  text: 'Sorry we missed your call! How can we help? Reply STOP to opt out.',
};
const business = 'Harbor Pipe Co';
const automated = /automated assistant/;
const customer = (text: string): Line => ({ author: 'customer', text });
const asks = (history: readonly Line[], more: Partial<IntakeInput> = {}): DispatchAnswer =>
  intake({ history, businessName: business, language: 'en', disclose: true, emergency: false, ...more });

describe('the built-in dispatcher', () => {
  it('asks what is wrong when nothing was said, and says what it is only when told to', () => {
    expect(asks([textBack]).asked).toBe('problem');
    expect(asks([textBack], { disclose: false }).text).not.toMatch(automated);
  });

  it('does not ask a caller whose name is known', () => {
    const answer = asks([textBack, customer('leaky faucet at 12 Bay St, call tomorrow')], {
      callerKnownName: 'Ana Ruiz',
    });
    expect(answer).toMatchObject({ action: 'handoff', lead: { name: 'Ana Ruiz' } });
    expect(answer.text).toContain('Ana Ruiz');
  });

  it("understands the answer to a human's question too", () => {
    const history: readonly Line[] = [
      textBack,
      customer('my drain is clogged'),
      { author: 'human', text: 'Sure thing, where are you located?' },
      customer('8 oak'),
    ];
    expect(asks(history)).toMatchObject({
      asked: 'name',
      lead: { address: '8 oak', jobType: 'drain_cleaning' },
    });
  });

  it('hands an emergency over without a word of its own', () => {
    expect(asks([textBack, customer('gas leak at 12 Bay St')], { emergency: true })).toMatchObject({
      action: 'handoff',
      text: null,
      lead: { urgency: 'emergency', address: '12 Bay St' },
    });
  });

  it('closes when the customer no longer needs anyone', () => {
    expect(asks([textBack, customer('nvm')]).action).toBe('close');
  });

  it('keeps its rules whatever is written, in whatever order', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.constantFrom(
        '12 Bay St',
        'my name is $99 http://x.com',
        'leak',
        'are you a bot?',
        'no',
        'ok',
        'how much',
        'gracias',
        'asap',
      ),
      fc
        .array(
          fc.constantFrom(
            'leak',
            'at',
            '12',
            'oak',
            'st',
            'Bob',
            'here',
            'call',
            'after',
            '5',
            ',',
            '.',
            '?',
            'hola',
          ),
          { maxLength: 60 },
        )
        .map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(
        fc.array(anyText, { minLength: 1, maxLength: 9 }),
        fc.constantFrom(
          'Harbor Pipe Co',
          'Ñandú & Söhne',
          '',
          'A very long name '.repeat(12),
          'Zero\u200bWidth\nPlumbing',
        ),
        (texts, businessName) => {
          const history: Line[] = [textBack];
          const questions: Fact[] = [];
          for (const text of texts) {
            history.push(customer(text));
            const answer = asks(history, { businessName });
            expect(asks(history, { businessName })).toEqual(answer);
            if (answer.asked) questions.push(answer.asked);
            if (answer.text === null) continue;
            expect(answer.text.length).toBeLessThanOrEqual(320);
            expect(answer.text).not.toMatch(/[\p{Cc}\p{Cf}$]|https?:|www\.|[a-z0-9]\.[a-z]{2,}/iu);
            history.push({ author: 'ai', text: answer.text });
          }
          expect(questions.length).toBeLessThanOrEqual(5);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    'a',
    'at 12 oak ',
    'after ',
    '1 ',
    'my name is ',
    'I need ',
    '.',
    'http://',
    'calle ',
    '12 a a a a ',
    'é',
    'corner of ',
  ])('reads 64 kB of %j at once', (unit) => {
    const started = performance.now();
    asks([textBack, customer(unit.repeat(Math.ceil(65_536 / unit.length)))]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
