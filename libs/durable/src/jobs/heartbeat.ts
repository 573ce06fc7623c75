import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Db, inContext, Log, newId, STOP_MS, Tx, within } from '#libs/platform';

import { JobRunner } from './job-runner.js';

const BEAT_MS = 2_000;
const DEAD_AFTER = '12 seconds';

const BEAT = `
  insert into workers (id, worker_ids) values ($1, $2)
  on conflict (id) do update set worker_ids = excluded.worker_ids, beat_at = clock_timestamp(),
    unbroken_since = case when workers.beat_at < clock_timestamp() - interval '${DEAD_AFTER}'
      then clock_timestamp() else workers.unbroken_since end
  returning unbroken_since < clock_timestamp() - interval '${DEAD_AFTER}' as "maySweep"`;
/**
 * Frees the jobs of processes that are gone: their rows are deleted and their locks broken in one statement. A process
 * locks jobs before its first beat with those names: of one that ended in between, no row tells.
 */
const SWEEP = `
  with gone as (delete from workers where beat_at < clock_timestamp() - interval '${DEAD_AFTER}' returning worker_ids),
  unknown as (select distinct locked_by from graphile_worker._private_jobs j
    where locked_at < clock_timestamp() - interval '${DEAD_AFTER}'
      and not exists (select from workers w where j.locked_by = any(w.worker_ids))),
  names as (select unnest(worker_ids) as name from gone union select locked_by from unknown)
  select graphile_worker.force_unlock_workers(array_agg(name)) from names having count(*) > 0`;
/** We live, and only could not hear or write down what became of these: that is no failure of theirs. */
const UNCOUNT = `
  update graphile_worker._private_jobs set attempts = greatest(attempts - 1, 0) where locked_by = any($1::text[])`;
const FREE = 'select graphile_worker.force_unlock_workers($1::text[])';
const LEAVE = 'delete from workers where id = $1';

/**
 * Keeps the jobs running, and tells the others that this process lives. The job library holds a dead worker's jobs
 * for four hours; a process that has itself been beating for 12 s frees those of one that has not.
 */
@Injectable()
export class Heartbeat implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly id = newId();
  private beating = false;
  private stopped = false;
  private retiring: Promise<void> | null = null;

  constructor(
    private readonly settings: Configuration,
    private readonly db: Db,
    private readonly runner: JobRunner,
    private readonly log: Log,
  ) {}

  /** Starts to work; without a database it is tried again by the next beat. */
  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.retire();
  }

  /** Takes no more jobs, lets those in hand finish, and says farewell; begun once, whoever asks for it. */
  retire(): Promise<void> {
    this.retiring ??= this.settings.works ? this.leave() : Promise.resolve();
    return this.retiring;
  }

  @Interval(BEAT_MS)
  async beat(): Promise<void> {
    if (!this.settings.works || this.beating || this.stopped) return;
    this.beating = true;
    try {
      await this.runner.ensure();
      const maySweep = await this.live(() => this.sayThatWeLive());
      if (maySweep) await inContext({ requestId: newId(), lane: 'jobs' }, () => this.sweep());
    } catch (error) {
      this.log.warn('the jobs wait for the database', { error: String(error) });
    } finally {
      this.beating = false;
    }
  }

  /** Over the connections that are never kept busy for long. */
  private live<T>(work: () => Promise<T>): Promise<T> {
    return inContext({ requestId: newId(), lane: 'webhook' }, work);
  }

  /** @returns whether we have lived long enough to sweep */
  private async sayThatWeLive(): Promise<boolean> {
    await this.freeWhatWasCutOff();
    const mine = [this.id, this.runner.workerIds];
    const row = await this.db.system('workers', (tx) => tx.one<{ maySweep: boolean }>(BEAT, mine));
    return row?.maySweep === true;
  }

  private async sweep(): Promise<void> {
    await this.db.system('workers', (tx) => tx.query(SWEEP));
  }

  /** Not in a stop, which frees all of them at its end: until then it waits for what they have in hand. */
  private async freeWhatWasCutOff(): Promise<void> {
    if (this.stopped) return;
    const gone = [...this.runner.goneIds];
    if (gone.length === 0) return;
    await this.db.system('workers', (tx) => {
      tx.send(UNCOUNT, [gone]);
      tx.send(FREE, [gone]);
    });
    this.runner.freed(gone);
  }

  private async leave(): Promise<void> {
    this.stopped = true;
    await this.runner.stop();
    const farewell = this.live(() => this.db.system('workers', (tx) => this.sayFarewell(tx))).catch(
      () => undefined,
    );
    await within(
      farewell.then(() => this.runner.disconnect()),
      STOP_MS.farewell,
    );
  }

  /** Gives back what is still locked: with our row, its names would be forgotten. */
  private sayFarewell(tx: Tx): void {
    tx.send(FREE, [this.runner.goneIds]);
    tx.send(LEAVE, [this.id]);
  }
}
