import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Backlog, Events, Foreign, Jobs, numbered, type Check } from '#libs/durable';
import { Db, newId, Tx } from '#libs/platform';
import { SidDirectory } from '#libs/twilio';

import type { Call } from './call.entity.js';
import { COLUMNS } from './call-columns.js';
import { callView } from './call-view.js';
import { digitsOf, finalOf, lastHeardAt, legsOf, type Observation } from './evidence.domain.js';
import { outcomeOf, rangSeconds } from './outcome.domain.js';
import { LONGEST_CALL_SECONDS, OVERDUE_SECONDS, sweepAfterSeconds } from './sweep.domain.js';
import { moveOf, WAIT_SECONDS, type Final, type Patience, type Verdict } from './verdict.domain.js';

/** A call as a webhook names it. */
export interface CallIdentity {
  readonly accountSid: string;
  readonly callSid: string;
  readonly phoneNumberId: string;
  readonly from: string;
  readonly to: string;
  /** When nothing more was heard for this long, the call is swept. */
  readonly sweepAfterSeconds: number;
  /** How long ago the word of it came, in seconds: 0, unless it waited somewhere. */
  readonly ageSeconds: number;
}

/** What a text-back came to. */
export interface TextBack {
  readonly sent: boolean;
  readonly messageId: string | null;
  readonly reason: string | null;
  readonly conversationId: string | null;
}

/** Adds observations to the set, or makes the call of them; what was heard first stays. */
const hearing = (columns: string, judgeAt: string): string => `
  with heard as (select jsonb_object_agg(key, value || jsonb_build_object('at', clock_timestamp() - make_interval(secs => $10))) as evidence
    from jsonb_each($8::jsonb)),
  claimed as (insert into twilio_sids (sid, tenant_id, account_sid, kind, subject_id) values ($4, $2, $3, 'call', $1)
    on conflict (sid) do nothing returning sid)
  insert into calls (id, tenant_id, account_sid, call_sid, phone_number_id, from_number, to_number, evidence, judge_at, started_at)
  select $1, $2, $3, $4, $5, $6, $7, heard.evidence, clock_timestamp() + make_interval(secs => $9),
    clock_timestamp() - make_interval(secs => $10) from heard
  on conflict (tenant_id, call_sid) do update set evidence = excluded.evidence || calls.evidence,
    from_number = coalesce(nullif(calls.from_number, ''), excluded.from_number),
    to_number = coalesce(nullif(calls.to_number, ''), excluded.to_number),
    started_at = least(calls.started_at, excluded.started_at),
    judge_at = ${judgeAt}
  returning ${columns}, (xmax = 0) as inserted, exists (select 1 from claimed) as claimed`;
const OBSERVE = hearing(
  COLUMNS,
  'case when calls.outcome is null then greatest(calls.judge_at, excluded.judge_at) end',
);
/** What tells nothing does not put off a verdict that is near. */
const NOTE = hearing('id', 'calls.judge_at');
const LOCK = `
  select ${COLUMNS}, judge_at <= clock_timestamp() as due, extract(epoch from clock_timestamp())::float8 * 1000 as now
  from calls where tenant_id = $1 and id = $2 for update`;
const OVERDUE = `
  select id, tenant_id as "tenantId" from calls
  where judge_at < clock_timestamp() - make_interval(secs => $2) and ($1::text[] is null or account_sid = any($1))
  order by judge_at limit 200`;
/** The verdict, with the checks that led to it. */
const DECIDE = `
  with checks as (insert into decisions (id, tenant_id, subject_id, rule, position, name, input, verdict)
    select id, $1, $2, 'outcome', position, name, input, verdict
    from jsonb_to_recordset($7::jsonb) as g(id uuid, position int, name text, input jsonb, verdict text))
  update calls set status = $3, outcome = $4, missed_reason = $5, revision = revision + 1, judge_at = null,
    answered_at = case when $4 = 'answered' then coalesce(answered_at, clock_timestamp()) else answered_at end,
    ended_at = coalesce(ended_at, $8, clock_timestamp()), duration_seconds = coalesce($6::int, duration_seconds)
  where tenant_id = $1 and id = $2 returning ${COLUMNS}`;
