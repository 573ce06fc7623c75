import { answer, notePhone, type Exchange } from './exchange.js';
import type { Line } from './line.js';
import { methodIn, urlIn, type Step, type VerbHandlers, type VerbInHand } from './walker.js';

const GATHER_TIMEOUT_SECONDS = 5;
const PAUSE_SECONDS = 1;
const MOST_DIGITS = 128;

/** The verbs that any line understands. Speech takes no time here. */
export function spokenVerbs(exchange: Exchange, line: Line): VerbHandlers {
  const hear = (text: string): Step => {
    answer(exchange, line.call);
    notePhone(exchange, line, 'hears', text);
    return 'next';
  };
  return {
    Say: ({ verb }) => hear(verb.text),
    Play: ({ verb }) => hear(`[plays ${verb.text || `digits ${verb.attributes['digits'] ?? ''}`}]`),
    Pause: async ({ verb }): Promise<Step> => {
      const seconds = Number(verb.attributes['length'] ?? PAUSE_SECONDS);
      await exchange.timers.sleep(exchange.time.ms(seconds), line.signal);
      return 'next';
    },
    Gather: (inHand) => gather(exchange, line, inHand),
    Redirect: ({ verb, document }) => ({
      fetch: { url: urlIn(document, verb.text), method: methodIn(verb), purpose: 'redirect', params: {} },
    }),
    Hangup: () => {
      answer(exchange, line.call);
      return { end: 'hung-up' };
    },
  };
}

/** `<Reject>` leaves the call unanswered only as its very first verb. */
export function reject(exchange: Exchange, line: Line, { verb, isFirst }: VerbInHand): Step {
  const isBusy = verb.attributes['reason']?.toLowerCase() === 'busy';
  notePhone(exchange, line, 'hears', isBusy ? '[busy tone]' : '[number not in service]');
  if (!isFirst) return { end: 'hung-up' };
  return { end: isBusy ? 'rejected-busy' : 'rejected' };
}

async function gather(exchange: Exchange, line: Line, inHand: VerbInHand): Promise<Step> {
  const { verb, document } = inHand;
  answer(exchange, line.call);
  const spoken = spokenVerbs(exchange, line);
  for (const child of verb.children) await spoken[child.name]?.({ ...inHand, verb: child });
  const digits = await digitsFor(exchange, line, inHand);
  const isWanted = digits !== '' || verb.attributes['actionOnEmptyResult'] === 'true';
  if (line.signal.aborted || !isWanted) return 'next';
  const url = urlIn(document, verb.attributes['action']);
  const params = { Digits: digits, msg: 'Gather End' };
  return { fetch: { url, method: methodIn(verb), purpose: 'gather', params } };
}

async function digitsFor(exchange: Exchange, line: Line, { verb }: VerbInHand): Promise<string> {
  const { input = 'dtmf', numDigits, finishOnKey = '#', timeout } = verb.attributes;
  const takesDigits = input.split(/\s+/).includes('dtmf');
  const digits = takesDigits ? line.press(Number(numDigits ?? MOST_DIGITS), finishOnKey) : '';
  if (digits !== '') {
    notePhone(exchange, line, 'presses', digits);
    return digits;
  }
  const seconds = Number(timeout ?? GATHER_TIMEOUT_SECONDS) || GATHER_TIMEOUT_SECONDS;
  await exchange.timers.sleep(exchange.time.ms(seconds), line.signal);
  return '';
}
