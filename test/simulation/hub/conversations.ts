import { consentBy, wishOf } from '../../../libs/contacts/src/wish.domain.js';
import { emergencyOf } from '../../../libs/conversations/src/emergency.domain.js';
import { meaningOf } from '../../../libs/conversations/src/reception.domain.js';
import type { InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import type { Purpose, Wish } from '../../../libs/sms/src/message.domain.js';
import type { Host, Work } from '../host.js';
import type { Contact, Conversation, Message } from '../rows.js';
import type { Tx } from '../store.js';
import { changedWithin, ensureContact, optIn, optOut } from './consent.js';
import { change, ensureConversation, type Handling } from './handling.js';
import type { Ground } from './ground.js';
import { placeIn, type Sends } from './sends.js';

const SAID = {
  'opt-out-confirmation': 'No more texts',
  help: 'This is Acme',
  emergency: 'Call 911',
} as const;

const CLOSE_MS = 50;

/** The same few texts are read in every seed; what the rules say of them does not change. */
const remembered = <T>(rule: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const said = rule(text);
    known.set(text, said);
    return said;
  };
};
const wishOfMost = remembered((text) => wishOf(text, false));
const wishOfOptedOut = remembered((text) => wishOf(text, true));
const emergencyIn = remembered(emergencyOf);

/** What customers text, and what people of the business do about it. */
export class Conversations {
  private readonly ground: Ground;
  private readonly sends: Sends;
  private readonly handling: Handling;
  private readonly takenOverAt = new Map<string, number>();

  constructor(ground: Ground, sends: Sends, handling: Handling) {
    this.ground = ground;
    this.sends = sends;
    this.handling = handling;
  }

  /** Keeps a customer's text, and obeys STOP and START in the same transaction. */
  receive(tx: Tx, event: InboxEvent): void {
    const { sid, params, ageMs = 0 } = event;
    if (tx.get('sids', sid) !== undefined) return;
    const contact = ensureContact(tx, params['From'] ?? '');
    const body = params['Body'] ?? '';
    const wish: Wish = (contact.optedOutAt === null ? wishOfMost : wishOfOptedOut)(body);
    const row = this.inbound(tx, { sid, body, wish, contact: contact.number, createdAt: tx.now - ageMs });
    tx.set('messages', row.id, row);
    tx.set('sids', sid, row.id);
    this.obey(tx, wish, contact, ageMs);
    tx.publish({ type: 'message.received', subject: row.id, data: { contact: contact.number } });
  }

