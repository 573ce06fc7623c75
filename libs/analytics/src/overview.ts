import { Injectable } from '@nestjs/common';
import { DateTime } from 'luxon';
import { Db, Invalid, Tx } from '#libs/platform';

import type { OverviewQuery, OverviewView } from './overview.dto.js';

interface Period {
  readonly since: Date;
  readonly until: Date;
}

type Figures = Omit<OverviewView, 'since' | 'until'>;

const DEFAULT_DAYS = 30;
const DAY_MS = 86_400_000;

/** $1 tenant, $2 since, $3 until (exclusive), $4 number or null. */
const READ = `
  with calls as (
    select * from call_facts where tenant_id = $1 and started_at >= $2 and started_at < $3
      and ($4::uuid is null or phone_number_id = $4)),
  received as (
    select * from message_facts where tenant_id = $1 and created_at >= $2 and created_at < $3
      and direction = 'inbound' and ($4::uuid is null or phone_number_id = $4)),
  opened as (
    select * from conversation_facts where tenant_id = $1 and created_at >= $2 and created_at < $3
      and ($4::uuid is null or phone_number_id = $4)),
  texted as (
    select extract(epoch from m.sent_at - c.ended_at)::float8 as seconds
    from calls c join message_facts m on m.tenant_id = $1 and m.message_id = c.text_back_message_id
    where m.sent_at is not null and c.ended_at is not null),
  asked as (
    select phone_number_id, contact_id, min(created_at) as at from received group by phone_number_id, contact_id),
  replied as (
    select extract(epoch from (select min(m.created_at) from message_facts m where m.tenant_id = $1
      and m.phone_number_id = a.phone_number_id and m.contact_id = a.contact_id and m.direction = 'outbound'
      and m.author in ('human', 'ai') and m.sent_at is not null and m.created_at > a.at) - a.at)::float8 as seconds
    from asked a)
  select
    (select count(*)::int from calls) as calls,
    (select count(*)::int from calls where outcome = 'answered') as answered,
    (select json_build_object('total', count(*),
      'no-answer', count(*) filter (where missed_reason = 'no-answer'),
      'busy', count(*) filter (where missed_reason = 'busy'),
      'failed', count(*) filter (where missed_reason = 'failed'),
      'abandoned', count(*) filter (where missed_reason = 'abandoned'),
      'voicemail', count(*) filter (where missed_reason = 'voicemail'),
      'declined', count(*) filter (where missed_reason = 'declined'),
      'after-hours', count(*) filter (where missed_reason = 'after-hours'))
      from calls where outcome = 'missed') as missed,
    (select count(*)::int from message_facts where tenant_id = $1 and sent_at >= $2 and sent_at < $3
      and direction = 'outbound' and ($4::uuid is null or phone_number_id = $4)) as "textsSent",
    (select count(*)::int from received) as "textsReceived",
    (select count(*)::int from opened) as conversations,
    (select json_build_object('unassigned', count(*) filter (where handler = 'unassigned'),
      'human', count(*) filter (where handler = 'human'), 'ai', count(*) filter (where handler = 'ai'))
      from opened) as "byHandler",
    (select percentile_cont(0.5) within group (order by seconds) from texted) as "medianSecondsToText",
    (select percentile_cont(0.5) within group (order by seconds) from replied) as "medianSecondsToAnswer"`;

/** To milliseconds. */
const rounded = (seconds: number | null): number | null =>
  seconds === null ? null : Math.max(0, Math.round(seconds * 1_000) / 1_000);

/** @throws Invalid for what no calendar knows */
const timeOf = (field: 'since' | 'until', text: string): Date => {
  const time = DateTime.fromISO(text, { zone: 'utc' });
  if (time.isValid) return time.toJSDate();
  const message = 'takes a time such as 2026-02-03T17:04:40Z';
  throw new Invalid(`${field} ${message}.`, [{ path: field, message }]);
};

/** What happened in a period, out of the facts. */
@Injectable()
export class Overview {
  constructor(private readonly db: Db) {}

  /** @throws Invalid when `since` comes after `until` */
  of(tenantId: string, query: OverviewQuery): Promise<OverviewView> {
    return this.db.transaction(tenantId, async (tx) => {
      const { since, until } = await this.period(tx, query);
      const figures = await tx.one<Figures & Record<string, unknown>>(READ, [
        tenantId,
        since,
        until,
        query.phoneNumberId ?? null,
      ]);
      if (figures === undefined) throw new Error('The facts gave no row.');
      const { medianSecondsToText: toText, medianSecondsToAnswer: toAnswer, ...counts } = figures;
      const medians = { medianSecondsToText: rounded(toText), medianSecondsToAnswer: rounded(toAnswer) };
      return { since: since.toISOString(), until: until.toISOString(), ...counts, ...medians };
    });
  }

  private async period(tx: Tx, query: OverviewQuery): Promise<Period> {
    const until = query.until === undefined ? await tx.now() : timeOf('until', query.until);
    const earlier = new Date(until.getTime() - DEFAULT_DAYS * DAY_MS);
    const since = query.since === undefined ? earlier : timeOf('since', query.since);
    if (since <= until) return { since, until };
    const message = 'takes a time before until, which is now unless given';
    throw new Invalid(`since ${message}.`, [{ path: 'since', message }]);
  }
}
