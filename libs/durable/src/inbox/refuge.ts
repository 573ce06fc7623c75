import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Log, Metrics, within } from '#libs/platform';

import { DETOUR_WITHIN_MS, DISK_WITHIN_MS, type Untaken } from './acceptance.domain.js';
import type { Kept } from './event-keeper.js';
import { Hangs } from '../spool/group-commit.js';
import type { WaitingEvent } from '../spool/spool-reader.js';
import { Spool } from '../spool/spool.js';
import type { Ticket } from '../spool/spool-writer.js';
import type { InboxEvent } from './webhook-events.js';

const READ_WITHIN_MS = 2_000;
/** About 30 MB of events. */
const MOST_REMEMBERED = 10_000;
const AT_ONCE = 500;
const SAVE_EVERY_MS = 1_000;
const PAUSE_MS = 1_000;

type Because = 'away' | 'late' | 'on-purpose' | 'remembered';

/** An event as the disk gave it back, with its ticket; as it was, without one, when the disk did not. */
interface Detour {
  readonly read: InboxEvent;
  readonly ticket: Ticket | null;
}

/** Where events go that PostgreSQL did not take in time: to the disk, or, as the last resort, to our memory. */
@Injectable()
export class Refuge implements OnModuleInit {
  private readonly remembered = new Set<WaitingEvent>();
  private reading: Promise<readonly WaitingEvent[]> | undefined;
  private notBefore = 0;
  private ended = false;
  private lostAtEnd = 0;

  constructor(
    private readonly spool: Spool,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.spool.beforeClosing(async () => {
      await this.saveAll();
      this.giveUp();
    });
  }

  /** How many events only our memory has. */
  get size(): number {
    return this.remembered.size;
  }

  /** Writes an event to the disk, or says why it has not taken it. */
  write(event: InboxEvent, because: Because): Promise<Ticket | Untaken> {
    return within(this.written(event, because), DISK_WITHIN_MS).catch((error: unknown) =>
      error instanceof Hangs ? 'late' : 'refused',
    );
  }

  /** Writes an event to the disk, and reads it back, unless that takes longer than on a good disk. */
  async detour(event: InboxEvent): Promise<Detour> {
    const came = await within(this.thereAndBack(event), DETOUR_WITHIN_MS);
    return came === 'late' ? { read: event, ticket: null } : came;
  }

  /** Keeps an event in memory until the database or the disk takes it; lost, and counted, when there is no room. */
  remember(event: InboxEvent): void {
    if (this.ended || this.remembered.size >= MOST_REMEMBERED) return this.lose(event);
    const cameAt = performance.now();
    const waiting: WaitingEvent = {
      event: () => ({ ...event, ageMs: (event.ageMs ?? 0) + performance.now() - cameAt }),
      done: () => this.remembered.delete(waiting),
      later: () => (this.notBefore = performance.now() + PAUSE_MS),
    };
    if (this.remembered.size === 0)
      this.log.warn('neither the database nor the disk took an event in time: it waits in memory', {
        kind: event.kind,
        sid: event.sid,
      });
    this.remembered.add(waiting);
  }

  /** Some of what waits; none when nothing does. A disk that hangs keeps nothing waiting that is in memory. */
  async next(): Promise<readonly WaitingEvent[]> {
    this.reading ??= this.spool.next().finally(() => (this.reading = undefined));
    const read = await within(this.reading, READ_WITHIN_MS);
    const remembered = performance.now() < this.notBefore ? [] : this.some();
    return [...remembered, ...(read === 'late' ? [] : read)];
  }

  /** It waits no more: so it was taken. */
  settled(waiting: WaitingEvent, verdict: Exclude<Kept['verdict'], 'away'>): void {
    this.metrics.drainedEvents.inc({ verdict });
    waiting.done();
  }

  /** Brings to the disk what only our memory has, once it takes records again. */
  @Interval(SAVE_EVERY_MS)
  async save(): Promise<void> {
    if (this.remembered.size > 0 && this.spool.fault === null) await this.saveSome();
  }

  /** Brings to the disk all that only our memory has, whether it is known to fail or not: for a process that ends. */
  async saveAll(): Promise<void> {
    while (this.remembered.size > 0 && (await this.saveSome()));
  }

  /** The process ends: what is still only in our memory is lost, and so is what comes later. @returns how many are at this end */
  giveUp(): number {
    this.ended = true;
    for (const { event } of this.remembered) this.lose(event());
    this.remembered.clear();
    return this.lostAtEnd;
  }

  /** Whether the disk took any. */
  private async saveSome(): Promise<boolean> {
    const saved = await Promise.all(
      this.some().map(async ({ event, done }) => {
        const ticket = await this.write(event(), 'remembered');
        if (typeof ticket === 'string') return false;
        done();
        return true;
      }),
    );
    return saved.includes(true);
  }

  private some(): readonly WaitingEvent[] {
    return [...this.remembered].slice(0, AT_ONCE);
  }

  private async thereAndBack(event: InboxEvent): Promise<Detour> {
    const ticket = await this.written(event, 'on-purpose').catch(() => null);
    if (ticket === null) return { read: event, ticket };
    return ticket.read().then(
      (read) => ({ read, ticket }),
      (error: unknown) => {
        this.log.error('the disk does not give back what it took', error);
        return { read: event, ticket: null };
      },
    );
  }

  private async written(event: InboxEvent, because: Because): Promise<Ticket> {
    const ticket = await this.spool.append(event);
    this.metrics.spooledEvents.inc({ kind: event.kind, because });
    return ticket;
  }

  private lose({ kind, sid }: InboxEvent): void {
    if (this.ended) this.lostAtEnd += 1;
    this.metrics.lostEvents.inc({ kind });
    this.log.error('an event is lost: neither the database nor the disk takes it', undefined, { kind, sid });
  }
}