  /** Threads what waits of a customer, and takes the conversation's next step for each. */
  *thread(host: Host, eventId: string): Work {
    yield* this.ground.store.transaction(host, (tx) => {
      const { data } = tx.need('log', eventId);
      const contact = tx.need('contacts', String(data['contact']));
      ensureConversation(tx, contact);
      const texts = tx
        .all('messages')
        .filter((one) => one.contact === contact.number && one.conversation === null);
      for (const text of texts.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))) {
        tx.set('messages', text.id, { ...text, conversation: contact.number, place: placeIn(tx) });
        this.reopen(tx, contact.number);
        this.take(tx, contact, text);
      }
    });
  }

  /** A person writes: from this commit on the conversation is theirs. False when a rule refuses the text. */
  *reply(host: Host, id: string, purpose: 'reply' | 'scheduled', sendAt?: number): Work<boolean> {
    return yield* this.ground.store.transaction(host, (tx) => {
      const contact = tx.need('contacts', id);
      const text = {
        contact,
        author: 'human',
        purpose,
        body: 'On my way',
        intent: `human:${tx.id('H')}`,
      } as const;
      const draft = { ...text, epoch: null, ...(sendAt === undefined ? {} : { sendAt }) };
      const { refusal } = this.sends.queue(tx, draft);
      if (refusal !== null || purpose === 'scheduled') return refusal === null;
      this.noticeReply(tx, id);
      tx.notes.push({ kind: 'replied', conversation: id });
      this.reopen(tx, id);
      this.handling.apply(tx, id, 'human-wrote', tx.now);
      this.handling.answered(tx, id);
      return true;
    });
  }

  /** A person takes it over, gives it back to the AI, or closes it. */
  *decide(host: Host, id: string, event: 'human-took-over' | 'released-to-ai' | 'closed'): Work {
    yield* this.ground.store.transaction(host, (tx) => {
      const { status } = tx.need('conversations', id);
      if (status === 'closed') return;
      if (event === 'released-to-ai') change(tx, id, { aiBarred: false });
      this.handling.apply(tx, id, event, tx.now);
      if (event === 'closed') change(tx, id, { status: 'closed', waitingSince: null });
    });
  }

  /** The timer: hands a conversation that is due to the AI, or does nothing. */
  *takeOver(host: Host, id: string): Work {
    yield* this.ground.store.transaction(host, (tx) => {
      const { status, aiTakeoverAt } = tx.need('conversations', id);
      const isDue = status === 'open' && aiTakeoverAt !== null && aiTakeoverAt <= tx.now;
      this.ground.world.sometimes('a takeover alarm woke for nothing', !isDue);
      this.ground.world.sometimes('a takeover came late', isDue && tx.now - aiTakeoverAt > 2_000);
      if (!isDue) return;
      this.handling.apply(tx, id, 'takeover-due', tx.now);
      this.takenOverAt.set(id, tx.now);
    });
  }

  /** One of the fixed texts. */
  say(tx: Tx, contact: Contact, purpose: Purpose, body: string, intent: string): void {
    this.sends.queue(tx, { contact, author: 'system', purpose, body, intent, epoch: null });
  }

  /** Says once per waiting time that a person follows. */
  hold(tx: Tx, contact: Contact, answers: string): void {
    const { heldSince, epoch } = tx.need('conversations', contact.number);
    if (heldSince !== null) return;
    change(tx, contact.number, { heldSince: tx.now });
    this.say(tx, contact, 'holding', 'Somebody will get back to you', `holding:${answers}:${epoch}`);
  }

  private inbound(
    tx: Tx,
    given: Pick<Message, 'body' | 'wish' | 'contact' | 'createdAt'> & { readonly sid: string },
  ): Message {
    const kind = { direction: 'inbound', author: 'customer', purpose: 'reply', status: 'received' } as const;
    const rest = {
      conversation: null,
      epoch: null,
      errorCode: null,
      sendAt: 0,
      notBefore: 0,
      recalled: false,
      attempts: [],
      place: null,
    };
    return { id: tx.id('M'), ...kind, ...rest, ...given };
  }

  private obey(tx: Tx, wish: Wish, contact: Contact, ageMs: number): void {
    const since = ageMs > 0 ? changedWithin(tx, contact, ageMs) : [];
    const change = consentBy(wish, since);
    this.ground.world.sometimes('an old START was overtaken', wish === 'start' && change === null);
    this.ground.world.sometimes('an old STOP was overtaken', wish === 'stop' && change === null);
    this.ground.world.sometimes(
      'START let texts out again',
      change === 'opt-in' && contact.optedOutAt !== null,
    );
    if (change === 'opt-in') optIn(tx, contact, ageMs);
    if (change !== 'opt-out') return;
    const out = tx
      .all('messages')
      .filter((one) => one.contact === contact.number && one.direction === 'outbound');
    this.ground.world.sometimes(
      'STOP canceled a queued text',
      out.some(({ status }) => status === 'queued'),
    );
    this.ground.world.sometimes(
      'STOP found a text under way',
      out.some(({ status }) => status === 'sending'),
    );
    optOut(tx, contact, 'text');
    this.sends.cancelAutomatic(tx, contact.number);
  }

  private noticeReply(tx: Tx, id: string): void {
    const dueAt = tx.need('conversations', id).aiTakeoverAt;
    const isClose = (at: number | null | undefined): boolean =>
      at != null && Math.abs(at - tx.now) < CLOSE_MS;
    this.ground.world.sometimes('a human beat the timer by less than 50 ms', isClose(dueAt));
    const isBeaten = isClose(this.takenOverAt.get(id));
    this.ground.world.sometimes('the timer beat a human by less than 50 ms', isBeaten);
    const automatic = tx.all('messages').filter((one) => one.conversation === id && one.author !== 'human');
    const is = (status: Message['status']): boolean => automatic.some((one) => one.status === status);
    this.ground.world.sometimes('a human reply canceled an automatic text', is('queued'));
    this.ground.world.sometimes('a human replied while an automatic text was under way', is('sending'));
  }

  /** A closed conversation opens with whatever is added to it. */
  private reopen(tx: Tx, id: string): Conversation {
    return change(tx, id, { status: 'open' });
  }

  private take(tx: Tx, { number }: Contact, text: Message): void {
    const contact = tx.need('contacts', number);
    const isEmergency = text.wish === null && emergencyIn(text.body) !== null;
    const around = { optedOut: contact.optedOutAt !== null, blocked: false, answeredByTwilio: false };
    const { step, says } = meaningOf({ wish: text.wish, body: text.body, isEmergency, ...around });
    this.ground.world.sometimes('an emergency took the AI off', says === 'emergency');
    if (step === 'barred') this.bar(tx, number, text);
    else if (step !== null) this.handling.apply(tx, number, step, text.createdAt);
    if (step === 'opted-out') this.handling.answered(tx, number);
    if (says !== null) this.say(tx, contact, says, SAID[says], `${says}:${text.id}`);
  }

  private bar(tx: Tx, id: string, text: Message): void {
    change(tx, id, { aiBarred: true });
    this.handling.apply(tx, id, 'barred', text.createdAt);
    const { waitingSince } = tx.need('conversations', id);
    change(tx, id, { waitingSince: waitingSince ?? text.createdAt });
  }
}
