import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Backlog, Inbox, keyOf, type InboxEvent } from '#libs/durable';
import { Db } from '#libs/platform';
import { Routing, type Route } from '#libs/tenants';
import { EMPTY, GapImport, READ_EVERY_MS, TooEarly, type ListedCall, type Reading } from '#libs/twilio';

import { ENDS, isFinal } from './evidence.domain.js';
import { isOver, keptFromSweepMs, seenPlan } from './import.domain.js';

const DECIDED = 'select call_sid as sid from calls where call_sid = any($1) and outcome is not null';

/**
 * Calls that are not over are not swept before the list was read again. One of which the end was heard waits for
 * seconds only, as before.
 */
const ALIVE = `
  update calls set judge_at = greatest(judge_at, clock_timestamp() + interval '${keptFromSweepMs(READ_EVERY_MS)} milliseconds')
  where call_sid = any($1) and outcome is null and not evidence ?| $2`;

/** A call that came in, with the legs that were dialled for it. */
interface WholeCall {
  readonly call: ListedCall;
  readonly legs: readonly ListedCall[];
  readonly route: Route;
}

/** A word of a call or of a leg. */
interface Told {
  readonly of: ListedCall;
  readonly status: string;
  readonly at: Date;
  /** What was decided about an incoming call. */
  readonly decided?: Readonly<Record<string, string>>;
}

/** What we missed of calls: whole ones, and the ends of those we knew; each as its webhooks would have told. */
@Injectable()
export class CallImport implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly inbox: Inbox,
    private readonly routing: Routing,
    private readonly gaps: GapImport,
    private readonly backlog: Backlog,
  ) {}

  onModuleInit(): void {
    this.gaps.onCalls((reading) => this.import(reading));
  }

  /**
   * A leg starts after its call, so the list, newest first, has it before.
   * @throws Unavailable when words of a call may wait on a disk, which tell more than the list: it is read again
   */
  private async import(reading: Reading<ListedCall>): Promise<Date | null> {
    const legs = new Map<string, ListedCall[]>();
    let openSince: Date | null = null;
    let held = 0;
    for await (const page of reading.pages) {
      this.gather(page, legs);
      const calls = page.filter((listed) => listed.parentCallSid === null);
      const alive = calls.filter((call) => !this.isOver(call, reading));
      openSince = alive.at(-1)?.startedAt ?? openSince;
      const over = calls.filter((call) => !alive.includes(call));
      const undecided = await this.undecided(reading, over, legs);
      const waiting = undecided.filter(({ call }) => this.isHeldBack(call, reading));
      await this.keepFromSweep([...alive, ...waiting.map(({ call }) => call)]);
      for (const whole of undecided) if (!waiting.includes(whole)) await this.tell(reading, whole);
      held += waiting.length;
    }
    if (held > 0) throw new TooEarly(`Words of ${held} calls may still wait in a spool.`);
    return openSince;
  }

  private gather(page: readonly ListedCall[], legs: Map<string, ListedCall[]>): void {
    for (const leg of page) {
      if (leg.parentCallSid === null) continue;
      legs.set(leg.parentCallSid, [...(legs.get(leg.parentCallSid) ?? []), leg]);
    }
  }

  private async keepFromSweep(alive: readonly ListedCall[]): Promise<void> {
    if (alive.length === 0) return;
    await this.db.system('import', (tx) => tx.query(ALIVE, [alive.map(({ sid }) => sid), ENDS]));
  }

  private isOver({ status, endedAt }: ListedCall, { now }: Reading<ListedCall>): boolean {
    return isOver({ status, endedAt: endedAt?.getTime() ?? null }, now.getTime());
  }

  /** Its own webhooks may wait in a spool. */
  private isHeldBack({ startedAt, endedAt }: ListedCall, { now }: Reading<ListedCall>): boolean {
    const silentMs = now.getTime() - (endedAt ?? startedAt).getTime();
    return silentMs < this.backlog.silenceTellsAfterMs(now.getTime() - startedAt.getTime());
  }

  /** Calls to numbers of ours whose outcome is not known, oldest first. */
  private async undecided(
    { accountSid, registered }: Reading<ListedCall>,
    calls: readonly ListedCall[],
    legs: ReadonlyMap<string, readonly ListedCall[]>,
  ): Promise<readonly WholeCall[]> {
    const rows = await this.db.system('import', (tx) =>
      tx.query<{ sid: string }>(DECIDED, [calls.map(({ sid }) => sid)]),
    );
    const decided = new Set(rows.map(({ sid }) => sid));
    return calls.toReversed().flatMap((call) => {
      const route = this.routing.routeTo(call.to);
      const since = registered.get(call.to);
      const ours = route?.number.accountSid === accountSid && since !== undefined && call.startedAt >= since;
      if (!ours || call.direction !== 'inbound' || decided.has(call.sid)) return [];
      return [{ call, route, legs: legs.get(call.sid) ?? [] }];
    });
  }

  /** A call for which nobody was rung came while no hub was there. */
  private async tell(reading: Reading<ListedCall>, whole: WholeCall): Promise<void> {
    const { call, legs } = whole;
    const came = {
      of: call,
      status: 'ringing',
      at: call.startedAt,
      decided: { plan: seenPlan(legs), reason: '', checks: '[]' },
    };
    await this.inbox.keep(this.event(reading, whole, 'call.incoming', came));
    for (const of of [...legs.filter(({ status }) => isFinal(status)), call]) {
      const ended = { of, status: of.status, at: of.endedAt ?? of.startedAt };
      await this.inbox.keep(this.event(reading, whole, 'call.status', ended));
    }
  }

  private event(
    { accountSid, now }: Reading<ListedCall>,
    { call, route }: WholeCall,
    kind: 'call.incoming' | 'call.status',
    { of, status, at, decided }: Told,
  ): InboxEvent {
    const told = { AccountSid: accountSid, CallSid: of.sid, CallStatus: status, From: of.from, To: of.to };
    const lasted = kind === 'call.status' && (of.durationSeconds ?? 0) > 0;
    const step = kind === 'call.status' ? `${of.sid}/${status}` : '';
    return {
      key: keyOf(accountSid, { kind, sid: call.sid, step }),
      kind,
      sid: call.sid,
      accountSid,
      tenantId: route.tenant.id,
      params: lasted ? { ...told, CallDuration: String(of.durationSeconds) } : told,
      context: { phoneNumberId: route.number.id, callSid: call.sid, ...decided },
      answer: EMPTY,
      ageMs: Math.max(0, now.getTime() - at.getTime()),
    };
  }
}
