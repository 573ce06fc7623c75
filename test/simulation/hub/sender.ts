import {
  findingIn,
  listedFrom,
  UNPROVEN_OUTCOMES,
  type Listed,
  type UnprovenOther,
} from '../../../libs/sms/src/settling/evidence.domain.js';
import { TAKE_NO_STEP } from '../../../libs/sms/src/message.domain.js';
import {
  ALIKE_MINUTES,
  BLOCKED_AGAIN_MS,
  LOOK_OVERDUE_SECONDS,
  MAY_LEAVE_MS,
  SETTLE_AGAIN_MS,
  SETTLE_TRIES,
} from '../../../libs/sms/src/sending/pace.domain.js';
import type { Answer, Finding } from '../../../libs/sms/src/sending/send-state.domain.js';
import { firstDoubtAt, isTooLate, type Since } from '../../../libs/sms/src/sending/resend.domain.js';
import { optOutForbids } from '../../../libs/sms/src/sending-rules.domain.js';
import type { Host, Work } from '../host.js';
import type { Carrier } from '../outside/carrier.js';
import type { OutgoingText } from '../outside/texts.js';
import type { Message } from '../rows.js';
import { Outage, type Tx } from '../store.js';
import { MINUTE, SECOND } from '../world.js';
import { Foreign } from './event-keeper.js';
import type { Ground } from './ground.js';
import type { Sends } from './sends.js';

const AT_ONCE_MS = 50;
const OVERDUE_MS = LOOK_OVERDUE_SECONDS * SECOND;
const ALIKE_MS = ALIKE_MINUTES * MINUTE;

/** What was found in a list that was asked for then. */
interface Looked {
  readonly attemptId: string;
  readonly askedAt: number;
  readonly finding: Finding;
}

/** Hands texts over, one of a conversation at a time, and finds out what became of those that nobody knows of. */
export class Sender {
  private readonly ground: Ground;
  private readonly sends: Sends;
  private readonly carrier: Carrier;

  constructor(ground: Ground, sends: Sends, carrier: Carrier) {
    this.ground = ground;
    this.sends = sends;
    this.carrier = carrier;
  }

  /** Sends the conversation's oldest due text: the attempt is committed first, the request goes on after the job. */
  *deliver(host: Host, conversation: string): Work {
    const { world, store } = this.ground;
    const opened = world.now;
    const made: { departure?: OutgoingText | null } = {};
    try {
      yield* store.transaction(host, (tx) => void (made.departure = this.claim(tx, conversation)));
    } catch (error) {
      const { departure } = made;
      if (departure) host.start(`abandons ${departure.attemptId}`, this.abandon(host, departure));
      throw error;
    }
    const { departure } = made;
    if (!departure) return;
    if (world.buggify('crash-after-attempt-commit')) yield* host.dies();
    if (world.buggify('freeze-after-attempt-commit')) yield* host.sleepsFrozen();
    host.start(`hands ${departure.attemptId} over`, this.hand(host, departure, opened));
  }

  /** Looks into an attempt of which nobody knows the end. */
  *settle(host: Host, about: string): Work {
    const [messageId = '', attemptId = ''] = about.split('/');
    const { store } = this.ground;
    const question = yield* store.transaction(host, (tx) => this.ask(tx, messageId, attemptId));
    if (question === null) return;
    const { message, askedAt } = question;
    const firstAt = firstDoubtAt(message.attempts);
    const listed = yield* this.carrier.between(message.contact, listedFrom(firstAt, askedAt));
    if (this.ground.world.buggify('freeze-after-list')) yield* host.sleepsFrozen();
    const finding = yield* store.transaction(host, (tx) => this.finding(tx, { message, firstAt }, listed));
    const looked = { attemptId, askedAt, finding };
    try {
      yield* store.transaction(host, (tx) => this.conclude(tx, messageId, looked));
    } catch (error) {
      if (!(error instanceof Foreign)) throw error;
      const taken: Looked = { ...looked, finding: { kind: 'unclear', why: 'taken-by-another' } };
      yield* store.transaction(host, (tx) => this.conclude(tx, messageId, taken));
    }
  }

  private claim(tx: Tx, conversation: string): OutgoingText | null {
    const mine = tx.all('messages').filter((one) => one.conversation === conversation);
    const due = mine.filter((one) => one.status === 'queued' && one.sendAt <= tx.now);
    const [next] = due.toSorted((a, b) => a.sendAt - b.sendAt || (a.id < b.id ? -1 : 1));
    const justOpened = mine.some(({ status, attempts }) => {
      return status === 'sending' && (attempts.at(-1)?.openedAt ?? 0) > tx.now - AT_ONCE_MS;
    });
    this.ground.world.sometimes('two workers wanted the same text', justOpened);
    if (next === undefined || next.notBefore > tx.now) return null;
    const ahead = mine.find(({ status }) => status === 'sending');
    return ahead === undefined ? this.depart(tx, next) : this.waitForWay(tx, conversation, ahead);
  }

  private depart(tx: Tx, message: Message): OutgoingText | null {
    const contact = tx.need('contacts', message.contact);
    if (optOutForbids({ optedOut: contact.optedOutAt !== null, purpose: message.purpose })) {
      this.sends.apply(tx, message, { kind: 'withdrawn', at: tx.now });
      return null;
    }
    if (isTooLate(message.purpose, tx.now - message.sendAt)) {
      this.ground.world.sometimes('a text had waited too long to be sent');
      this.sends.apply(tx, message, { kind: 'dropped', at: tx.now, why: 'too-late' });
      return null;
    }
    const attemptId = tx.id('A');
    const claimed = this.sends.apply(tx, message, { kind: 'claimed', at: tx.now, attemptId });
    if (claimed === null) return null;
    return { attemptId, messageId: message.id, to: message.contact, body: message.body, openedAt: tx.now };
  }

