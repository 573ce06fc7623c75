import type { Listed } from '../../../libs/sms/src/settling/evidence.domain.js';
import type { Answer } from '../../../libs/sms/src/sending/send-state.domain.js';
import { outcomeOf } from '../../../libs/twilio/src/rest/send-answer.domain.js';
import type { Host, Work } from '../host.js';
import type { Settings } from '../hub/ground.js';
import { MINUTE, SECOND, type World } from '../world.js';
import type { Network } from './network.js';
import { callback, incoming, type OutgoingText, type Text } from './texts.js';

/** What a list said, for whoever checks on whoever read it. */
export interface Reading {
  readonly customer: string;
  readonly at: number;
  readonly sids: readonly string[];
}

/** What Twilio makes of an attempt in the end. */
export type Fate = 'accepted' | 'never' | 'later';

/** Who looks on when a request leaves, and when it is accepted. */
export interface Witness {
  readonly requested: (text: OutgoingText) => void;
  readonly accepted: (text: Text) => void;
}

const LIST_LAGS_MS = 29 * SECOND;
const REFUSALS = ['21211', '21408', '21610', '21614', '30004'] as const;
const ENDS = [
  ['delivered', null],
  ['delivered', null],
  ['delivered', null],
  ['delivered', null],
  ['delivered', null],
  ['delivered', null],
  ['undelivered', '30003'],
  ['undelivered', '30006'],
  ['failed', '30007'],
  ['sent', null],
] as const;
const STOPS = /^(stop|stopall|unsubscribe|cancel|end|quit|revoke|optout)$/i;
const STARTS = /^(start|unstop|yes)$/i;

/** Twilio's messages: what it accepts, when its lists show it, and what it says of it. */
export class Carrier {
  readonly texts: Text[] = [];
  readonly readings: Reading[] = [];
  /** What became of each attempt whose request left. */
  readonly fates = new Map<string, Fate>();
  private readonly world: World;
  private readonly settings: Settings;
  private readonly blocked = new Set<string>();
  private readonly behindMs: number;
  private readonly isTrial: boolean;
  private listAwayUntil = 0;
  private network: Network | null = null;
  private witness: Witness | null = null;

  constructor(world: World, settings: Settings) {
    this.world = world;
    this.settings = settings;
    this.behindMs = world.random.between(0, 3_900);
    this.isTrial = world.random.chance(0.1);
  }

  connect(network: Network, witness: Witness): void {
    this.network = network;
    this.witness = witness;
  }

  /** One request, as the hub's own transport makes it. */
  *send(host: Host, text: OutgoingText, mayLeave: () => boolean): Work<Answer> {
    const { world } = this;
    yield world.random.between(5, 60);
    if (world.buggify('twilio-unreachable', 0.2)) return { kind: 'not-sent', error: 'ECONNREFUSED' };
    if (!mayLeave()) {
      world.sometimes('an attempt was too old to leave');
      return { kind: 'not-sent', error: 'too late' };
    }
    this.witness?.requested(text);
    const answer = this.take(text);
    if (world.buggify('crash-after-request')) yield* host.dies();
    yield answer.kind === 'unknown' ? this.unknownAfter() : world.random.between(30, 400);
    if (world.buggify('freeze-after-request')) yield* host.sleepsFrozen();
    return answer;
  }

  /** Its list of messages to a customer since then, newest first; null when it cannot be had. */
  *between(customer: string, since: number): Work<readonly Listed[] | null> {
    yield this.world.random.between(20, 500);
    if (this.isListAway(0.5)) return null;
    const now = this.world.now;
    const rows = this.texts.filter(
      (one) => one.direction === 'outbound' && one.customer === customer && one.listedAt <= now,
    );
    const recent = rows.filter(({ createdAt }) => createdAt >= since);
    this.readings.push({ customer, at: now, sids: recent.map(({ sid }) => sid) });
    yield this.world.random.between(5, 100);
    return recent.toReversed().map(({ sid, body, createdAt }) => ({ sid, body, createdAt }));
  }

  /** Everything since then, oldest first; null when it cannot be had. */
  since(at: number): readonly Text[] | null {
    if (this.isListAway(0.3)) return null;
    return this.texts.filter(({ createdAt, listedAt }) => createdAt >= at && listedAt <= this.world.now);
  }

  /** A customer's text, which its webhook tells of. */
  receive(customer: string, body: string): void {
    if (STOPS.test(body)) this.blocked.add(customer);
    if (STARTS.test(body)) this.blocked.delete(customer);
    const text = this.add({ direction: 'inbound', customer, body, sent: null });
    this.network?.post({ event: incoming(text), waits: 'must-be-kept', tries: 2 });
  }

