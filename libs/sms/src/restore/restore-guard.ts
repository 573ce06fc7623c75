import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Db, isOutage, newId, Tx } from '#libs/platform';

import { INCARNATION, type Claimed } from './incarnation.js';
import { Reconciliation } from './reconciliation.js';
import { RestoreNews } from './restore-news.js';
import { WitnessFile } from './witness-file.js';
import { judge, NOTHING_SEEN, witnessOf, type Seen, type Witness } from './witness.domain.js';

const LOOK_EVERY_MS = 3_000;
/** One for all instances: of those that find a restore at once, one writes it down. */
const TRIP_LOCK = 3_702;
/** Clocks differ, and an attempt is older than what it sent. */
const MARGIN = '5 minutes';

const SEEN = `
  select (select id from installation) as installation, ${INCARNATION} as incarnation,
    coalesce((select max(seq) from message_attempts), 0)::float8 as seq,
    (select floor(extract(epoch from max(tripped_at)) * 1000)::float8 from restores) as "trippedAt",
    floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now`;
/** Only attempts are asked for the time it went back to: whatever else is newest may have been written since. */
const TRIP = `
  insert into restores (id, account_sid, since)
  select $1, account_sid, coalesce((select max(opened_at) from message_attempts), (select created_at from installation))
    - interval '${MARGIN}'
  from twilio_accounts where status <> 'deleted'`;

type Look = Seen & { readonly incarnation: string } & Record<string, unknown>;

/** A claim that was made in a database nobody has looked at yet: it is taken back. */
export class Unverified extends Error {}

/** What is known when a claim begins. */
export interface Standing {
  readonly seq: number;
  readonly generation: number;
}

/**
 * Notices that the database went back in time (a backup was restored): attempts that were seen committed are gone.
 * Then every account is blocked until Twilio's list was compared (reconciliation.ts).
 */
@Injectable()
export class RestoreGuard implements OnApplicationBootstrap {
  private witness: Witness = NOTHING_SEEN;
  private written: Witness = NOTHING_SEEN;
  private incarnation: string | null = null;
  private generation = 0;
  private looking: Promise<void> | null = null;
  private remembered: Promise<void> | null = null;

  constructor(
    private readonly settings: Configuration,
    private readonly db: Db,
    private readonly file: WitnessFile,
    private readonly news: RestoreNews,
    private readonly reconciliation: Reconciliation,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.look();
  }

  @Interval(LOOK_EVERY_MS)
  async look(): Promise<void> {
    if (!this.settings.works) return;
    await this.verify()
      .then(() => this.reconciliation.look())
      .then(
        () => this.news.looked(),
        (error: unknown) => !isOutage(error) && this.news.notLooked(error),
      );
  }

  /** To be asked before a claim's first statement. */
  get standing(): Standing {
    return { seq: this.witness.seq, generation: this.generation };
  }

  /** @throws Unverified when the claim's number, or its database, is not one that may follow */
  admit(before: Standing, { seq, incarnation }: Claimed): void {
    if (incarnation !== this.incarnation || seq <= before.seq)
      throw new Unverified('The database was not looked at since it came back.');
  }

  /** Its claim was committed. */
  saw({ seq }: Claimed): void {
    if (seq > this.witness.seq) this.witness = { ...this.witness, seq };
  }

  /** Whether the database is still the one in which a claim began. */
  holds({ generation }: Standing): boolean {
    return generation === this.generation;
  }

  /** Looks whether the database has what was seen. @throws when it is away */
  verify(): Promise<void> {
    this.looking ??= this.compare().finally(() => (this.looking = null));
    return this.looking;
  }

  private async compare(): Promise<void> {
    this.remembered ??= this.file.read().then((witness) => void (this.witness = witness));
    await this.remembered;
    const before = this.witness;
    const seen = await this.db.system('sends', (tx) => this.read(tx));
    switch (judge(before, seen)) {
      case 'agrees':
        this.witness = { ...witnessOf(seen), seq: Math.max(this.witness.seq, seen.seq) };
        break;
      case 'adopt':
        this.startAnew(seen);
        break;
      case 'went-back':
        this.startAnew(await this.db.system('sends', (tx) => this.trip(tx, before)));
        break;
    }
    this.incarnation = seen.incarnation;
    await this.keep();
  }

  private async read(tx: Tx): Promise<Look> {
    const seen = await tx.one<Look>(SEEN);
    if (seen === undefined) throw new Error('The database does not say which it is.');
    return seen;
  }

  /** Blocks every account, unless somebody else did so in the same moment. */
  private async trip(tx: Tx, before: Witness): Promise<Seen> {
    await tx.query('select pg_advisory_xact_lock($1)', [TRIP_LOCK]);
    const seen = await this.read(tx);
    if (judge(before, seen) !== 'went-back') return seen;
    await tx.query(TRIP, [newId()]);
    this.news.wentBack({ known: before.seq, found: seen.seq });
    return this.read(tx);
  }

  private startAnew(seen: Seen): void {
    this.witness = witnessOf(seen);
    this.generation += 1;
  }

  /** Lazily: what is on disk may be a few seconds behind, never ahead. */
  private async keep(): Promise<void> {
    const { installation, seq, trippedAt } = this.witness;
    const { written } = this;
    if (written.installation === installation && written.seq === seq && written.trippedAt === trippedAt)
      return;
    this.written = this.witness;
    await this.file.write(this.witness);
  }
}
