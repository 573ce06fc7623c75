import type { MigrationInterface, QueryRunner } from 'typeorm';

const PROTECTED = [
  'calls',
  'decisions',
  'conversations',
  'conversation_entries',
  'messages',
  'message_attempts',
  'message_statuses',
  'ai_turns',
];

const CALLS = `
  create table calls (
    id uuid primary key,
    tenant_id uuid not null references tenants (id),
    phone_number_id uuid not null,
    account_sid text not null,
    call_sid text not null,
    from_number text not null default '',
    to_number text not null default '',
    direction text not null default 'inbound' check (direction in ('inbound', 'outbound')),
    status text not null default 'ringing' check (status in ('ringing', 'in-progress', 'ended')),
    outcome text check (outcome in ('answered', 'missed', 'rejected')),
    missed_reason text check (missed_reason in
      ('no-answer', 'busy', 'failed', 'abandoned', 'voicemail', 'declined', 'after-hours')),
    evidence jsonb not null default '{}',
    revision int not null default 0,
    conversation_id uuid,
    text_back_sent boolean not null default false,
    text_back_reason text,
    text_back_message_id uuid,
    started_at timestamptz(3) not null default clock_timestamp(),
    answered_at timestamptz,
    ended_at timestamptz,
    duration_seconds int,
    judge_at timestamptz(3),
    unique (tenant_id, id),
    unique (tenant_id, call_sid),
    foreign key (tenant_id, phone_number_id) references phone_numbers (tenant_id, id))`;

const MESSAGES = `
  create table messages (
    id uuid primary key,
    tenant_id uuid not null,
    conversation_id uuid,
    contact_id uuid not null,
    phone_number_id uuid not null,
    direction text not null check (direction in ('inbound', 'outbound')),
    author text not null check (author in ('customer', 'human', 'ai', 'system')),
    purpose text not null check (purpose in
      ('reply', 'text-back', 'opt-out-confirmation', 'help', 'holding', 'emergency', 'scheduled', 'relay')),
    body text not null,
    media jsonb not null default '[]',
    segments int not null default 1,
    status text not null check (status in ('received', 'queued', 'sending', 'accepted', 'sent', 'delivered',
      'undelivered', 'failed', 'held', 'canceled', 'suppressed')),
    automatic boolean not null default false,
    epoch int,
    dedup_key text not null,
    wish text check (wish in ('stop', 'start', 'help', 'opt-out', 'ambiguous')),
    error_code text,
    suppressed_reason text,
    message_sid text,
    send_at timestamptz(3) not null default clock_timestamp(),
    created_at timestamptz(3) not null default clock_timestamp(),
    sent_at timestamptz,
    delivered_at timestamptz,
    unique (tenant_id, id),
    unique (tenant_id, dedup_key),
    foreign key (tenant_id, contact_id) references contacts (tenant_id, id),
    foreign key (tenant_id, phone_number_id) references phone_numbers (tenant_id, id))`;

const ATTEMPTS = `
  create table message_attempts (
    id uuid primary key,
    tenant_id uuid not null,
    message_id uuid not null,
    outcome text not null default 'open' check (outcome in ('open', 'accepted', 'refused', 'put-off', 'unknown', 'absent')),
    message_sid text,
    error_code text,
    opened_at timestamptz not null default clock_timestamp(),
    settled_at timestamptz,
    foreign key (tenant_id, message_id) references messages (tenant_id, id))`;

const CONVERSATIONS = `
  create table conversations (
    id uuid primary key,
    tenant_id uuid not null references tenants (id),
    phone_number_id uuid not null,
    contact_id uuid not null,
    customer_number text not null,
    status text not null default 'open' check (status in ('open', 'closed')),
    handler text not null default 'unassigned' check (handler in ('unassigned', 'human', 'ai')),
    epoch int not null default 0,
    ai_takeover_at timestamptz(3),
    waiting_since timestamptz(3),
    ai_barred boolean not null default false,
    held_since timestamptz,
    lead jsonb not null default '{}',
    outcome text,
    next_seq bigint not null default 1,
    last_message_at timestamptz,
    created_at timestamptz(3) not null default clock_timestamp(),
    closed_at timestamptz,
    unique (tenant_id, id),
    unique (tenant_id, phone_number_id, contact_id),
    foreign key (tenant_id, contact_id) references contacts (tenant_id, id),
    foreign key (tenant_id, phone_number_id) references phone_numbers (tenant_id, id))`;

