import { listedSince, nextRunAt, type Runs } from '../../../libs/twilio/src/gaps/gap-window.domain.js';
import type { InboxEvent } from '../../../libs/durable/src/webhook-events.js';
import { isFinal, meaningOf } from '../../../libs/sms/src/message.domain.js';
import type { Host, Work } from '../host.js';
import type { Carrier } from '../outside/carrier.js';
import { callback, incoming, type Text } from '../outside/texts.js';
import type { Exchange, PlacedCall } from '../outside/exchange.js';
import { Outage } from '../store.js';
import { BEGIN, SECOND } from '../world.js';
import type { Ground } from './ground.js';
import type { Inbox } from './inbox.js';

const JUST_ENDED_MS = 15 * SECOND;
const STARTED: Runs = { complete: 0, failed: 0, endedAt: 0 };

class Unavailable extends Error {}

/** After a start, and every ten minutes: what Twilio lists and nobody told is accepted as if its webhook had come. */
export class GapImport {
  private readonly ground: Ground;
  private readonly inbox: Inbox;
  private readonly carrier: Carrier;
  private readonly exchange: Exchange;

  constructor(ground: Ground, inbox: Inbox, carrier: Carrier, exchange: Exchange) {
    this.ground = ground;
    this.inbox = inbox;
    this.carrier = carrier;
    this.exchange = exchange;
  }

  boot(host: Host): void {
    host.memory.set('imports', STARTED);
    host.start('imports', this.running(host), true);
  }

  /** Whether this process has read the lists to their end. */
  hasRead(host: Host): boolean {
    return this.runs(host).complete > 0;
  }

  private runs(host: Host): Runs {
    return (host.memory.get('imports') as Runs | undefined) ?? STARTED;
  }

  private *running(host: Host): Work {
    const { world } = this.ground;
    for (;;) {
      yield Math.max(10, host.startedAt + nextRunAt(this.runs(host)) - world.now);
      const { complete, failed } = this.runs(host);
      const endedAt = (): number => world.now - host.startedAt;
      try {
        yield* this.run(host);
        host.memory.set('imports', { complete: complete + 1, failed: 0, endedAt: endedAt() });
      } catch (error) {
        if (!(error instanceof Outage) && !(error instanceof Unavailable)) throw error;
        host.memory.set('imports', { complete, failed: failed + 1, endedAt: endedAt() });
      }
    }
  }

  private *run(host: Host): Work {
    const { store, world } = this.ground;
    const until = yield* store.transaction(host, (tx) => tx.get('marks', 'complete') ?? BEGIN);
    const now = world.now;
    const since = listedSince(now, until);
    yield world.random.between(50, 2_000);
    yield* this.importTexts(host, this.carrier.since(since));
    const openSince = yield* this.importCalls(host, this.exchange.since(since));
    yield* store.transaction(host, (tx) =>
      tx.set('marks', 'complete', Math.max(tx.get('marks', 'complete') ?? BEGIN, openSince ?? now)),
    );
  }

  private *importTexts(host: Host, texts: readonly Text[] | null): Work {
    if (texts === null) throw new Unavailable();
    const { tables } = this.ground.store;
    for (const text of texts) {
      if (text.direction === 'inbound' && !tables.sids.has(text.sid)) {
        this.ground.world.sometimes('a gap was imported');
        yield* this.accept(host, incoming(text), text.createdAt);
      }
      const event = this.unheardEnd(text);
      this.ground.world.sometimes('an end of a text was imported', event !== null);
      if (event !== null) yield* this.accept(host, event, this.ground.world.now);
    }
  }

  /** The end of a text of ours whose SID we know, and of which nobody told us. */
  private unheardEnd(text: Text): InboxEvent | null {
    const message = this.ground.store.tables.messages.get(text.sent?.messageId ?? '');
    const meaning = meaningOf(text.status);
    if (message === undefined || meaning === null || !isFinal(meaning)) return null;
    const isOurs = message.attempts.some(({ sid }) => sid === text.sid);
    return isOurs && ['accepted', 'sent'].includes(message.status) ? callback(text) : null;
  }

  /** From when on the list has to be read again. */
  private *importCalls(host: Host, calls: readonly PlacedCall[] | null): Work<number | null> {
    if (calls === null) throw new Unavailable();
    const { world, store } = this.ground;
    let openSince: number | null = null;
    for (const call of calls) {
      const isOver = call.own !== null && world.now - call.own.endsAt > JUST_ENDED_MS;
      if (!isOver) openSince = Math.min(openSince ?? call.startedAt, call.startedAt);
      else if ((store.tables.calls.get(call.sid)?.outcome ?? null) === null)
        yield* this.importCall(host, call);
    }
    return openSince;
  }

  private *importCall(host: Host, call: PlacedCall): Work {
    const { sid, legs, own } = call;
    if (own === null) return;
    this.ground.world.sometimes('a whole call was imported', !this.ground.store.tables.calls.has(sid));
    const decided = { plan: legs.length === 0 ? 'unattended' : 'dial', reason: '' };
    const began = { afterMs: 0, kind: 'call.incoming', step: '', params: { CallSid: sid } } as const;
    yield* this.accept(host, this.exchange.event(call, began, decided), call.startedAt);
    for (const { sid: of, status, seconds, endsAt } of [...legs, own]) {
      const params = { CallSid: of, CallStatus: status, CallDuration: String(seconds) };
      const told = { afterMs: 0, kind: 'call.status', step: `${of}/${status}`, params } as const;
      yield* this.accept(host, this.exchange.event(call, told), endsAt);
    }
  }

  private *accept(host: Host, event: InboxEvent, at: number): Work {
    const aged = { ...event, ageMs: Math.max(0, this.ground.world.now - at) };
    const verdict = yield* this.inbox.accept(host, aged, true);
    if (verdict === 'lost') throw new Unavailable();
  }
}
