import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, isOutage, Log, pause } from '#libs/platform';

import { Accounts } from '../accounts/accounts.js';
import { Telephony, type ListedCall, type ListedMedia, type ListedMessage } from '../telephony.js';
import {
  afterRun,
  endOfBoth,
  isBeyondReach,
  listedSince,
  NO_RUNS,
  nextRunAt,
  RENEW_MS,
  servesSince,
  SWEEPS_WAIT_MS,
  type RunEnd,
  type Runs,
} from './gap-window.domain.js';
import { ImportMarks, type ListKind, type Mark } from './import-marks.js';

/** One reading of an account's list, newest first. */
export interface Reading<T> {
  readonly accountSid: string;
  readonly pages: AsyncIterable<readonly T[]>;
  /** The database's clock when the reading began. */
  readonly now: Date;
  /** Since when each number is ours. */
  readonly registered: ReadonlyMap<string, Date>;
  /** A message's pictures; none when they cannot be had: its words come all the same. */
  readonly mediaOf: (messageSid: string) => Promise<readonly ListedMedia[]>;
}

/**
 * Imports what we missed of it. @returns from when on the list has to be read again, when something of it is not over;
 * null when all of it is
 * @throws TooEarly when not all of it could be told yet; otherwise when it could not be read or kept: the same is read
 *   again later
 */
export type Importer<T> = (reading: Reading<T>) => Promise<Date | null>;

/** Of some of what is listed more may be heard by itself: it is read again in a moment. */
export class TooEarly extends Error {}

/** Its name in the register of intervals. */
export const GAP_IMPORT = 'gap-import';
const TICK_MS = 2_000;
/** How many accounts are read at once; a request waits up to 20 s for its answer. */
const AT_ONCE = 4;
/** While a long list of messages is read, calls that it was too early for are looked at again after this long. */
const EARLY_AGAIN_MS = 5_000;
/** Pictures that cannot be had are asked for once more after this long. */
const MEDIA_AGAIN_MS = 1_000;

/**
 * Heals gaps: after a start, and every ten minutes, what Twilio lists and we never saw is imported through the inbox,
 * as if its webhook had come.
 */
@Injectable()
export class GapImport {
  private readonly runs = new Map<string, Runs>();
  private readonly startedAt = performance.now();
  private readonly underWay = new Set<string>();
  private readonly callsRead = new Set<string>();
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

  /**
   * The accounts of which we know what happened while we were away: of the others a missing word says nothing. Null
   * once that is waited for no longer. Those that are suspended are not read, and not waited for.
   */
  get healed(): readonly string[] | null {
    if (this.sinceStart > SWEEPS_WAIT_MS) return null;
    return [...this.accounts.allKnown()]
      .filter(({ accountSid, status }) => status !== 'active' || this.callsRead.has(accountSid))
      .map(({ accountSid }) => accountSid);
  }

  /** Reads the lists of accounts whose turn it is, a few at once: one that Twilio lets wait keeps no others waiting. */
  @Interval(GAP_IMPORT, TICK_MS)
  tick(): void {
    if (!this.settings.works) return;
    for (const accountSid of this.due().slice(0, AT_ONCE - this.underWay.size)) {
      this.underWay.add(accountSid);
      void this.run(accountSid).finally(() => this.underWay.delete(accountSid));
    }
  }

  /** Reads one account's lists now. */
  async run(accountSid: string): Promise<void> {
    const before = this.runsOf(accountSid);
    const end = await this.readBoth(accountSid, before);
    this.runs.set(accountSid, afterRun(before, end, this.sinceStart));
  }

  private get sinceStart(): number {
    return performance.now() - this.startedAt;
  }

  /** Whose turn it is, the longest due first. */
  private due(): readonly string[] {
    const dueAt = (accountSid: string): number => nextRunAt(this.runsOf(accountSid));
    return [...this.accounts.allKnown()]
      .filter(({ accountSid, status }) => status === 'active' && !this.underWay.has(accountSid))
      .map(({ accountSid }) => accountSid)
      .filter((accountSid) => dueAt(accountSid) <= this.sinceStart)
      .toSorted((a, b) => dueAt(a) - dueAt(b));
  }

