import { isPhoneNumber } from '../numbers.js';
import { rfc2822 } from '../rfc2822.js';
import type { TwimlDocument } from '../twiml-fetch.js';
import type { TwimlElement } from '../twiml.js';
import { newCall, present, standardParams, type Call, type CallStatus } from './call.js';
import type { Behaviour, Callee } from './call-script.js';
import { answer, note, notePhone, type Exchange } from './exchange.js';
import { Line } from './line.js';
import { spokenVerbs } from './verbs.js';
import { methodIn, urlIn, Walker } from './walker.js';

export interface LegTarget {
  readonly number: string;
  /** The `<Number>`, or the `<Dial>` itself when the number is its text. */
  readonly element: TwimlElement;
  readonly document: TwimlDocument;
  readonly callerId: string;
  readonly callee: Callee;
}

/** `refused`: somebody answered, and the whisper was not accepted. */
export type LegOutcome = 'accepted' | 'refused' | 'busy' | 'failed' | 'no-answer' | 'canceled';

type Reached = 'answered' | 'busy' | 'failed' | 'no-answer' | 'canceled';

const reachedBy: Readonly<Record<Behaviour, Reached>> = {
  answer: 'answered',
  voicemail: 'answered',
  'no-answer': 'no-answer',
  busy: 'busy',
  decline: 'busy',
  failed: 'failed',
};

const neverRings: ReadonlySet<Behaviour> = new Set(['busy', 'failed']);

/** One phone that a `<Dial>` rings. */
export class Leg {
  readonly call: Call;
  readonly line: Line;
  #sequence = 0;

  constructor(
    private readonly exchange: Exchange,
    private readonly parent: Call,
    readonly target: LegTarget,
  ) {
    const { number, callerId, callee } = target;
    this.call = newCall({
      accountSid: parent.accountSid,
      parentCallSid: parent.sid,
      from: callerId,
      to: number,
      direction: 'outbound-dial',
      status: 'initiated',
    });
    const presses = callee.behaviour === 'voicemail' ? '' : (callee.presses ?? '');
    this.line = new Line(this.call, number, callerId, presses);
  }

  /** Rings until it is answered and accepted, or over; ending its line stops it. */
  async ring(timeoutSeconds: number): Promise<LegOutcome> {
    const { exchange, call, line } = this;
    exchange.calls.add(call);
    exchange.lines.set(call.sid, line);
    this.#report('initiated');
    const reached = await this.#reach(timeoutSeconds);
    if (reached !== 'answered') {
      this.finish(reached);
      return reached;
    }
    this.#pickUp();
    if (await this.#isAccepted()) return 'accepted';
    this.finish('completed');
    return 'refused';
  }

  /** The leg is over. */
  finish(status: CallStatus): void {
    const { exchange, call, line } = this;
    if (call.endedAt !== null) return;
    call.status = status;
    call.endedAt = Date.now();
    call.durationSeconds = call.answeredAt === null ? 0 : Math.max(1, this.#secondsTalked(call.answeredAt));
    line.end('exchange');
    exchange.lines.delete(call.sid);
    notePhone(exchange, line, call.answeredAt === null ? 'stops-ringing' : 'hangs-up', status);
    this.#report('completed');
  }

  #secondsTalked(answeredAt: number): number {
    return this.exchange.time.seconds(answeredAt, Date.now());
  }

  async #reach(timeoutSeconds: number): Promise<Reached> {
    const { behaviour, afterSeconds } = this.target.callee;
    if (!isPhoneNumber(this.call.to)) return this.#unreachable(13223, 'Invalid phone number format');
    if (!neverRings.has(behaviour)) this.#startRinging();
    const due = afterSeconds ?? (behaviour === 'no-answer' ? timeoutSeconds : 1);
    const wait = this.exchange.time.ms(Math.min(due, timeoutSeconds));
    await this.exchange.timers.sleep(wait, this.line.signal);
    if (this.line.endedBy !== null) return 'canceled';
    const reached = due > timeoutSeconds ? 'no-answer' : reachedBy[behaviour];
    return reached === 'failed' ? this.#unreachable(13224, 'The number cannot be reached') : reached;
  }

