import type { InboxEvent } from '../../libs/durable/src/inbox/webhook-events.js';
import { LEASE_SECONDS } from '../../libs/integrations/src/call-service.domain.js';
import type { Verdict } from './hub/inbox.js';
import type { OutgoingText, Text } from './outside/texts.js';
import type { Call, Delivery, Message } from './rows.js';
import type { Change, Note, Tx } from './store.js';
import { Consents } from './spoken-consent.js';
import { TEXTS } from './people.js';
import { textBackLaw } from './text-back-law.js';
import type { Watched } from './watched.js';
import { attemptsAreLawful, statusMayBecome, whyTooLate } from './send-laws.js';
import type { Invariant } from './what-must-hold.js';
import { MINUTE, SECOND, Violation } from './world.js';

const HOUR = 60 * MINUTE;
const AUTOMATIC_PER_HOUR = 10;

/** What a customer is owed whoever has written since: the answers to HELP, to STOP, and to an emergency. */
const OWED: readonly string[] = ['help', 'opt-out-confirmation', 'emergency'];

const isAutomatic = (message: Message): boolean =>
  message.direction === 'outbound' && message.author !== 'human';

/** Watches every commit, request and acknowledgement. */
export class Invariants {
  /** Texts that a human had sent again, whatever Twilio may have. */
  readonly resent = new Set<string>();
  /** How often each was checked. */
  readonly checked = new Map<Invariant, number>();
  private readonly watched: Watched;
  private readonly consents: Consents;
  private readonly awaited = new Map<string, InboxEvent>();
  private readonly requests = new Set<string>();
  private readonly handedOver = new Set<string>();
  private readonly createdIn = new Map<string, number>();
  private readonly repliedIn = new Map<string, number>();
  private readonly canceledIn = new Map<string, number>();
  private commits = 0;

  constructor(watched: Watched) {
    this.watched = watched;
    this.consents = new Consents(watched.carrier);
  }

  /** 1: what was acknowledged is on a disk or in the store; a text is never acknowledged with less. */
  acknowledged(event: InboxEvent, verdict: Verdict): void {
    const isOnlyHeld = event.kind === 'sms.incoming' && verdict === 'held';
    this.holds(!isOnlyHeld, 1, `${event.key} was acknowledged, and is in memory only`);
    if (['kept', 'duplicate', 'spooled'].includes(verdict)) this.awaited.set(event.key, event);
  }

  afterEvent(): void {
    const { store, hosts } = this.watched;
    for (const key of this.awaited.keys()) {
      if (store.tables.events.has(key)) this.awaited.delete(key);
      else
        this.holds(
          hosts.some(({ disk }) => disk.holds(key)),
          1,
          `${key} was acknowledged, and is nowhere`,
        );
    }
  }

  /** 3: nothing leaves without an attempt that was committed; and each leaves once. */
  requested({ messageId, attemptId }: OutgoingText): void {
    const message = this.watched.store.tables.messages.get(messageId);
    const isCommitted = message?.attempts.some(({ id }) => id === attemptId) === true;
    this.holds(isCommitted, 3, `${attemptId} left, and nobody committed it`);
    this.holds(!this.requests.has(attemptId), 3, `${attemptId} left twice`);
    this.requests.add(attemptId);
  }

  /** 2: Twilio accepts each text once, unless a human wanted it again. */
  accepted({ sent }: Text): void {
    const id = sent?.messageId ?? '';
    const times = this.watched.carrier.texts.filter((one) => one.sent?.messageId === id).length;
    this.holds(times <= 1 || this.resent.has(id), 2, `${id} was accepted ${times} times`);
  }

