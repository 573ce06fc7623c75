import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Row-level security and monthly partitions as functions that every later migration uses; the durable tables. */
export class Foundation1763820000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function protect_tenant_rows(target regclass, owner_column text default 'tenant_id') returns void
      language plpgsql as $$
      begin
        execute format('alter table %s enable row level security', target);
        execute format('alter table %s force row level security', target);
        execute format(
          'create policy tenant_rows on %s using (%I = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
             or (select current_setting(''app.system'', true)) = ''on'')
           with check (%I = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
             or (select current_setting(''app.system'', true)) = ''on'')', target, owner_column, owner_column);
      end $$`);
    await runner.query(`
      create function ensure_month(parent text, month_start date) returns void language plpgsql as $$
      declare child text := parent || '_' || to_char(month_start, 'YYYYMM');
      begin
        if to_regclass(child) is not null then return; end if;
        execute format('create table %I partition of %I for values from (%L) to (%L)', child, parent,
          month_start::timestamptz, (month_start + interval '1 month')::timestamptz);
        perform protect_tenant_rows(child::regclass);
      end $$`);
    await runner.query(`
      create function ensure_partitions(parent text, months_ahead int) returns void language plpgsql as $$
      begin
        perform pg_advisory_xact_lock(hashtext('ensure_partitions'));
        for i in -1..months_ahead loop
          perform ensure_month(parent, (date_trunc('month', now()) + make_interval(months => i))::date);
        end loop;
      end $$`);
    await runner.query(`
      create function note_routing_change() returns trigger language plpgsql as $$
      begin
        new.changed_in := pg_current_xact_id();
        new.updated_at := now();
        perform pg_notify('routing_changed', tg_table_name);
        return new;
      end $$`);
    await runner.query(`
      create table webhook_keys (
        key text primary key,
        answer text not null,
        created_at timestamptz(3) not null default now())`);
    await runner.query(`
      create table webhook_events (
        id uuid not null,
        tenant_id uuid,
        received_at timestamptz(3) not null default now(),
        kind text not null,
        account_sid text not null,
        sid text not null,
        key text not null,
        params jsonb not null,
        context jsonb not null,
        verdict text not null check (verdict in ('applied', 'unowned', 'failed', 'dropped', 'discarded')),
        error text,
        attempts int not null default 1,
        primary key (id, received_at)
      ) partition by range (received_at)`);
    await runner.query(
      `create index webhook_events_tenant on webhook_events (tenant_id, received_at desc, id desc)`,
    );
    await runner.query(
      `create index webhook_events_failed on webhook_events (tenant_id, id) where verdict = 'failed'`,
    );
    await runner.query(`select protect_tenant_rows('webhook_events')`);
    await runner.query(`
      create table events (
        id uuid not null,
        tenant_id uuid not null,
        type text not null,
        subject_id uuid not null,
        data jsonb not null,
        written_in xid8 not null default pg_current_xact_id(),
        created_at timestamptz(3) not null default clock_timestamp(),
        primary key (id, created_at)
      ) partition by range (created_at)`);
    await runner.query(`create index events_tenant on events (tenant_id, created_at, id)`);
    await runner.query(`select protect_tenant_rows('events')`);
    await runner.query(`
      create table workers (
        id uuid primary key,
        worker_ids text[] not null,
        started_at timestamptz(3) not null default clock_timestamp(),
        beat_at timestamptz not null default clock_timestamp(),
        unbroken_since timestamptz not null default clock_timestamp())`);
    await runner.query(`
      create table idempotency_keys (
        holder text not null,
        key text not null,
        body_hash text not null,
        status int,
        answer text,
        claimed_until timestamptz not null,
        created_at timestamptz(3) not null default now(),
        primary key (holder, key))`);
    for (const parent of ['webhook_events', 'events'])
      await runner.query(`select ensure_partitions('${parent}', 3)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table idempotency_keys, workers, events, webhook_events, webhook_keys');
    await runner.query('drop function note_routing_change()');
    await runner.query('drop function ensure_partitions(text, int)');
    await runner.query('drop function ensure_month(text, date)');
    await runner.query('drop function protect_tenant_rows(regclass, text)');
  }
}