  /** Once, or for minutes. */
  private isListAway(share: number): boolean {
    const { world } = this;
    if (this.listAwayUntil > world.now) return true;
    const isAway = world.buggify('list-away', share);
    if (isAway && world.random.chance(0.2))
      this.listAwayUntil = Math.min(world.calmAt, world.now + world.random.between(MINUTE, 20 * MINUTE));
    return isAway;
  }

  private take(text: OutgoingText): Answer {
    const { world } = this;
    if (this.blocked.has(text.to)) return this.refuse(text, '21610');
    if (world.buggify('twilio-refuses')) return this.refuse(text, world.random.pick(REFUSALS));
    if (world.buggify('twilio-queue-full')) return this.refuse(text, '21611');
    this.fates.set(text.attemptId, 'never');
    if (world.buggify('twilio-too-many', 0.2))
      return outcomeOf({ status: 429, retryAfter: String(world.random.between(1, 20)), text: '{}' });
    if (world.buggify('twilio-loses-request', 0.15)) return { kind: 'unknown', error: 'ETIMEDOUT' };
    if (world.buggify('twilio-accepts-later', 0.15)) return this.acceptLater(text);
    const { sid } = this.accept(text);
    if (world.buggify('twilio-loses-answer', 0.15)) return this.lostAnswer();
    return outcomeOf({ status: 201, retryAfter: undefined, text: JSON.stringify({ sid }) });
  }

  private refuse({ attemptId }: OutgoingText, code: string): Answer {
    this.fates.set(attemptId, 'never');
    return outcomeOf({ status: 400, retryAfter: undefined, text: JSON.stringify({ code: Number(code) }) });
  }

  private lostAnswer(): Answer {
    return this.world.random.chance(0.5)
      ? outcomeOf({ status: 500, retryAfter: undefined, text: '' })
      : { kind: 'unknown', error: 'ECONNRESET' };
  }

  /** Within W of t0, and after an answer that said otherwise, or nothing. */
  private acceptLater(text: OutgoingText): Answer {
    const { world, settings } = this;
    this.fates.set(text.attemptId, 'later');
    const latest = text.openedAt + settings.windowMs - SECOND;
    const at = world.random.between(world.now + 100, Math.max(world.now + 100, latest));
    world.schedule(at - world.now, `Twilio accepts ${text.attemptId} at last`, () => {
      world.sometimes('Twilio accepted a text after it had answered an error');
      this.accept(text);
    });
    return this.lostAnswer();
  }

  private unknownAfter(): number {
    return this.world.random.pick([300, 5_000, 20_000]);
  }

  private accept(sent: OutgoingText): Text {
    this.fates.set(sent.attemptId, 'accepted');
    const text = this.add({ direction: 'outbound', customer: sent.to, body: this.listed(sent.body), sent });
    this.world.say(() => `  Twilio accepts ${sent.attemptId} of ${sent.messageId} as ${text.sid}`);
    this.witness?.accepted(text);
    const [end, code] = this.world.random.pick(ENDS);
    const words = end === 'sent' ? ['sent'] : end === 'failed' ? ['failed'] : ['sent', end];
    const lateMs = this.world.buggify('callbacks-late', 0.2)
      ? this.world.random.between(MINUTE, 30 * MINUTE)
      : 0;
    let inMs = this.world.random.between(1, 1_500);
    for (const word of this.world.random.chance(0.3) ? ['sending', ...words] : words) {
      const errorCode = word === end ? code : null;
      this.world.schedule(inMs, `${text.sid} is ${word}`, () =>
        this.becomes(text, word, { errorCode, lateMs }),
      );
      inMs += this.world.random.between(5, 3_000);
    }
    return text;
  }

  /** As its lists have it: it may replace characters, and a trial account's texts begin with its own words. */
  private listed(body: string): string {
    if (this.world.buggify('twilio-changes-words', 0.1)) return body.replace('e', '3');
    return this.isTrial ? `Sent from your Twilio trial account - ${body}` : body;
  }

  private becomes(
    text: Text,
    word: string,
    { errorCode, lateMs }: { readonly errorCode: string | null; readonly lateMs: number },
  ): void {
    text.status = word;
    text.errorCode = errorCode;
    const event = callback(text);
    if (event !== null) this.network?.post({ event, waits: 'nobody', tries: 1 }, lateMs);
  }

  private add(given: Pick<Text, 'direction' | 'customer' | 'body' | 'sent'>): Text {
    const { now, random } = this.world;
    const lag = this.world.buggify('list-lags', 0.5)
      ? random.between(0, LIST_LAGS_MS)
      : random.between(0, 300);
    const createdAt = Math.floor((now - this.behindMs) / SECOND) * SECOND;
    const born = { sid: this.world.id('SM'), createdAt, acceptedAt: now, listedAt: now + lag };
    const text: Text = { ...given, ...born, status: 'queued', errorCode: null };
    this.texts.push(text);
    return text;
  }
}
