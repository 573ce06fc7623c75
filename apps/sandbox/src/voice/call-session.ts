import type { TwilioNumber } from '../numbers.js';
import { finalStatus, newCall, present, standardParams, type Call, type CallStatus } from './call.js';
import type { CallScript } from './call-script.js';
import { Dial, type DialResult } from './dial.js';
import { answer, note, notePhone, type Exchange } from './exchange.js';
import { progressParams } from './leg.js';
import { Line } from './line.js';
import { record, tell } from './record-verb.js';
import { recordingParams } from './recording.js';
import { reject, spokenVerbs } from './verbs.js';
import { methodIn, urlIn, Walker, type Step, type VerbInHand, type WalkEnd } from './walker.js';

const RECORD_SECONDS = 2;
const APPLICATION_ERROR = 'We are sorry, an application error has occurred. Goodbye.';

/** One call to a Twilio number, from the first ring to its final status callback. */
export class CallSession {
  readonly call: Call;
  readonly #line: Line;
  readonly #number: TwilioNumber;

  constructor(
    private readonly exchange: Exchange,
    private readonly script: CallScript,
  ) {
    const { from, to, callerName, forwardedFrom, stirVerstat, callerPresses = '' } = script;
    this.#number = exchange.numbers.find(to);
    const { accountSid } = this.#number;
    const told = { callerName, forwardedFrom, stirVerstat };
    this.call = newCall({ accountSid, from, to, direction: 'inbound', status: 'ringing', ...told });
    this.#line = new Line(this.call, from, to, callerPresses);
  }

  /** Plays the call; resolves when it is over and its last webhook was answered. */
  async run(): Promise<void> {
    const { exchange, call } = this;
    exchange.calls.add(call);
    exchange.lines.set(call.sid, this.#line);
    note(exchange, call, 'started');
    notePhone(exchange, this.#line, 'calls');
    const cancelHangUp = this.#scheduleHangUp();
    const walker = new Walker(exchange, this.#line, this.#verbs(), this.#number.voiceFallbackUrl);
    const end = await walker.walk({ url: this.#number.voiceUrl, purpose: 'voice', params: {} });
    cancelHangUp();
    await this.#finish(end);
  }

  #scheduleHangUp(): () => void {
    const { callerHangsUpAfterSeconds: seconds } = this.script;
    if (seconds === undefined) return () => undefined;
    return this.exchange.timers.after(this.exchange.time.ms(seconds), () => {
      notePhone(this.exchange, this.#line, 'hangs-up');
      this.#line.end('caller');
    });
  }

  #verbs() {
    const { exchange, script } = this;
    const line = this.#line;
    return {
      ...spokenVerbs(exchange, line),
      Reject: (inHand: VerbInHand) => reject(exchange, line, inHand),
      Record: (inHand: VerbInHand) =>
        record(exchange, line, inHand, script.callerRecordsSeconds ?? RECORD_SECONDS),
      Dial: (inHand: VerbInHand) => this.#dial(inHand),
    };
  }

  async #dial(inHand: VerbInHand): Promise<Step> {
    const line = this.#line;
    const dial = new Dial(this.exchange, line, inHand, this.script);
    const { answersOnBridge } = dial;
    const result = await dial.run();
    const { action } = inHand.verb.attributes;
    if (!action) return 'next';
    const url = urlIn(inHand.document, action);
    const fetch = { url, method: methodIn(inHand.verb), purpose: 'dial-action', params: dialParams(result) };
    if (!line.signal.aborted) return { fetch };
    const isTold = result.isBridged || (this.script.actionOnHangup ?? !answersOnBridge);
    if (line.endedBy !== null && isTold) await tell(this.exchange, line, fetch);
    return 'next';
  }

  async #finish(end: WalkEnd): Promise<void> {
    const { exchange, call } = this;
    if (end === 'error') {
      answer(exchange, call);
      notePhone(exchange, this.#line, 'hears', APPLICATION_ERROR);
    }
    call.status = this.#statusAfter(end);
    call.endedAt = Date.now();
    call.durationSeconds = exchange.time.seconds(call.answeredAt ?? call.createdAt, call.endedAt);
    if (this.#line.endedBy !== 'caller') notePhone(exchange, this.#line, 'is-hung-up-on');
    this.#line.end('exchange');
    exchange.lines.delete(call.sid);
    note(exchange, call, 'ended', end);
    const { statusCallback: url } = this.#number;
    if (url === null) return;
    const params = { ...standardParams(call), ...progressParams(call, 0) };
    await exchange.alerts.notify(
      { accountSid: call.accountSid, purpose: 'call-status', url, params },
      call.sid,
    );
  }

  #statusAfter(end: WalkEnd): CallStatus {
    if (end === 'rejected') return 'no-answer';
    if (end === 'rejected-busy') return 'busy';
    if (this.call.status === 'canceled') return 'canceled';
    return finalStatus(this.call);
  }
}

const dialParams = ({ status, leg, isBridged, seconds, recording }: DialResult) => ({
  DialCallStatus: status,
  DialBridged: String(isBridged),
  ...present({ DialCallSid: leg?.call.sid, DialCallDuration: seconds === null ? null : String(seconds) }),
  ...(recording === null ? {} : recordingParams(recording)),
});
