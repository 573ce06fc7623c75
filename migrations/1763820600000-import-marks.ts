import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far Twilio's lists were read for what we missed, by account; no tenant's data. */
export class ImportMarks1763820600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table import_marks (
        account_sid text not null references twilio_accounts (account_sid),
        kind text not null check (kind in ('messages', 'calls')),
        complete_until timestamptz not null,
        held_by uuid,
        held_until timestamptz not null default '-infinity',
        primary key (account_sid, kind))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table import_marks');
  }
}
