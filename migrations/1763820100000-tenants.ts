import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Twilio accounts, tenants and their numbers, API keys, contacts and the consent ledger. */
export class Tenants1763820100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table twilio_accounts (
        account_sid text primary key check (account_sid ~ '^AC[0-9a-fA-F]{32}$'),
        auth_token text,
        secondary_auth_token text,
        status text not null default 'active' check (status in ('active', 'suspended', 'deleted')),
        origin text not null default 'api' check (origin in ('api', 'environment', 'sandbox')),
        id uuid not null unique,
        created_at timestamptz(3) not null default now(),
        updated_at timestamptz not null default now(),
        changed_in xid8 not null default pg_current_xact_id())`);
    await runner.query(`
      create table twilio_sids (
        sid text primary key,
        tenant_id uuid not null,
        account_sid text not null,
        kind text not null check (kind in ('call', 'leg', 'message')),
        subject_id uuid not null)`);
    await runner.query(`
      create table tenants (
        id uuid primary key,
        name text not null,
        timezone text not null,
        language text not null default 'en',
        status text not null default 'active' check (status in ('active', 'suspended')),
        settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
        created_at timestamptz(3) not null default now(),
        updated_at timestamptz not null default now(),
        changed_in xid8 not null default pg_current_xact_id())`);
    await runner.query(`
      create table phone_numbers (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        number text not null unique,
        account_sid text not null references twilio_accounts (account_sid),
        messaging_service_sid text,
        forward_to text[] not null default '{}',
        created_at timestamptz(3) not null default now(),
        updated_at timestamptz not null default now(),
        changed_in xid8 not null default pg_current_xact_id(),
        unique (tenant_id, id))`);
    await runner.query(`
      create table api_keys (
        id uuid primary key,
        tenant_id uuid references tenants (id),
        name text not null,
        scopes text[] not null,
        prefix text not null,
        hash text not null unique,
        created_at timestamptz(3) not null default now(),
        revoked_at timestamptz)`);
    await runner.query(`
      create table contacts (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        number text not null,
        name text,
        language text,
        tags text[] not null default '{}',
        textable boolean not null default true,
        line_type text,
        blocked boolean not null default false,
        opted_out_at timestamptz,
        created_at timestamptz(3) not null default now(),
        unique (tenant_id, number),
        unique (tenant_id, id))`);
    await runner.query(`
      create table consents (
        id uuid primary key,
        tenant_id uuid not null,
        contact_id uuid not null,
        kind text not null check (kind in ('opt-out', 'opt-in')),
        source text not null,
        evidence jsonb not null default '{}',
        created_at timestamptz(3) not null default now(),
        foreign key (tenant_id, contact_id) references contacts (tenant_id, id) on delete cascade)`);
    await runner.query('create index consents_contact on consents (tenant_id, contact_id, created_at)');
    for (const table of ['twilio_accounts', 'tenants', 'phone_numbers']) {
      await runner.query(`create trigger ${table}_routing before insert or update on ${table}
        for each row execute function note_routing_change()`);
      await runner.query(`create index ${table}_changed on ${table} (changed_in)`);
    }
    await runner.query(
      'create index phone_numbers_tenant on phone_numbers (tenant_id, created_at desc, id desc)',
    );
    await runner.query('create index api_keys_tenant on api_keys (tenant_id, created_at desc, id desc)');
    await runner.query(`select protect_tenant_rows('tenants', 'id')`);
    for (const table of ['twilio_sids', 'phone_numbers', 'api_keys', 'contacts', 'consents']) {
      await runner.query(`select protect_tenant_rows('${table}')`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table consents, contacts, api_keys, phone_numbers, tenants, twilio_sids, twilio_accounts',
    );
  }
}
