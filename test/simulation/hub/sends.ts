import { climbs } from '../../../libs/sms/src/message.domain.js';
import type { Author, Purpose } from '../../../libs/sms/src/message.domain.js';
import { isAnswer } from '../../../libs/sms/src/sending/resend.domain.js';
import { step } from '../../../libs/sms/src/sending/send.domain.js';
import type { Effect, Send, SendEvent } from '../../../libs/sms/src/sending/send-state.domain.js';
import { mayBeSent, type Refusal, type SendingVerdict } from '../../../libs/sms/src/sending-rules.domain.js';
import { policyOf } from '../../../libs/twilio/src/rest/error-policy.domain.js';
import type { InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import type { Contact, Message } from '../rows.js';
import type { Tx } from '../store.js';
import { MINUTE } from '../world.js';
import { optOut } from './consent.js';
import type { Ground } from './ground.js';
import { Foreign } from './event-keeper.js';

const HOUR = 60 * MINUTE;

export interface Draft {
  readonly contact: Contact;
  readonly author: Author;
  readonly purpose: Purpose;
  readonly body: string;
  readonly intent: string;
  readonly epoch: number | null;
  readonly sendAt?: number;
}

export interface Queued {
  readonly message: Message;
  readonly refusal: Refusal | null;
}

export const isAutomatic = ({ author }: Pick<Message, 'author'>): boolean => author !== 'human';

/** Its place at the end of the thread. */
export const placeIn = (tx: Tx): number => Number(tx.id(''));

/** Outgoing texts: queued through the one list of rules, stepped by the one machine, canceled as others say. */
export class Sends {
  private readonly ground: Ground;

  constructor(ground: Ground) {
    this.ground = ground;
  }

  judge(tx: Tx, { contact, purpose, author }: Pick<Draft, 'contact' | 'purpose' | 'author'>): SendingVerdict {
    const { dailyMessageCap, prefixTextBackCap } = this.ground.settings;
    const out = tx
      .all('messages')
      .filter(({ direction, status }) => direction === 'outbound' && status !== 'suppressed');
    const since = (ms: number): readonly Message[] => out.filter(({ createdAt }) => createdAt > tx.now - ms);
    return mayBeSent({
      automatic: author !== 'human',
      purpose,
      suspended: false,
      optedOut: contact.optedOutAt !== null,
      blocked: false,
      textable: contact.textable,
      lineType: contact.lineType,
      allowedDestination: true,
      toHubNumber: false,
      automaticLastHour: since(HOUR).filter((one) => one.conversation === contact.number && isAutomatic(one))
        .length,
      sentToday: out.length,
      dailyMessageCap,
      prefixTextBacks: since(10 * MINUTE).filter((one) => one.purpose === 'text-back').length,
      prefixTextBackCap,
    });
  }

  /** Queues a text, or keeps it as suppressed; the same intent again gives the message of the first time. */
  queue(tx: Tx, draft: Draft): Queued {
    const { refusal, checks } = this.judge(tx, draft);
    const known = tx.get('intents', draft.intent);
    if (known !== undefined) return { message: tx.need('messages', known), refusal: null };
    const { world } = this.ground;
    const capped = refusal === 'rate-capped' ? checks.find(({ verdict }) => verdict === refusal)?.name : null;
    world.sometimes('the hourly brake held an automatic text back', capped === 'conversation-cap');
    world.sometimes('the daily cap held a text back', capped === 'daily-cap');
    world.sometimes('the cap of a prefix held a text-back back', capped === 'prefix-cap');
    const message = this.row(tx, draft, refusal);
    tx.set('messages', message.id, message);
    tx.set('intents', draft.intent, message.id);
    if (refusal === null) tx.alarm('deliver', draft.contact.number, message.sendAt);
    return { message, refusal };
  }

  /** Whether an answer that was believed given has not left. */
  cancelAutomatic(tx: Tx, contact: string): boolean {
    let isUnanswered = false;
    for (const message of tx.all('messages')) {
      if (message.contact !== contact || message.direction !== 'outbound' || !isAutomatic(message)) continue;
      if (message.status === 'queued') tx.set('messages', message.id, { ...message, status: 'canceled' });
      if (message.status === 'queued' && isAnswer(message)) isUnanswered = true;
      if (message.status === 'sending') tx.set('messages', message.id, { ...message, recalled: true });
    }
    tx.notes.push({ kind: 'canceled', contact });
    return isUnanswered;
  }

  /** A human's word on a text that is held. */
  resolve(tx: Tx, id: string, as: 'resend' | 'discard'): void {
    const resolved = this.apply(tx, tx.need('messages', id), { kind: 'resolved', at: tx.now, as });
    if (resolved === null) return;
    if (as === 'resend') tx.set('messages', id, { ...resolved, sendAt: tx.now });
    tx.notes.push({ kind: 'resolved', message: id, as });
  }

  /** What Twilio says of a text that we sent. @throws Foreign for an attempt that is not its own */
  callBack(tx: Tx, { sid, params, context }: InboxEvent): void {
    const { messageId = '', attemptId = '' } = context;
    const { ErrorCode: code = null, MessageStatus: word = '' } = params;
    const message = tx.need('messages', messageId);
    if (!message.attempts.some((one) => one.id === attemptId && (one.sid ?? sid) === sid))
      throw new Foreign(sid);
    const event = { kind: 'called-back', at: tx.now, attemptId, sid, word, code } as const;
    const changed = this.apply(tx, message, event);
    this.ground.world.sometimes('a late word did not lower a status', changed === null);
  }

  /** One step of a text, with its effects; null when the event changed nothing. */
  apply(tx: Tx, before: Message, event: SendEvent): Message | null {
    const loaded: Send = before;
    const { send, effects } = step(loaded, event, { windowMs: this.ground.settings.windowMs });
    if (send === loaded) return null;
    const { status, sid, errorCode, notBefore, recalled, attempts } = send;
    const after = { ...before, status, sid, errorCode, notBefore, recalled, attempts };
    tx.set('messages', before.id, after);
    this.notice(before, after, event);
    for (const effect of effects) this.perform(tx, after, effect);
    return after;
  }

  private row(
    tx: Tx,
    { contact, author, purpose, body, epoch, sendAt }: Draft,
    refusal: Refusal | null,
  ): Message {
    return {
      id: tx.id('M'),
      contact: contact.number,
      conversation: contact.number,
      direction: 'outbound',
      author,
      purpose,
      body,
      status: refusal === null ? 'queued' : 'suppressed',
      epoch,
      wish: null,
      sid: null,
      errorCode: refusal,
      sendAt: sendAt ?? tx.now,
      notBefore: 0,
      recalled: false,
      createdAt: tx.now,
      attempts: [],
      place: placeIn(tx),
    };
  }

  private perform(tx: Tx, message: Message, effect: Effect): void {
    switch (effect.kind) {
      case 'request':
      case 'held':
        return;
      case 'look':
        return tx.alarm('settle', `${message.id}/${effect.attemptId}`, effect.at);
      case 'wake':
        return tx.alarm('deliver', message.contact, effect.at);
      case 'next':
        return this.wakeNext(tx, message);
      case 'own':
        return this.own(tx, message.id, effect.sid);
      case 'announce':
        return tx.publish({ type: effect.event, subject: message.id, data: { status: message.status } });
      case 'learn':
        return this.learn(tx, message.contact, effect.code);
    }
  }

  private wakeNext(tx: Tx, { conversation }: Message): void {
    const more = tx
      .all('messages')
      .some((one) => one.conversation === conversation && one.status === 'queued');
    if (more && conversation !== null) tx.alarm('deliver', conversation);
  }

  private own(tx: Tx, messageId: string, sid: string): void {
    const owner = tx.get('sids', sid);
    if (owner !== undefined && owner !== messageId) throw new Foreign(sid);
    tx.set('sids', sid, messageId);
  }

  private learn(tx: Tx, number: string, code: string): void {
    const policy = policyOf(code);
    const contact = tx.need('contacts', number);
    if (policy === 'landline')
      tx.set('contacts', number, { ...contact, textable: false, lineType: 'landline' });
    if (policy === 'not-textable') tx.set('contacts', number, { ...contact, textable: false });
    if (policy !== 'opted-out') return;
    this.ground.world.sometimes('Twilio said that the customer opted out');
    optOut(tx, contact, 'twilio');
  }

  /** Which rare ways were gone. */
  private notice(before: Message, after: Message, event: SendEvent): void {
    const { world } = this.ground;
    const reached = (kind: SendEvent['kind'], ...statuses: readonly string[]): boolean =>
      event.kind === kind && statuses.includes(after.status);
    const first = before.sid === null && after.sid !== null;
    const wasUnknown = before.attempts.at(-1)?.outcome === 'unknown';
    const wasAbsent = before.attempts.some(({ outcome }) => outcome === 'absent');
    world.sometimes(
      'an unknown end was bound by a callback',
      first && wasUnknown && event.kind === 'called-back',
    );
    world.sometimes('an unknown end was bound by the list', first && event.kind === 'looked');
    world.sometimes(
      'a callback came before the answer',
      first && !wasUnknown && event.kind === 'called-back',
    );
    world.sometimes('a text was sent again after two absences, and accepted', first && wasAbsent);
    world.sometimes('a held text turned out to be accepted', first && before.status === 'held');
    world.sometimes('a text was held', after.status === 'held');
    world.sometimes('a held text was sent again by a human', reached('resolved', 'queued'));
    world.sometimes('a held text was discarded', reached('resolved', 'failed'));
    world.sometimes('a text was dropped after two absences', reached('looked', 'failed'));
    world.sometimes('a put-off text was sent later', event.kind === 'claimed' && before.notBefore > 0);
    world.sometimes('a list was unclear', event.kind === 'looked' && event.finding.kind === 'unclear');
    if (first && !climbs(before.status, after.status))
      world.say(() => `  ${before.status} was taken back by proof`);
  }
}