const REST = [
  `create table decisions (
    id uuid not null,
    tenant_id uuid not null,
    subject_id uuid not null,
    rule text not null,
    position int not null,
    name text not null,
    input jsonb not null,
    verdict text not null,
    created_at timestamptz(3) not null default clock_timestamp(),
    primary key (id, created_at)) partition by range (created_at)`,
  `create table conversation_entries (
    tenant_id uuid not null,
    conversation_id uuid not null,
    seq bigint not null,
    kind text not null check (kind in ('message', 'call', 'handler')),
    message_id uuid,
    call_id uuid,
    data jsonb not null default '{}',
    created_at timestamptz(3) not null default clock_timestamp(),
    primary key (tenant_id, conversation_id, seq),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id))`,
  `create table message_statuses (
    id uuid not null,
    tenant_id uuid not null,
    message_id uuid not null,
    attempt_id uuid,
    status text not null,
    error_code text,
    created_at timestamptz(3) not null default clock_timestamp(),
    primary key (id, created_at)) partition by range (created_at)`,
  `create table ai_turns (
    id uuid primary key,
    tenant_id uuid not null,
    conversation_id uuid not null,
    epoch int not null,
    answers uuid not null,
    status text not null check (status in ('answered', 'silent', 'stale')),
    dispatcher text,
    tried jsonb not null default '[]',
    created_at timestamptz(3) not null default clock_timestamp(),
    unique (tenant_id, conversation_id, epoch, answers),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id))`,
];

const INDEXES = [
  'create index calls_list on calls (tenant_id, started_at desc, id desc)',
  `create index calls_to_judge on calls (judge_at) where judge_at is not null`,
  'create index decisions_subject on decisions (tenant_id, subject_id, created_at)',
  'create index conversations_list on conversations (tenant_id, created_at desc, id desc)',
  'create index conversations_due on conversations (tenant_id, ai_takeover_at) where ai_takeover_at is not null',
  'create index messages_conversation on messages (tenant_id, conversation_id, created_at desc, id desc)',
  'create index messages_sid on messages (tenant_id, message_sid)',
  `create index messages_to_send on messages (tenant_id, conversation_id, send_at, id) where status in ('queued', 'sending')`,
  `create index messages_unthreaded on messages (tenant_id, contact_id, phone_number_id) where conversation_id is null`,
  `create index messages_day on messages (tenant_id, created_at) where direction = 'outbound'`,
  `create index contacts_prefix on contacts (tenant_id, left(number, -4))`,
  'create index messages_automatic on messages (tenant_id, conversation_id, created_at) where automatic',
  'create index message_attempts_message on message_attempts (tenant_id, message_id)',
  'create index message_statuses_message on message_statuses (tenant_id, message_id, created_at)',
];

/** Calls and their evidence, conversations, messages with their attempts, and the AI's turns. */
export class CallsAndMessages1763820200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of [CALLS, CONVERSATIONS, MESSAGES, ATTEMPTS, ...REST]) await runner.query(table);
    await runner.query(`alter table messages add foreign key (tenant_id, conversation_id)
      references conversations (tenant_id, id)`);
    for (const index of INDEXES) await runner.query(index);
    for (const table of PROTECTED) await runner.query(`select protect_tenant_rows('${table}')`);
    for (const parent of ['decisions', 'message_statuses'])
      await runner.query(`select ensure_partitions('${parent}', 3)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ${[...PROTECTED].reverse().join(', ')} cascade`);
  }
}