  /** 10, and the order of a call's deliveries. */
  told(delivery: Delivery, taken: readonly Delivery[]): void {
    const { tables } = this.watched.store;
    this.holds(tables.log.has(delivery.eventId), 10, `${delivery.eventId} was told, and never committed`);
    const claimedAt = delivery.nextAt - LEASE_SECONDS * SECOND;
    const before = [...tables.deliveries.values()].find(
      ({ callSid, kind, createdAt }) =>
        callSid === delivery.callSid && kind === 'incoming' && createdAt < claimedAt,
    );
    const isInOrder = before === undefined || taken.some(({ eventId }) => eventId === before.eventId);
    this.holds(delivery.kind === 'incoming' || isInOrder, 10, `${delivery.callSid}: missed before incoming`);
  }

  committed(tx: Tx): void {
    this.commits += 1;
    for (const change of tx.changes)
      if (change.table === 'messages') this.messageFirst(change.after, change.before);
    for (const note of tx.notes) this.noted(tx, note);
    for (const change of tx.changes) this.changed(tx, change);
  }

  holds(condition: boolean, invariant: Invariant, otherwise: string): void {
    const { checked } = this;
    checked.set(invariant, (checked.get(invariant) ?? 0) + 1);
    if (!condition) throw new Violation(`invariant ${invariant}: ${otherwise}`);
  }

  private messageFirst(after: Message | undefined, before: Message | undefined): void {
    if (after !== undefined && before === undefined) this.createdIn.set(after.id, this.commits);
  }

  private noted({ now }: Tx, note: Note): void {
    switch (note.kind) {
      case 'replied':
        this.repliedIn.set(note.conversation, this.commits);
        return;
      case 'spoke':
        return this.spoke(note);
      case 'canceled':
        this.canceledIn.set(note.contact, this.commits);
        return;
      case 'resolved':
        if (note.as === 'resend') this.resent.add(note.message);
        return;
      case 'stepped':
        return this.stepped(now, note);
    }
  }

  /** 6, and what the epoch is for: it grows with every change of hands, human text, opt-out, bar and close. */
  private stepped(now: number, { event, before, after }: Note & { readonly kind: 'stepped' }): void {
    const fences = ['human-wrote', 'opted-out', 'barred', 'closed'].includes(event);
    const grows = after.epoch > before.epoch;
    this.holds(!fences || grows, 6, `${event} did not raise the epoch of ${after.id}`);
    this.holds(after.handler === before.handler || grows, 6, `${after.id} changed hands in one epoch`);
    this.holds(event !== 'human-wrote' || after.handler === 'human', 6, `${after.id} is not its human's`);
    if (event === 'takeover-due') {
      this.holds(after.handler === 'ai', 6, `the AI was to take ${after.id}, and did not`);
      const due = before.aiTakeoverAt;
      this.holds(due !== null && due <= now, 6, `the AI took ${after.id} too early`);
      this.holds(after.aiTakeoverAt === null, 6, `the timer of ${after.id} is still set`);
    }
    if (after.handler !== 'ai' || before.handler === 'ai') return;
    const key = `${after.id}/${before.epoch}`;
    this.holds(!this.handedOver.has(key), 6, `${after.id} was taken over twice in epoch ${before.epoch}`);
    this.handedOver.add(key);
  }

  /** 7: what was thought in an epoch is said in it. */
  private spoke({ thoughtIn, conversation }: Note & { readonly kind: 'spoke' }): void {
    const { id, epoch, handler } = conversation;
    const why = `was thought in epoch ${thoughtIn}, and said in ${epoch}, ${handler}'s`;
    this.holds(handler === 'ai' && epoch === thoughtIn, 7, `an answer to ${id} ${why}`);
  }

  private changed(tx: Tx, { table, before, after }: Change): void {
    if (table === 'messages' && after !== undefined) this.message(tx, before, after);
    if (table === 'calls' && after !== undefined) this.call(before, after);
    if (table === 'conversations' && before !== undefined && after !== undefined)
      this.holds(after.epoch >= before.epoch, 6, `the epoch of ${after.id} fell`);
  }

