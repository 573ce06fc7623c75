import type { MigrationInterface, QueryRunner } from 'typeorm';

const PROTECTED = ['call_facts', 'message_facts', 'conversation_facts', 'call_service_deliveries'];

/** What events may come before the first one of a thing, so only what every event of it carries is required. */
const FACTS = [
  `create table call_facts (
    tenant_id uuid not null references tenants (id),
    call_id uuid not null,
    phone_number_id uuid not null,
    started_at timestamptz(3),
    ended_at timestamptz(3),
    revision int not null default 0,
    outcome text,
    missed_reason text,
    text_back_message_id uuid,
    primary key (tenant_id, call_id))`,
  `create table message_facts (
    tenant_id uuid not null references tenants (id),
    message_id uuid not null,
    phone_number_id uuid not null,
    contact_id uuid not null,
    direction text not null,
    author text not null,
    created_at timestamptz(3) not null,
    sent_at timestamptz(3),
    primary key (tenant_id, message_id))`,
  `create table conversation_facts (
    tenant_id uuid not null references tenants (id),
    conversation_id uuid not null,
    phone_number_id uuid not null,
    created_at timestamptz(3) not null,
    epoch int not null,
    handler text not null,
    primary key (tenant_id, conversation_id))`,
];

/** Times have the alarms' precision: an alarm that rang a microsecond early would find nothing due. */
const DELIVERIES = `
  create table call_service_deliveries (
    tenant_id uuid not null references tenants (id),
    event_id uuid not null,
    call_id uuid not null,
    kind text not null check (kind in ('incoming', 'missed')),
    rank int not null generated always as (case kind when 'incoming' then 1 else 2 end) stored,
    body jsonb not null,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'dead')),
    attempts int not null default 0,
    next_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
    give_up_at timestamptz(3) not null default clock_timestamp() + interval '3 days',
    last_error text,
    created_at timestamptz(3) not null default clock_timestamp(),
    settled_at timestamptz(3),
    primary key (tenant_id, event_id))`;

const INDEXES = [
  'create index call_facts_started on call_facts (tenant_id, started_at)',
  'create index message_facts_created on message_facts (tenant_id, created_at)',
  'create index message_facts_sent on message_facts (tenant_id, sent_at) where sent_at is not null',
  `create index message_facts_answers on message_facts (tenant_id, phone_number_id, contact_id, created_at)
    where direction = 'outbound'`,
  'create index conversation_facts_created on conversation_facts (tenant_id, created_at)',
  'create index call_service_deliveries_call on call_service_deliveries (tenant_id, call_id, rank, event_id)',
  'create index call_service_deliveries_list on call_service_deliveries (tenant_id, created_at desc, event_id desc)',
];

/** The projections of the event log, and what goes out to AS-Call-Service. */
export class AnalyticsAndIntegrations1763820300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...FACTS, DELIVERIES, ...INDEXES]) await runner.query(statement);
    for (const table of PROTECTED) await runner.query(`select protect_tenant_rows('${table}')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ${PROTECTED.join(', ')}`);
  }
}