const PROGRESS = `
  update calls set status = $3, answered_at = case when $3 = 'in-progress' then coalesce(answered_at, clock_timestamp()) end,
    judge_at = clock_timestamp() + make_interval(secs => $4)
  where tenant_id = $1 and id = $2`;
const WAIT = `update calls set judge_at = clock_timestamp() + make_interval(secs => $3) where tenant_id = $1 and id = $2`;
const TEXT_BACK = `
  update calls set text_back_sent = $3, text_back_message_id = $4, text_back_reason = $5, conversation_id = $6
  where tenant_id = $1 and id = $2`;

/** How often a call is looked at of which words may wait on a disk. */
const HELD_SECONDS = 2;

type Row = Call & Record<string, unknown>;

const talkedSeconds = ({ evidence }: Call): number | null =>
  evidence['dial']?.durationSeconds ?? finalOf(evidence)?.durationSeconds ?? null;

/** The calls: what was heard, and the verdict, decided once. */
@Injectable()
export class Calls implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly events: Events,
    private readonly sids: SidDirectory,
    private readonly backlog: Backlog,
  ) {}

  onModuleInit(): void {
    this.jobs.handle('calls.judge', ({ tenantId = '', callId = '' }) =>
      this.judgeAgain(tenantId, callId, 'waited'),
    );
  }

  /** Takes in what was heard about a call, and decides when that is enough. @throws Foreign */
  async observe(tx: Tx, identity: CallIdentity, heard: Readonly<Record<string, Observation>>): Promise<Call> {
    const call = await tx.one<Row & { inserted: boolean; claimed: boolean }>(
      OBSERVE,
      this.row(tx, identity, heard),
    );
    if (call === undefined) throw new Error('The call could not be kept.');
    const { accountSid, callSid } = identity;
    if (call.accountSid !== accountSid) throw new Foreign(callSid);
    if (call.inserted && !call.claimed)
      await this.sids.claim(tx, callSid, { accountSid, kind: 'call', subjectId: call.id });
    await this.judge(tx, call, 'fresh', identity.sweepAfterSeconds);
    return call;
  }

  /** Takes in what tells nothing yet about the outcome; the call's SID is known to be the tenant's. */
  note(tx: Tx, identity: CallIdentity, heard: Readonly<Record<string, Observation>>): void {
    tx.send(NOTE, this.row(tx, identity, heard));
  }

  /** Looks at a call again, when it is due. @param patience `swept` when nothing came at all */
  async judgeAgain(tenantId: string, callId: string, patience: Patience): Promise<void> {
    await this.db.transaction(tenantId, async (tx) => {
      const call = await tx.one<Row & { due: boolean | null; now: number }>(LOCK, [tenantId, callId]);
      if (call?.due !== true) return;
      if (patience === 'waited' && this.isHeldBack(call)) this.lookAgain(tx, call, HELD_SECONDS);
      else await this.judge(tx, call, patience);
    });
  }

  /**
   * Calls that nobody told the end of: all that are overdue, but while words may wait on a disk none, or only
   * those of long ago.
   * @param accountSids whose; everybody's when it is null
   */
  async overdue(accountSids: readonly string[] | null): Promise<readonly { id: string; tenantId: string }[]> {
    const silentMs = this.backlog.silenceTellsAfterMs(Number.POSITIVE_INFINITY);
    if (silentMs === Number.POSITIVE_INFINITY) return [];
    const seconds = Math.max(OVERDUE_SECONDS, silentMs / 1_000);
    return this.db.system('sweeper', (tx) =>
      tx.query<{ id: string; tenantId: string }>(OVERDUE, [accountSids, seconds]),
    );
  }

  /** Notes what the caller was texted, or why not. */
  noteTextBack(tx: Tx, callId: string, { sent, messageId, reason, conversationId }: TextBack): void {
    tx.send(TEXT_BACK, [tx.tenantId, callId, sent, messageId, reason, conversationId]);
  }

  private row(
    tx: Tx,
    { accountSid, callSid, phoneNumberId, from, to, sweepAfterSeconds, ageSeconds }: CallIdentity,
    heard: Readonly<Record<string, Observation>>,
  ): unknown[] {
    const names = [newId(), tx.tenantId, accountSid, callSid, phoneNumberId, from, to];
    return [...names, JSON.stringify(heard), sweepAfterSeconds, ageSeconds];
  }

  private async judge(
    tx: Tx,
    call: Call,
    patience: Patience,
    silentSeconds = sweepAfterSeconds(),
  ): Promise<void> {
    const move = moveOf(call, outcomeOf(call.evidence, patience), patience);
    const ids = [tx.tenantId, call.id];
    switch (move.kind) {
      case 'stay':
        return;
      case 'progress':
        tx.send(PROGRESS, [...ids, 'in-progress', LONGEST_CALL_SECONDS]);
        return;
      case 'lull':
        tx.send(WAIT, [...ids, silentSeconds]);
        return;
      case 'wait':
        return this.lookAgain(tx, call, WAIT_SECONDS);
      case 'end':
        return this.decide(tx, call, move.verdict, patience);
    }
  }

  /** What was waited for may have come, and not be here yet. */
  private isHeldBack({ evidence, startedAt, now }: Call & { readonly now: number }): boolean {
    const heardAt = lastHeardAt(evidence);
    const silentMs = now - (heardAt === null ? startedAt.getTime() : Date.parse(heardAt));
    return silentMs < this.backlog.silenceTellsAfterMs(now - startedAt.getTime());
  }

  private lookAgain(tx: Tx, { tenantId, id }: Call, seconds: number): void {
    tx.send(WAIT, [tenantId, id, seconds]);
    this.jobs.add(tx, 'calls.judge', { tenantId, callId: id }, { inMs: seconds * 1_000 + 5 });
  }

  private async decide(tx: Tx, call: Call, verdict: Final, patience: Patience): Promise<void> {
    const reason = verdict.kind === 'missed' ? verdict.reason : null;
    const checks = JSON.stringify(numbered(this.trace(call, verdict, patience)));
    const values = [tx.tenantId, call.id, 'ended', verdict.kind, reason, talkedSeconds(call), checks];
    const ended = [...values, lastHeardAt(call.evidence)];
    const decided = await tx.one<Row>(DECIDE, ended);
    if (decided === undefined) return;
    const data = {
      ...callView(decided),
      revision: decided.revision,
      rangSeconds: rangSeconds(call.evidence),
    };
    const told = verdict.kind === 'missed' ? ['call.ended', 'call.missed'] : ['call.ended'];
    this.events.publish(tx, ...told.map((type) => ({ type, subjectId: call.id, data })));
  }

  private trace({ evidence }: Call, verdict: Verdict, patience: Patience): readonly Check[] {
    const said = (name: string, heard: Observation | null | undefined): Check => ({
      name,
      input: { ...heard },
      verdict: heard == null ? 'not heard' : 'heard',
    });
    const final = verdict.kind === 'missed' ? `missed: ${verdict.reason}` : verdict.kind;
    return [
      said('plan', evidence['plan']),
      said('dial-action', evidence['dial']),
      said('final-status', finalOf(evidence)),
      {
        name: 'legs',
        input: { legs: legsOf(evidence) },
        verdict: legsOf(evidence).some((leg) => leg.answered) ? 'picked up' : 'not picked up',
      },
      {
        name: 'screening-digit',
        input: { digits: digitsOf(evidence) },
        verdict: digitsOf(evidence).length > 0 ? 'heard' : 'not heard',
      },
      said('machine-detection', evidence['amd']),
      { name: 'outcome', input: { patience }, verdict: final },
    ];
  }
}
