import { isOver, seenPlan } from '../../../libs/calls/src/import.domain.js';
import {
  afterRun,
  endOfBoth,
  listedSince,
  NO_RUNS,
  nextRunAt,
  RENEW_MS,
  servesSince,
  type RunEnd,
  type Runs,
} from '../../../libs/twilio/src/gaps/gap-window.domain.js';
import type { InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import { isFinal, meaningOf } from '../../../libs/sms/src/message.domain.js';
import type { Host, Work } from '../host.js';
import type { Carrier } from '../outside/carrier.js';
import { callback, incoming, type Text } from '../outside/texts.js';
import type { Exchange, PlacedCall } from '../outside/exchange.js';
import { Outage } from '../store.js';
import type { Calls } from './calls.js';
import type { Ground } from './ground.js';
import type { Inbox } from './inbox.js';
import { ListMarks, type List, type Taken } from './list-marks.js';

class Unavailable extends Error {}
/** Words of a call may still wait in a spool. */
class TooEarly extends Error {}

/** One reading of a list; `now` by the store's clock when it began. */
interface Reading {
  readonly now: number;
  readonly since: number;
}

/** From when on the list has to be read again; null when all of it is over. */
type Importer = (host: Host, reading: Reading) => Work<number | null>;

/** After a start, and every ten minutes: what Twilio lists and nobody told is accepted as if its webhook had come. */
export class GapImport {
  private readonly ground: Ground;
  private readonly inbox: Inbox;
  private readonly calls: Calls;
  private readonly carrier: Carrier;
  private readonly exchange: Exchange;
  private readonly marks: ListMarks;

  constructor(
    ground: Ground,
    { inbox, calls }: { readonly inbox: Inbox; readonly calls: Calls },
    { carrier, exchange }: { readonly carrier: Carrier; readonly exchange: Exchange },
  ) {
    this.ground = ground;
    this.inbox = inbox;
    this.calls = calls;
    this.carrier = carrier;
    this.exchange = exchange;
    this.marks = new ListMarks(ground.store);
  }

  boot(host: Host): void {
    host.start('imports', this.running(host), true);
  }

  /** Whether this process knows what calls came while it was away. */
  hasReadCalls(host: Host): boolean {
    return host.memory.has('calls read');
  }

  private runs(host: Host): Runs {
    return (host.memory.get('imports') as Runs | undefined) ?? NO_RUNS;
  }

  private sinceStart(host: Host): number {
    return this.ground.world.now - host.startedAt;
  }

  private *running(host: Host): Work {
    for (;;) {
      const before = this.runs(host);
      yield Math.max(10, nextRunAt(before) - this.sinceStart(host));
      const end = yield* this.run(host, before);
      host.memory.set('imports', afterRun(before, end, this.sinceStart(host)));
    }
  }

  /** Each list by itself: one that cannot be read keeps nobody from the other. */
  private *run(host: Host, before: Runs): Work<RunEnd> {
    const since = Math.min(servesSince(before), this.sinceStart(host));
    const messages = yield* this.endOf(
      this.read(host, 'messages', since, (on, reading) => this.importTexts(on, reading)),
    );
    const calls = yield* this.endOf(
      this.read(host, 'calls', since, (on, reading) => this.importCalls(on, reading)),
    );
    if (calls === 'complete') host.memory.set('calls read', true);
    return endOfBoth([messages, calls]);
  }

  private *endOf(reading: Work<boolean>): Work<RunEnd> {
    try {
      return (yield* reading) ? 'complete' : 'held';
    } catch (error) {
      if (error instanceof TooEarly) return 'early';
      if (error instanceof Outage || error instanceof Unavailable) return 'failed';
      throw error;
    }
  }

  /**
   * @param since from when on another's reading serves, in milliseconds since the process started
   * @returns whether the list was read to its end: by us, or by another process since then
   */
  private *read(host: Host, list: List, since: number, work: Importer): Work<boolean> {
    const ago = this.sinceStart(host) - since;
    const mark = yield* this.marks.take(host, list);
    if (!mark.ours) return this.isServed(mark, ago);
    const hold = { over: false };
    host.start(`holds the list of ${list}`, this.holding(host, list, hold), true);
    try {
      const reading = { now: mark.now, since: listedSince(mark.now, mark.until) };
      const open = yield* work(host, reading);
      hold.over = true;
      yield* this.marks.leave(host, list, open ?? mark.now);
      return true;
    } catch (error) {
      if (!hold.over) yield* this.marks.leave(host, list, null);
      throw error;
    } finally {
      hold.over = true;
    }
  }

  private isServed({ now, until }: Taken, ago: number): boolean {
    const serves = until >= now - ago;
    this.ground.world.sometimes(
      serves ? "another process's reading of a list served" : 'a list was held by another process',
    );
    return serves;
  }

  /** Reading may take longer than the lease; that it was lost is noticed with the next page. */
  private *holding(host: Host, list: List, hold: { readonly over: boolean }): Work {
    for (;;) {
      yield RENEW_MS;
      if (hold.over) return;
      try {
        yield* this.marks.take(host, list);
      } catch (error) {
        if (!(error instanceof Outage)) throw error;
      }
    }
  }

  /** The list, which is one page long; held longer once it is there. */
  private *page<T>(host: Host, list: List, asked: () => T | null): Work<T> {
    const { world } = this.ground;
    yield world.random.between(50, 2_000);
    const page = asked();
    if (page === null) throw new Unavailable();
    const { ours } = yield* this.marks.take(host, list);
    world.sometimes('a list was taken from its reader', !ours);
    if (!ours) throw new Unavailable();
    return page;
  }

  private *importTexts(host: Host, { since }: Reading): Work<null> {
    const texts = yield* this.page(host, 'messages', () => this.carrier.since(since));
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
    return null;
  }

  /** The end of a text of ours whose SID we know, and of which nobody told us. */
  private unheardEnd(text: Text): InboxEvent | null {
    const message = this.ground.store.tables.messages.get(text.sent?.messageId ?? '');
    const meaning = meaningOf(text.status);
    if (message === undefined || meaning === null || !isFinal(meaning)) return null;
    const isOurs = message.attempts.some(({ sid }) => sid === text.sid);
    return isOurs && ['accepted', 'sent'].includes(message.status) ? callback(text) : null;
  }

  private *importCalls(host: Host, { now, since }: Reading): Work<number | null> {
    const calls = yield* this.page(host, 'calls', () => this.exchange.since(since));
    const { store } = this.ground;
    const alive = calls.filter(({ own }) => own === null || !isOver({ ...own, endedAt: own.endsAt }, now));
    const undecided = calls.filter(
      (call) => !alive.includes(call) && (store.tables.calls.get(call.sid)?.outcome ?? null) === null,
    );
    const waiting = undecided.filter((call) => this.isHeldBack(host, call, now));
    this.ground.world.sometimes('an import waited for words that wait in a spool', waiting.length > 0);
    const kept = [...alive, ...waiting].map(({ sid }) => sid);
    if (kept.length > 0) yield* store.transaction(host, (tx) => this.calls.keepFromSweep(tx, kept));
    for (const call of undecided) if (!waiting.includes(call)) yield* this.importCall(host, call);
    if (waiting.length > 0) throw new TooEarly();
    return alive.length === 0 ? null : Math.min(...alive.map(({ startedAt }) => startedAt));
  }

  private isHeldBack(host: Host, { startedAt, own }: PlacedCall, now: number): boolean {
    const silentMs = now - (own?.endsAt ?? startedAt);
    return silentMs < this.inbox.silenceTellsAfterMs(host, now - startedAt);
  }

  private *importCall(host: Host, call: PlacedCall): Work {
    const { sid, legs, own } = call;
    if (own === null) return;
    this.ground.world.sometimes('a whole call was imported', !this.ground.store.tables.calls.has(sid));
    const decided = { plan: seenPlan(legs), reason: '' };
    const began = { afterMs: 0, kind: 'call.incoming', step: '', params: { CallSid: sid } } as const;
    yield* this.accept(host, this.exchange.event(call, began, decided), call.startedAt);
    for (const { sid: of, status, seconds, endsAt } of [...legs, own]) {
      const params = {
        CallSid: of,
        CallStatus: status,
        ...(seconds > 0 ? { CallDuration: String(seconds) } : {}),
      };
      const told = { afterMs: 0, kind: 'call.status', step: `${of}/${status}`, params } as const;
      yield* this.accept(host, this.exchange.event(call, told), endsAt);
    }
  }

  private *accept(host: Host, event: InboxEvent, at: number): Work {
    const aged = { ...event, ageMs: Math.max(0, this.ground.world.now - at) };
    const verdict = yield* this.inbox.accept(host, aged, 'must-be-kept');
    if (verdict === 'lost') throw new Unavailable();
  }
}
