import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a database that went back in time is known by, and what it has to be told before it sends. */
export class Restores1763820710000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table installation (
        one boolean primary key default true check (one),
        id uuid not null default gen_random_uuid(),
        created_at timestamptz not null default now())`);
    await runner.query('insert into installation default values');
    await runner.query(`
      create table restores (
        id uuid not null,
        account_sid text not null,
        since timestamptz not null,
        tripped_at timestamptz not null default clock_timestamp(),
        lease_until timestamptz,
        reconciled_at timestamptz,
        primary key (id, account_sid))`);
    await runner.query('create index restores_open on restores (account_sid) where reconciled_at is null');
    await runner.query(`
      create table strays (
        sid text primary key,
        tenant_id uuid not null,
        phone_number_id uuid not null,
        customer_number text not null,
        direction text not null check (direction in ('inbound', 'outbound')),
        text_hash bytea,
        sent_at timestamptz not null,
        found_at timestamptz not null default clock_timestamp(),
        message_id uuid,
        foreign key (tenant_id, phone_number_id) references phone_numbers (tenant_id, id))`);
    await runner.query('create index strays_pair on strays (tenant_id, phone_number_id, customer_number)');
    await runner.query(`select protect_tenant_rows('strays')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table strays, restores, installation');
  }
}