  private message(tx: Tx, before: Message | undefined, after: Message): void {
    if (before === undefined) return this.newMessage(tx, after);
    if (before.conversation === null) this.threaded(tx, after);
    const isLawful = statusMayBecome(before, after);
    this.holds(isLawful, 4, `${after.id} went from ${before.status} to ${after.status}`);
    this.holds(before.sid === null || before.sid === after.sid, 2, `${after.id} lost its SID ${before.sid}`);
    if (after.attempts.length > before.attempts.length) this.attempt(tx, before, after);
  }

  private threaded(tx: Tx, { body, conversation, contact }: Message): void {
    const isForPeople = ['emergency', 'doubt'].includes(TEXTS[body] ?? 'plain');
    if (!isForPeople || tx.need('contacts', contact).optedOutAt !== null) return;
    const { aiBarred, handler } = tx.need('conversations', conversation ?? '');
    this.holds(aiBarred && handler !== 'ai', 17, `the AI may answer "${body}"`);
  }

  private newMessage(tx: Tx, message: Message): void {
    if (message.direction === 'inbound') return this.consents.text(tx, message);
    if (message.status === 'suppressed') return;
    const out = tx
      .all('messages')
      .filter((one) => one.direction === 'outbound' && one.status !== 'suppressed');
    const { dailyMessageCap: cap } = this.watched.settings;
    this.holds(cap === null || out.length <= cap, 12, `${out.length} texts in a day, and the cap is ${cap}`);
    if (!isAutomatic(message)) return;
    const alike = out.filter((one) => isAutomatic(one) && one.conversation === message.conversation);
    const lately = alike.filter(({ createdAt }) => createdAt > tx.now - HOUR);
    this.holds(lately.length <= AUTOMATIC_PER_HOUR, 12, `${lately.length} automatic texts in an hour`);
    const broken = message.purpose === 'text-back' ? textBackLaw(tx, message, this.watched.settings) : null;
    this.holds(broken === null, 8, broken ?? '');
  }

  /** 2, 5 and 7: what must be so in the commit that opens an attempt. */
  private attempt(tx: Tx, before: Message, { id, conversation, purpose, contact }: Message): void {
    const { watched, resent } = this;
    const why = attemptsAreLawful(watched, before, resent.has(id));
    this.holds(why === null, 2, `${id} is sent again: ${why}`);
    const late = resent.has(id) ? null : whyTooLate(before, tx.now);
    this.holds(late === null, 8, `${id} is sent: ${late}`);
    const isConfirmation = purpose === 'opt-out-confirmation';
    const bar = isConfirmation ? null : this.consents.barOf(contact);
    this.holds(bar === null, 5, `${id} goes to ${contact} after ${bar}`);
    const replied = this.repliedIn.get(conversation ?? '') ?? 0;
    const isLate =
      isAutomatic(before) &&
      !OWED.includes(purpose) &&
      replied > (this.createdIn.get(id) ?? 0) &&
      !resent.has(id);
    const last = before.attempts.at(-1)?.outcome ?? 'queued';
    this.holds(!isLate, 7, `${id}, automatic and ${last}, is sent after a human's reply`);
    const canceled = this.canceledIn.get(contact) ?? 0;
    const isOfBefore = isAutomatic(before) && canceled > (this.createdIn.get(id) ?? 0) && !resent.has(id);
    this.holds(!isOfBefore, 7, `${id}, automatic and ${last}, is sent after such texts were canceled`);
    const others = tx
      .all('messages')
      .filter((one) => one.conversation === conversation && one.status === 'sending');
    this.holds(others.length <= 1, 3, `${others.length} texts of ${conversation} are under way`);
  }

  /** A verdict is given once, and changes at most once, from answered to missed. */
  private call(before: Call | undefined, { sid, outcome, textBacks }: Call): void {
    const was = before?.outcome ?? null;
    const isLawful = was === null || was === outcome || (was === 'answered' && outcome === 'missed');
    this.holds(isLawful, 16, `${sid} went from ${was} to ${outcome}`);
    this.holds(
      textBacks.length <= 1,
      8,
      `it was decided ${textBacks.length} times whether to text back for ${sid}`,
    );
  }
}
