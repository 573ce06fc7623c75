import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Log } from '#libs/platform';

import { Accounts } from '../accounts.js';
import { Telephony, type ListedCall, type ListedMedia, type ListedMessage } from '../telephony.js';
import { isBeyondReach, listedSince, nextRunAt, type Runs } from './gap-window.domain.js';
import { ImportMarks, type ListKind, type Mark } from './import-marks.js';

/** One reading of an account's list, newest first. */
export interface Reading<T> {
  readonly accountSid: string;
  readonly pages: AsyncIterable<readonly T[]>;
  /** The database's clock when the reading began. */
  readonly now: Date;
  /** Since when each number is ours. */
  readonly registered: ReadonlyMap<string, Date>;
  /** A message's pictures. @throws when they cannot be had */
  readonly mediaOf: (messageSid: string) => Promise<readonly ListedMedia[]>;
}

/**
 * Imports what we missed of it. @returns from when on the list has to be read again, when something of it is not over;
 * null when all of it is
 * @throws when it could not be read or kept: the same is read again later
 */
export type Importer<T> = (reading: Reading<T>) => Promise<Date | null>;

const TICK_MS = 2_000;
/** The sweeps of calls wait for the first complete reading, but no longer than this. */
const PATIENCE_MS = 60_000;

const STARTED: Runs = { complete: 0, failed: 0, endedAt: 0 };

/**
 * Heals gaps: after a start, and every ten minutes, what Twilio lists and we never saw is imported through the inbox,
 * as if its webhook had come.
 */
@Injectable()
export class GapImport {
  private readonly runs = new Map<string, Runs>();
  private readonly startedAt = performance.now();
  private running = false;
  private messages: Importer<ListedMessage> = () => Promise.resolve(null);
  private calls: Importer<ListedCall> = () => Promise.resolve(null);

  constructor(
    private readonly settings: Configuration,
    private readonly accounts: Accounts,
    private readonly telephony: Telephony,
    private readonly marks: ImportMarks,
    private readonly log: Log,
  ) {}

  onMessages(importer: Importer<ListedMessage>): void {
    this.messages = importer;
  }

  onCalls(importer: Importer<ListedCall>): void {
    this.calls = importer;
  }

  /** Whether what happened while we were away was looked for: until then a missing word says nothing. */
  get healed(): boolean {
    const all = [...this.accounts.allKnown()].every(
      ({ accountSid }) => (this.runs.get(accountSid)?.complete ?? 0) > 0,
    );
    return all || this.sinceStart > PATIENCE_MS;
  }

  /** After the first reading somebody else says when, in tests. */
  @Interval(TICK_MS)
  async tick(): Promise<void> {
    const byHand = this.settings.NODE_ENV === 'test' && this.healed;
    if (this.settings.works && !byHand) await this.runDue();
  }

  /** Reads the lists of every account whose turn it is. */
  async runDue(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (const { accountSid, status } of this.accounts.allKnown()) {
        const runs = this.runs.get(accountSid) ?? STARTED;
        if (status === 'active' && nextRunAt(runs) <= this.sinceStart) await this.run(accountSid);
      }
    } finally {
      this.running = false;
    }
  }

  /** Reads one account's lists now. */
  async run(accountSid: string): Promise<void> {
    const { complete, failed } = this.runs.get(accountSid) ?? STARTED;
    try {
      await this.read(accountSid, 'messages', (mark) => this.importMessages(accountSid, mark));
      await this.read(accountSid, 'calls', (mark) => this.importCalls(accountSid, mark));
      this.runs.set(accountSid, { complete: complete + 1, failed: 0, endedAt: this.sinceStart });
    } catch (error) {
      this.runs.set(accountSid, { complete, failed: failed + 1, endedAt: this.sinceStart });
      this.log.warn("Twilio's lists are read later", { accountSid, error: String(error) });
    }
  }

  private get sinceStart(): number {
    return performance.now() - this.startedAt;
  }

  private async read(
    accountSid: string,
    kind: ListKind,
    work: (mark: Mark) => Promise<Date | null>,
  ): Promise<void> {
    const mark = await this.marks.take(accountSid, kind);
    if (mark === null) return;
    if (isBeyondReach(mark.now.getTime(), mark.until.getTime()))
      this.log.error('we were away for so long that not all of the gap is imported', undefined, {
        accountSid,
        kind,
      });
    const open = await work(mark).catch(async (error: unknown) => {
      await this.marks.leave(accountSid, kind, null);
      throw error;
    });
    await this.marks.leave(accountSid, kind, open ?? mark.now);
  }

  private async importMessages(accountSid: string, mark: Mark): Promise<Date | null> {
    const pages = this.telephony.messagesSince(accountSid, this.since(mark));
    return this.messages(await this.reading(accountSid, 'messages', mark, pages));
  }

  private async importCalls(accountSid: string, mark: Mark): Promise<Date | null> {
    const pages = this.telephony.callsSince(accountSid, this.since(mark));
    return this.calls(await this.reading(accountSid, 'calls', mark, pages));
  }

  private since({ now, until }: Mark): Date {
    return new Date(listedSince(now.getTime(), until.getTime()));
  }

  private async reading<T>(
    accountSid: string,
    kind: ListKind,
    { now }: Mark,
    pages: AsyncIterable<readonly T[]>,
  ): Promise<Reading<T>> {
    const registered = await this.marks.registered(accountSid);
    const mediaOf = (sid: string): Promise<readonly ListedMedia[]> => this.telephony.mediaOf(accountSid, sid);
    return { accountSid, now, registered, mediaOf, pages: this.held(accountSid, kind, pages) };
  }

  /** Holds the list longer with every page. */
  private async *held<T>(
    accountSid: string,
    kind: ListKind,
    pages: AsyncIterable<readonly T[]>,
  ): AsyncGenerator<readonly T[]> {
    for await (const page of pages) {
      if ((await this.marks.take(accountSid, kind)) === null)
        throw new Error('Another process reads this list.');
      yield page;
    }
  }
}
