import { XMLParser } from 'fast-xml-parser';

import { inboundText, newCall, progress, urlsIn, voice } from '../bench/missed-call-flow.mjs';
import { clock, randomFrom, until } from '../bench/open-loop.mjs';

const CALL = '/webhooks/twilio/call';
const STATUS = '/webhooks/twilio/call/status';
const TEXT = '/webhooks/twilio/sms';

/** Of the sessions that come, so many are calls of 3.5 webhooks, the rest texts: 40 % voice, 30 % SMS, 30 % status. */
const SHARE_OF_CALLS = 0.4;
const SHARE_MISSED = 1 / 3;
const SHARE_WITH_LEG = 0.5;
/** What Twilio says of every call, on its list too; nobody waits for it. */
const RANG_SECONDS = 24;
const PER_SESSION = SHARE_OF_CALLS * 3.5 + (1 - SHARE_OF_CALLS);

const xml = new XMLParser({ ignoreAttributes: false });
const listOf = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const numberOf = (entry) => String(typeof entry === 'object' ? entry['#text'] : entry).trim();

/** Whom a TwiML document dials, in its order; empty when it dials nobody or is no TwiML. */
export const dialedIn = (twiml) => {
  try {
    const dial = new XMLParser({ ignoreAttributes: false, parseTagValue: false }).parse(twiml).Response?.Dial;
    return listOf(dial?.Number).map(numberOf);
  } catch {
    return [];
  }
};

/** Whether the answer to a webhook is the right one: a call rings its own business, the rest is well-formed TwiML. */
const isRight = (kind, status, text, forwardTo) => {
  if (status !== 200) return false;
  if (kind === 'call') return dialedIn(text).join() === forwardTo;
  try {
    return Object.hasOwn(xml.parse(text), 'Response');
  } catch {
    return false;
  }
};

/** What Twilio says of a call that was forwarded, and that nobody took. */
export const missedDial = (call) => ({
  ...voice(call, 'ringing'),
  DialCallSid: call.legSid,
  DialCallStatus: 'no-answer',
  DialBridged: 'false',
});

const takenDial = (call) => ({
  ...voice(call, 'in-progress'),
  DialCallSid: call.legSid,
  DialCallStatus: 'completed',
  DialBridged: 'true',
  DialCallDuration: '31',
});

const leg = (call, isMissed) => ({
  ...voice(
    { callSid: call.legSid, from: call.from, to: call.forwardTo },
    isMissed ? 'no-answer' : 'in-progress',
    'outbound-dial',
  ),
  ParentCallSid: call.callSid,
  ...progress(2),
});

const completed = (call) => ({
  ...voice(call, 'completed'),
  ...progress(0),
  CallDuration: String(RANG_SECONDS),
  Duration: '1',
});

/** Customers who call and text as they like, whether or not the hub keeps up: an open loop, Poisson, by a seed. */
export class Traffic {
  /** Every webhook that was sent, with what came back: the generator's word. */
  history = [];
  #going = [];
  #stopAt = Number.POSITIVE_INFINITY;

  /**
   * @param client posts the webhooks
   * @param lines the hub's numbers: `number` and whom it forwards to, `forwardTo`
   * @param rate webhooks per second
   * @param known told of every call and text when it begins, as Twilio's lists know them; nobody, unless given
   */
  constructor({ client, lines, rate = 100, seed = 1, known = () => undefined }) {
    Object.assign(this, { client, lines, rate, known, random: randomFrom(seed) });
  }

  /** Starts now; `stop` ends it. */
  start() {
    this.startedAt = clock();
    this.#running = this.#run();
    return this;
  }

  #running = Promise.resolve();

  /** No new customer from now on; waits for those on the line. */
  async stop() {
    this.#stopAt = Math.min(this.#stopAt, clock());
    await this.#running;
    await Promise.all(this.#going);
    return this.history;
  }

  async #run() {
    const gapMs = (1_000 * PER_SESSION) / this.rate;
    for (let at = clock(); at < this.#stopAt; at += -Math.log(1 - this.random()) * gapMs) {
      await until(at);
      if (clock() >= this.#stopAt) return;
      const line = this.lines[Math.floor(this.random() * this.lines.length)];
      const call = { ...newCall(line.number), forwardTo: line.forwardTo };
      this.#going.push(this.random() < SHARE_OF_CALLS ? this.#call(call, at) : this.#text(call, at));
    }
  }

  async #deliver(of, to, params, dueAt) {
    await until(dueAt);
    const entry = { ...of, dueAt, status: 0, isMissed: undefined, ...of };
    this.history.push(entry);
    const answer = await this.client.post(to, params);
    const right = isRight(of.kind, answer.status, answer.text, of.forwardTo);
    Object.assign(entry, answer, { right, latencyMs: clock() - dueAt });
    if (right) delete entry.text;
    return answer;
  }

  async #text(call, at) {
    this.known({ kind: 'text', sid: call.textSid, from: call.from, to: call.to, body: bodyOf(call) });
    const of = { kind: 'text', event: `sms.incoming|${call.textSid}`, sid: call.textSid, from: call.from };
    await this.#deliver(of, TEXT, inboundText(call, bodyOf(call)), at);
  }

  async #call(call, at) {
    const isMissed = this.random() < SHARE_MISSED;
    const hasLeg = this.random() < SHARE_WITH_LEG;
    const rang = 400 + this.random() * 600;
    const of = { sid: call.callSid, from: call.from, forwardTo: call.forwardTo, isMissed };
    this.known({ kind: 'call', sid: call.callSid, from: call.from, to: call.to, status: 'ringing' });
    const incoming = { ...of, kind: 'call', event: `call.incoming|${call.callSid}` };
    const answer = await this.#deliver(incoming, CALL, voice(call, 'ringing'), at);
    const isOn = answer.status === 200 && answer.text.includes('<Dial');
    const urls = isOn ? urlsIn(answer.text) : null;
    const legStatus = isMissed ? 'no-answer' : 'in-progress';
    const legEvent = { ...of, kind: 'status', event: `call.status|${call.legSid}|${legStatus}` };
    const dialEvent = { ...of, kind: 'dial', event: `call.dial|${call.callSid}` };
    const endEvent = { ...of, kind: 'status', event: `call.status|${call.callSid}|completed` };
    await until(at + rang);
    this.known({
      kind: 'call',
      sid: call.callSid,
      from: call.from,
      to: call.to,
      status: 'completed',
      durationSeconds: RANG_SECONDS,
    });
    await Promise.all([
      ...(isOn && hasLeg ? [this.#deliver(legEvent, urls.leg, leg(call, isMissed), at + rang)] : []),
      ...(isOn
        ? [this.#deliver(dialEvent, urls.dial, isMissed ? missedDial(call) : takenDial(call), at + rang + 20)]
        : []),
      this.#deliver(endEvent, STATUS, completed(call), at + rang + 60),
    ]);
  }
}

const bodyOf = ({ textSid }) =>
  `Hi, my kitchen faucet drips. Can you come on Tuesday? (${textSid.slice(-6)})`;