  private runsOf(accountSid: string): Runs {
    return this.runs.get(accountSid) ?? NO_RUNS;
  }

  /** Each list by itself, and both at once: one that is long, or cannot be read, keeps nobody from the other. */
  private async readBoth(accountSid: string, before: Runs): Promise<RunEnd> {
    const since = Math.min(servesSince(before), this.sinceStart);
    const works = {
      messages: (mark: Mark) => this.importMessages(accountSid, mark),
      calls: (mark: Mark) => this.importCalls(accountSid, mark),
    };
    const endOf = (kind: ListKind): Promise<RunEnd> =>
      this.endOf(this.read(accountSid, kind, since, works[kind]), accountSid, kind);
    let isRead = false;
    const readingMessages = endOf('messages').finally(() => (isRead = true));
    let calls = await endOf('calls');
    while (calls === 'early' && !isRead) {
      await Promise.race([readingMessages, pause(EARLY_AGAIN_MS)]);
      calls = await endOf('calls');
    }
    const messages = await readingMessages;
    if (calls === 'complete') this.callsRead.add(accountSid);
    return endOfBoth([messages, calls]);
  }

  private endOf(reading: Promise<boolean>, accountSid: string, kind: ListKind): Promise<RunEnd> {
    return reading.then(
      (complete) => (complete ? 'complete' : 'held'),
      (error: unknown) => {
        this.log.warn("Twilio's lists are read later", { accountSid, kind, error: String(error) });
        return error instanceof TooEarly ? 'early' : 'failed';
      },
    );
  }

  /**
   * @param since from when on another's reading serves, in milliseconds since the process started
   * @returns whether the list was read to its end: by us, or by another process since then
   */
  private async read(
    accountSid: string,
    kind: ListKind,
    since: number,
    work: (mark: Mark) => Promise<Date | null>,
  ): Promise<boolean> {
    const ago = this.sinceStart - since;
    const mark = await this.marks.take(accountSid, kind);
    const { now, until, ours } = mark;
    if (!ours) return until.getTime() >= now.getTime() - ago;
    if (isBeyondReach(now.getTime(), until.getTime()))
      this.log.error('we were away for so long that not all of the gap is imported', undefined, {
        accountSid,
        kind,
      });
    const renewal = setInterval(() => this.renew(accountSid, kind), RENEW_MS);
    const open = await work(mark)
      .catch(async (error: unknown) => {
        await this.marks.leave(accountSid, kind, null);
        throw error;
      })
      .finally(() => clearInterval(renewal));
    await this.marks.leave(accountSid, kind, open ?? now);
    return true;
  }

  /** A page may take longer than the lease; that it was lost is noticed with the next. */
  private renew(accountSid: string, kind: ListKind): void {
    this.marks.take(accountSid, kind).catch((error: unknown) => {
      if (!isOutage(error))
        this.log.error("the lease on Twilio's list cannot be renewed", error, { accountSid, kind });
    });
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
    const mediaOf = (sid: string): Promise<readonly ListedMedia[]> => this.mediaOf(accountSid, sid);
    return { accountSid, now, registered, mediaOf, pages: this.held(accountSid, kind, pages) };
  }

  /** Asked for twice. A text without its pictures is better than none, and than none of those behind it. */
  private async mediaOf(accountSid: string, sid: string): Promise<readonly ListedMedia[]> {
    const ask = (): Promise<readonly ListedMedia[]> => this.telephony.mediaOf(accountSid, sid);
    try {
      return await ask().catch(() => pause(MEDIA_AGAIN_MS).then(ask));
    } catch (error) {
      this.log.warn('a text is imported without its pictures', { accountSid, sid, error: String(error) });
      return [];
    }
  }

  /** Holds the list longer with every page. */
  private async *held<T>(
    accountSid: string,
    kind: ListKind,
    pages: AsyncIterable<readonly T[]>,
  ): AsyncGenerator<readonly T[]> {
    for await (const page of pages) {
      const { ours } = await this.marks.take(accountSid, kind);
      if (!ours) throw new Error('Another process reads this list.');
      yield page;
    }
  }
}