  private waitForWay(tx: Tx, conversation: string, { id, attempts }: Message): null {
    this.ground.world.sometimes('a text waited for the one before it');
    for (const { id: attemptId, lookAt, outcome } of attempts) {
      const isOverdue = ['open', 'unknown'].includes(outcome) && lookAt < tx.now - OVERDUE_MS;
      if (isOverdue) tx.alarm('settle', `${id}/${attemptId}`);
    }
    tx.alarm('deliver', conversation, tx.now + BLOCKED_AGAIN_MS);
    return null;
  }

  private *hand(host: Host, text: OutgoingText, opened: number): Work {
    const mayLeave = (): boolean => this.ground.world.now - opened < MAY_LEAVE_MS;
    const answer = yield* this.carrier.send(host, text, mayLeave);
    yield* this.writeDown(host, text, answer);
  }

  private *abandon(host: Host, text: OutgoingText): Work {
    yield* this.writeDown(host, text, { kind: 'not-sent', error: 'nobody requested it' });
    const { attempts = [] } = this.ground.store.tables.messages.get(text.messageId) ?? {};
    const isClosed = attempts.some(({ id, outcome }) => id === text.attemptId && outcome === 'not-sent');
    this.ground.world.sometimes('an attempt was given up whose commit had lost its answer', isClosed);
  }

  private *writeDown(host: Host, text: OutgoingText, answer: Answer): Work {
    for (let tries = 1; tries <= SETTLE_TRIES; tries += 1) {
      try {
        return yield* this.ground.store.transaction(host, (tx) => this.answered(tx, text, answer));
      } catch (error) {
        if (!(error instanceof Outage)) throw error;
        yield SETTLE_AGAIN_MS;
      }
    }
  }

  private answered(tx: Tx, { messageId, attemptId }: OutgoingText, answer: Answer): void {
    const { world } = this.ground;
    const jitter = world.random.next();
    const message = tx.need('messages', messageId);
    const event = {
      kind: 'answered',
      at: tx.now,
      attemptId,
      answer,
      jitter,
    } as const;
    const changed = this.sends.apply(tx, message, event);
    world.sometimes("a zombie's late answer changed nothing", changed === null);
    const waitsAgain = answer.kind === 'put-off' || answer.kind === 'not-sent';
    world.sometimes('a text that came back was overtaken', waitsAgain && changed?.status === 'canceled');
  }

  private ask(
    tx: Tx,
    messageId: string,
    attemptId: string,
  ): { readonly message: Message; readonly askedAt: number } | null {
    const message = tx.need('messages', messageId);
    const attempt = message.attempts.at(-1);
    if (attempt?.id !== attemptId || message.status !== 'sending' || attempt.lookAt > tx.now) return null;
    return { message, askedAt: tx.now };
  }

  /** Attempts between the same two numbers that no SID is known of. */
  private unproven(tx: Tx, { id, contact }: Message): readonly UnprovenOther[] {
    return tx
      .all('messages')
      .filter((one) => one.direction === 'outbound' && one.contact === contact && one.sid === null)
      .flatMap((one) => one.attempts.map((attempt) => ({ ...attempt, messageId: one.id, body: one.body })))
      .filter(({ outcome, sid }) => UNPROVEN_OUTCOMES.includes(outcome) && sid === null)
      .filter(({ messageId, openedAt }) => messageId === id || openedAt > tx.now - ALIKE_MS)
      .map(({ id: attemptId, messageId, openedAt, outcome, body }) => ({
        attemptId,
        messageId,
        openedAt,
        open: outcome === 'open',
        body,
      }));
  }

  /** What the list says of it, by what is known at one moment. */
  private finding(
    tx: Tx,
    { message, firstAt }: { readonly message: Message; readonly firstAt: number },
    listed: readonly Listed[] | null,
  ): Finding {
    const { id: messageId, body } = message;
    const owned = (listed ?? []).map(({ sid }) => sid).filter((sid) => tx.get('sids', sid) !== undefined);
    const sends = this.unproven(tx, message);
    const finding = findingIn(listed, { messageId, body, firstAt, sends, owned });
    const isDoubted = finding.kind === 'unclear' && finding.why === 'unlike-text';
    this.ground.world.sometimes('an absence was doubted', isDoubted);
    return finding;
  }

  private conclude(tx: Tx, messageId: string, looked: Looked): void {
    const question = this.ask(tx, messageId, looked.attemptId);
    if (question === null) return;
    const { message } = question;
    const since = this.since(tx, message);
    const changed = this.sends.apply(tx, message, { kind: 'looked', at: tx.now, since, ...looked });
    this.ground.world.sometimes('a list was asked for too early to count', changed === null);
  }

  private since(tx: Tx, { contact, createdAt }: Message): Since {
    const later = tx.all('messages').filter((one) => one.contact === contact && one.createdAt > createdAt);
    return {
      inbound: later.some(
        ({ direction, wish }) => direction === 'inbound' && !TAKE_NO_STEP.includes(wish ?? ''),
      ),
      human: later.some(({ author, purpose }) => author === 'human' && purpose !== 'scheduled'),
    };
  }
}
