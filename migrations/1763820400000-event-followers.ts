import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where each follower of the event log stands in it: the transaction and the event that it took last. */
export class EventFollowers1763820400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table event_followers (
        name text primary key,
        written_in xid8 not null default '0',
        event_id uuid not null default '00000000-0000-0000-0000-000000000000',
        held_by uuid,
        held_until timestamptz not null default '-infinity')`);
    await runner.query('create index events_written on events (written_in, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index events_written');
    await runner.query('drop table event_followers');
  }
}
