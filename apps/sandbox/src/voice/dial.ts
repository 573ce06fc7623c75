import type { TwimlElement } from '../twiml.js';
import { calleeAt, type CallScript } from './call-script.js';
import { answer, note, type Exchange } from './exchange.js';
import { Leg, type LegOutcome } from './leg.js';
import type { Line } from './line.js';
import { newRecording, publishRecording } from './recording.js';
import type { Recording } from './recordings.js';
import type { VerbInHand } from './walker.js';

export interface DialResult {
  readonly status: 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled';
  /** The leg that the result is about. */
  readonly leg: Leg | null;
  readonly isBridged: boolean;
  readonly seconds: number | null;
  readonly recording: Recording | null;
}

const DIAL_TIMEOUT_SECONDS = 30;
const TIME_LIMIT_SECONDS = 14_400;
const TALK_SECONDS = 2;

/** What a Dial without a bridge reports when its legs ended differently: the first of these that occurred. */
const reports: readonly (readonly [LegOutcome, DialResult['status']])[] = [
  ['refused', 'no-answer'],
  ['no-answer', 'no-answer'],
  ['busy', 'busy'],
  ['failed', 'failed'],
];

/** One `<Dial>`: its legs ring, the first to be answered and accepted is bridged. */
export class Dial {
  readonly #legs: readonly Leg[];
  readonly #outcomes = new Map<Leg, LegOutcome>();

  constructor(
    private readonly exchange: Exchange,
    private readonly line: Line,
    private readonly inHand: VerbInHand,
    script: CallScript,
  ) {
    const { verb, document } = inHand;
    const callerId = verb.attributes['callerId'] ?? line.call.from;
    this.#legs = numbersOf(verb).map(({ number, element }) => {
      const target = { number, element, document, callerId, callee: calleeAt(script, number) };
      return new Leg(exchange, line.call, target);
    });
  }

  /** Whether the call stays unanswered until it is bridged. */
  get answersOnBridge(): boolean {
    const { verb } = this.inHand;
    return verb.attributes['answerOnBridge']?.toLowerCase() === 'true' && this.line.call.answeredAt === null;
  }

  async run(): Promise<DialResult> {
    if (!this.answersOnBridge) answer(this.exchange, this.line.call);
    const hangUp = (): void => this.#legs.forEach((leg) => leg.line.end('exchange'));
    const { signal } = this.line;
    if (signal.aborted) hangUp();
    signal.addEventListener('abort', hangUp, { once: true });
    const isSequential = this.inHand.verb.attributes['sequential']?.toLowerCase() === 'true';
    const winner = isSequential ? await this.#oneByOne() : await this.#allAtOnce();
    const result = winner ? await this.#bridge(winner) : this.#missed();
    signal.removeEventListener('abort', hangUp);
    note(this.exchange, this.line.call, result.isBridged ? 'dial-bridged' : 'missed', result.status);
    return result;
  }

  async #oneByOne(): Promise<Leg | null> {
    for (const leg of this.#legs) {
      if (this.line.signal.aborted) return null;
      if ((await this.#ring(leg)) === 'accepted') return leg;
    }
    return null;
  }

  async #allAtOnce(): Promise<Leg | null> {
    const winners: Leg[] = [];
    const ringing = this.#legs.map(async (leg) => {
      if ((await this.#ring(leg)) !== 'accepted') return;
      winners.push(leg);
      if (winners[0] !== leg) leg.finish('completed');
      for (const other of this.#legs) if (other !== winners[0]) other.line.end('exchange');
    });
    // The others stop as soon as one has won, so this waits for nobody else.
    await Promise.all(ringing);
    return winners[0] ?? null;
  }

  async #ring(leg: Leg): Promise<LegOutcome> {
    const outcome = await leg.ring(Number(this.inHand.verb.attributes['timeout'] ?? DIAL_TIMEOUT_SECONDS));
    this.#outcomes.set(leg, outcome);
    return outcome;
  }

  async #bridge(leg: Leg): Promise<DialResult> {
    const { exchange, line } = this;
    const { verb } = this.inHand;
    answer(exchange, line.call);
    note(exchange, line.call, 'bridged', leg.call.to);
    const longest = Number(verb.attributes['timeLimit'] ?? TIME_LIMIT_SECONDS);
    const seconds = Math.min(leg.target.callee.talkSeconds ?? TALK_SECONDS, longest);
    const hungUp = AbortSignal.any([line.signal, leg.line.signal]);
    await exchange.timers.sleep(exchange.time.ms(seconds), hungUp);
    leg.finish('completed');
    const recording = this.#record(leg);
    return { status: 'completed', leg, isBridged: true, seconds: leg.call.durationSeconds, recording };
  }

  #record(leg: Leg): Recording | null {
    const { verb } = this.inHand;
    if (!verb.attributes['record']?.startsWith('record-')) return null;
    const recording = newRecording(this.line.call, 'DialVerb', leg.call.durationSeconds ?? 0);
    publishRecording(this.exchange, recording, verb);
    return recording;
  }

  #missed(): DialResult {
    const nothing = { isBridged: false, seconds: null, recording: null };
    if (this.line.signal.aborted) return { ...nothing, status: 'canceled', leg: this.#legs[0] ?? null };
    for (const [outcome, status] of reports) {
      const leg = this.#legs.find((each) => this.#outcomes.get(each) === outcome);
      if (leg) return { ...nothing, status, leg };
    }
    return { ...nothing, status: 'failed', leg: this.#legs[0] ?? null };
  }
}

/** The `<Number>`s of a Dial, or the number that is its text. */
function numbersOf(dial: TwimlElement): { number: string; element: TwimlElement }[] {
  const numbers = dial.children.filter(({ name }) => name === 'Number');
  const elements = numbers.length === 0 && dial.text !== '' ? [dial] : numbers;
  return elements.map((element) => ({ number: element.text.replace(/[\s().-]/g, ''), element }));
}