  #unreachable(errorCode: number, reason: string): Reached {
    const { accountSid, sid, to } = this.call;
    const message = `Dial: ${reason}: ${to}`;
    this.exchange.alerts.raise({ accountSid, resourceSid: sid, errorCode, message, url: '' });
    return 'failed';
  }

  #startRinging(): void {
    this.call.status = 'ringing';
    notePhone(this.exchange, this.line, 'rings');
    this.#report('ringing');
  }

  #pickUp(): void {
    answer(this.exchange, this.call);
    const isVoicemail = this.target.callee.behaviour === 'voicemail';
    notePhone(this.exchange, this.line, isVoicemail ? 'voicemail-answers' : 'answers');
    this.#report('answered');
    if (this.target.element.attributes['machineDetection']) this.#detectMachine(isVoicemail);
  }

  /** Asynchronous machine detection: it does not hold the bridge up. */
  #detectMachine(isVoicemail: boolean): void {
    const { machineDetection = '', amdStatusCallback: url } = this.target.element.attributes;
    const waitsForBeep = machineDetection.toLowerCase() === 'detectmessageend';
    const machine = waitsForBeep ? 'machine_end_beep' : 'machine_start';
    this.call.answeredBy = isVoicemail ? machine : 'human';
    note(this.exchange, this.call, 'machine-detection', this.call.answeredBy);
    if (!url) return;
    const { accountSid, sid, answeredBy } = this.call;
    const params = {
      AccountSid: accountSid,
      CallSid: sid,
      AnsweredBy: answeredBy,
      MachineDetectionDuration: '500',
    };
    const webhook = {
      accountSid,
      purpose: 'machine-detection',
      url: urlIn(this.target.document, url),
      params,
    };
    this.exchange.ledger.background(this.exchange.alerts.notify(webhook, sid));
  }

  /** Without a whisper, whoever picks up has accepted; else whoever hears it to its end. */
  async #isAccepted(): Promise<boolean> {
    const { element, document } = this.target;
    const { url } = element.attributes;
    if (element.name !== 'Number' || !url) return true;
    const verbs = { ...spokenVerbs(this.exchange, this.line), Dial: () => this.#refuseToDial(url) };
    const walker = new Walker(this.exchange, this.line, verbs, null);
    const start = { url: urlIn(document, url), method: methodIn(element), purpose: 'whisper', params: {} };
    return (await walker.walk(start)) === 'document-over';
  }

  #refuseToDial(url: string): { end: 'error' } {
    const { accountSid, sid } = this.call;
    const message = 'Dial: Cannot Dial out from a Dial Call Segment';
    this.exchange.alerts.raise({ accountSid, resourceSid: sid, errorCode: 13201, message, url });
    return { end: 'error' };
  }

  /** One progress event; counted whether or not anybody listens. */
  #report(event: 'initiated' | 'ringing' | 'answered' | 'completed'): void {
    note(this.exchange, this.call, `leg-${event}`);
    const sequence = this.#sequence;
    this.#sequence += 1;
    const { statusCallback: url, statusCallbackEvent = 'completed' } = this.target.element.attributes;
    if (this.target.element.name !== 'Number' || !url) return;
    if (!statusCallbackEvent.split(/\s+/).includes(event)) return;
    const webhook = {
      accountSid: this.call.accountSid,
      purpose: 'leg-status',
      url: urlIn(this.target.document, url),
      method: methodIn(this.target.element, 'statusCallbackMethod'),
      params: { ...standardParams(this.call), ...progressParams(this.call, sequence) },
    };
    this.exchange.ledger.background(this.exchange.alerts.notify(webhook, this.call.sid));
  }
}

/** What a call progress callback adds to the standard parameters. */
export function progressParams(call: Call, sequence: number): Readonly<Record<string, string>> {
  const seconds = call.durationSeconds;
  return {
    Timestamp: rfc2822(Date.now()),
    CallbackSource: 'call-progress-events',
    SequenceNumber: String(sequence),
    ...present({
      CallDuration: seconds === null ? null : String(seconds),
      Duration: seconds === null ? null : String(Math.ceil(seconds / 60)),
      SipResponseCode: call.status === 'busy' ? '486' : null,
      AnsweredBy: call.answeredBy,
    }),
  };
}
