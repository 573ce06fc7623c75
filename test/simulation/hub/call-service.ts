import {
  HOLD_SECONDS,
  LEASE_SECONDS,
  waitSeconds,
} from '../../../libs/integrations/src/call-service.domain.js';
import type { Host, Work } from '../host.js';
import type { Receiver } from '../outside/receiver.js';
import type { Delivery } from '../rows.js';
import type { Tx } from '../store.js';
import { SECOND } from '../world.js';
import type { Ground } from './ground.js';

const HOLD_MS = HOLD_SECONDS * SECOND;
const LEASE_MS = LEASE_SECONDS * SECOND;

const rank = ({ kind }: Delivery): number => (kind === 'incoming' ? 1 : 2);

/** What AS-Call-Service is told: a call's events one after the other, claimed first, sent outside of a transaction. */
export class CallService {
  private readonly ground: Ground;
  private readonly receiver: Receiver;

  constructor(ground: Ground, receiver: Receiver) {
    this.ground = ground;
    this.receiver = receiver;
  }

  /** Writes a delivery down, once for each event. */
  *record(host: Host, eventId: string): Work {
    yield* this.ground.store.transaction(host, (tx) => {
      const { type, subject: callSid } = tx.need('log', eventId);
      if (tx.get('deliveries', eventId) !== undefined) return;
      const kind = type === 'call.started' ? 'incoming' : 'missed';
      const isHeld = kind === 'missed' && !this.hasIncoming(tx, callSid);
      const begins = { status: 'pending', attempts: 0, nextAt: tx.now, createdAt: tx.now } as const;
      tx.set('deliveries', eventId, { eventId, callSid, kind, ...begins });
      tx.alarm('deliver-call-event', callSid);
      this.ground.world.sometimes('a missed call waited for its incoming call', isHeld);
      if (isHeld) tx.alarm('deliver-call-event', callSid, tx.now + HOLD_MS + 10);
    });
  }

  *deliver(host: Host, callSid: string): Work {
    const { store } = this.ground;
    const claimed = yield* store.transaction(host, (tx) => this.claim(tx, callSid));
    if (claimed === null) return;
    const isTaken = yield* this.receiver.tell(host, claimed);
    yield* store.transaction(host, (tx) => this.settle(tx, claimed, isTaken));
  }

  private hasIncoming(tx: Tx, callSid: string): boolean {
    return tx.all('deliveries').some((one) => one.callSid === callSid && one.kind === 'incoming');
  }

  private claim(tx: Tx, callSid: string): Delivery | null {
    const pending = tx.all('deliveries').filter((one) => one.callSid === callSid && one.status === 'pending');
    const [first] = pending.toSorted((a, b) => rank(a) - rank(b) || (a.eventId < b.eventId ? -1 : 1));
    if (first === undefined || first.nextAt > tx.now) return null;
    const mayGo =
      first.kind === 'incoming' || first.createdAt <= tx.now - HOLD_MS || this.hasIncoming(tx, callSid);
    if (!mayGo) return null;
    const { world } = this.ground;
    world.sometimes(
      'a missed call was told alone',
      first.kind === 'missed' && !this.hasIncoming(tx, callSid),
    );
    const claimed = { ...first, attempts: first.attempts + 1, nextAt: tx.now + LEASE_MS };
    tx.set('deliveries', first.eventId, claimed);
    tx.alarm('deliver-call-event', callSid, claimed.nextAt);
    return claimed;
  }

  private settle(tx: Tx, claimed: Delivery, isTaken: boolean): void {
    const now = tx.need('deliveries', claimed.eventId);
    if (now.status !== 'pending' || (!isTaken && now.attempts !== claimed.attempts)) return;
    const { world } = this.ground;
    if (!isTaken) {
      world.sometimes('a delivery was tried again');
      const nextAt = tx.now + waitSeconds(claimed.attempts, world.random.next()) * SECOND;
      tx.set('deliveries', claimed.eventId, { ...now, nextAt });
      return tx.alarm('deliver-call-event', claimed.callSid, nextAt);
    }
    tx.set('deliveries', claimed.eventId, { ...now, status: 'delivered' });
    const more = tx
      .all('deliveries')
      .some((one) => one.callSid === claimed.callSid && one.status === 'pending');
    if (more) tx.alarm('deliver-call-event', claimed.callSid);
  }
}
