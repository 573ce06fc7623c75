import { isEndHeard, lastHeardAt, type Evidence } from '../../../libs/calls/src/evidence.domain.js';
import { heardIn, isNote, withPlan, type Heard } from '../../../libs/calls/src/heard.domain.js';
import { outcomeOf, rangSeconds } from '../../../libs/calls/src/outcome.domain.js';
import { keptFromSweepMs } from '../../../libs/calls/src/import.domain.js';
import {
  LONGEST_CALL_SECONDS,
  OVERDUE_SECONDS,
  sweepAfterSeconds,
} from '../../../libs/calls/src/sweep.domain.js';
import { moveOf, WAIT_SECONDS, type Final, type Patience } from '../../../libs/calls/src/verdict.domain.js';
import { READ_EVERY_MS, SWEEPS_WAIT_MS } from '../../../libs/twilio/src/gaps/gap-window.domain.js';
import type { InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import type { Host, Work } from '../host.js';
import type { Call } from '../rows.js';
import { Outage, type Tx } from '../store.js';
import { SECOND } from '../world.js';
import { ableHost, type Ground } from './ground.js';

const RING_SECONDS = 20;
const SWEEP_AFTER_MS = sweepAfterSeconds(RING_SECONDS) * SECOND;
const OVERDUE_MS = OVERDUE_SECONDS * SECOND;
const LONGEST_CALL_MS = LONGEST_CALL_SECONDS * SECOND;
/** How often a call is looked at of which words may wait on a disk. */
const HELD_SECONDS = 2;
const KEPT_FROM_SWEEP_MS = keptFromSweepMs(READ_EVERY_MS);

/** Calls: what was heard is a set, and the verdict is decided over it; once, or a second time from answered to missed. */
export class Calls {
  private readonly ground: Ground;
  /** When each is looked at next. */
  private readonly watched = new Map<string, number>();
  private healed: (host: Host) => boolean = () => true;
  private tellsAfterMs: (host: Host, ageMs: number) => number = () => 0;

  constructor(ground: Ground) {
    this.ground = ground;
  }

  /** Says whether a host has read Twilio's lists since it started. */
  sweepWhen(healed: (host: Host) => boolean): void {
    this.healed = healed;
  }

  /** Says how long a call has to be silent before a host makes something of that. */
  heedSilence(tellsAfterMs: (host: Host, ageMs: number) => number): void {
    this.tellsAfterMs = tellsAfterMs;
  }

  apply(tx: Tx, event: InboxEvent): void {
    const told = heardIn(event);
    if (Object.keys(told).length === 0) return;
    const isSilent = isNote(event, told);
    const call = this.observe(tx, event, withPlan(event, told), isSilent);
    if (!isSilent) this.judge(tx, call, 'fresh');
    if (event.kind !== 'call.incoming') return;
    if (event.context['plan'] === 'reject') this.ground.world.sometimes('a call was rejected');
    this.ground.world.sometimes('nobody could be rung', event.context['plan'] === 'unattended');
    tx.publish({ type: 'call.started', subject: event.sid, data: {} });
  }

  /** What was waited for did not come. */
  *judgeAgain(host: Host, sid: string, patience: Patience): Work {
    yield* this.ground.store.transaction(host, (tx) => {
      const call = tx.need('calls', sid);
      if (call.judgeAt === null || call.judgeAt > tx.now) return;
      const isHeldBack = patience === 'waited' && this.isHeldBack(host, tx, call);
      this.ground.world.sometimes('a verdict waited for words that wait in a spool', isHeldBack);
      if (isHeldBack) this.lookAgain(tx, call, HELD_SECONDS);
      else this.judge(tx, call, patience);
    });
  }

  /** Calls that Twilio lists as not over are not swept before it was asked again. */
  keepFromSweep(tx: Tx, sids: readonly string[]): void {
    for (const sid of sids) {
      const call = tx.get('calls', sid);
      if (call === undefined || call.outcome !== null || isEndHeard(call.evidence)) continue;
      this.ground.world.sometimes('a call was kept from the sweep');
      tx.set('calls', sid, { ...call, judgeAt: Math.max(call.judgeAt ?? 0, tx.now + KEPT_FROM_SWEEP_MS) });
    }
  }

  /** Every call that is to be judged again is swept, should its alarm not do it. */
  committed({ changes }: Tx): void {
    for (const { table, after } of changes)
      if (table === 'calls' && after?.judgeAt != null) this.watch(after.sid, after.judgeAt);
  }

  private watch(sid: string, judgeAt: number): void {
    if ((this.watched.get(sid) ?? Number.POSITIVE_INFINITY) <= judgeAt) return;
    const { world } = this.ground;
    this.watched.set(sid, judgeAt);
    const inMs = judgeAt + OVERDUE_MS - world.now + world.random.between(1, 5_000);
    world.schedule(inMs, `sweep of ${sid}`, () => {
      if (this.watched.get(sid) === judgeAt) this.watched.delete(sid);
      this.sweep(sid);
    });
  }

  private sweep(sid: string): void {
    const { world, store } = this.ground;
    const judgeAt = store.tables.calls.get(sid)?.judgeAt ?? null;
    if (judgeAt === null) return;
    const host = ableHost(this.ground);
    const isHealed = host !== undefined && (this.healed(host) || world.now - host.startedAt > SWEEPS_WAIT_MS);
    const silentMs = host === undefined ? 0 : this.tellsAfterMs(host, Number.POSITIVE_INFINITY);
    const isOverdue = judgeAt + Math.max(OVERDUE_MS, silentMs) <= world.now;
    world.sometimes('a sweep waited for words that wait in a spool', isHealed && silentMs > 0 && !isOverdue);
    if (isHealed && isOverdue) host.start(`sweeps ${sid}`, this.sweeping(host, sid));
    else this.watch(sid, Math.max(judgeAt, world.now));
  }

  private *sweeping(host: Host, sid: string): Work {
    try {
      yield* this.judgeAgain(host, sid, 'swept');
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
    }
    const judgeAt = this.ground.store.tables.calls.get(sid)?.judgeAt ?? null;
    if (judgeAt !== null) this.watch(sid, Math.max(judgeAt, this.ground.world.now));
  }

  private observe(tx: Tx, event: InboxEvent, heard: Heard, isSilent: boolean): Call {
    const heardAt = tx.now - (event.ageMs ?? 0);
    const at = new Date(heardAt).toISOString();
    const stamped: Evidence = Object.fromEntries(
      Object.entries(heard).map(([name, observation]) => [name, { ...observation, at }]),
    );
    const known = tx.get('calls', event.sid);
    const call =
      known === undefined ? this.born(tx, event, stamped) : this.grown(tx, known, stamped, isSilent);
    const row = { ...call, startedAt: Math.min(call.startedAt, heardAt) };
    tx.set('calls', event.sid, row);
    return row;
  }

  private born(tx: Tx, { sid, params }: InboxEvent, evidence: Evidence): Call {
    const open = {
      status: 'ringing',
      outcome: null,
      missedReason: null,
      endedAt: null,
      decided: null,
    } as const;
    const judgeAt = tx.now + SWEEP_AFTER_MS;
    return { sid, from: params['From'] ?? '', evidence, ...open, judgeAt, startedAt: tx.now, textBacks: [] };
  }

  private grown(tx: Tx, call: Call, heard: Evidence, isSilent: boolean): Call {
    const evidence = { ...heard, ...call.evidence };
    if (isSilent) return { ...call, evidence };
    const judgeAt = call.outcome === null ? Math.max(call.judgeAt ?? 0, tx.now + SWEEP_AFTER_MS) : null;
    return { ...call, evidence, judgeAt };
  }

  private judge(tx: Tx, call: Call, patience: Patience): void {
    const verdict = outcomeOf(call.evidence, patience);
    const move = moveOf(call, verdict, patience);
    const isLate = call.outcome !== null && verdict.kind !== 'open' && move.kind === 'stay';
    this.ground.world.sometimes('evidence after the verdict changed nothing', isLate);
    switch (move.kind) {
      case 'stay':
        return;
      case 'progress':
        return tx.set('calls', call.sid, {
          ...call,
          status: 'in-progress',
          judgeAt: tx.now + LONGEST_CALL_MS,
        });
      case 'lull':
        this.ground.world.sometimes('a talk ended, and the end of its call was not heard');
        return tx.set('calls', call.sid, { ...call, judgeAt: tx.now + SWEEP_AFTER_MS });
      case 'wait':
        this.ground.world.sometimes('a verdict waited');
        return this.lookAgain(tx, call, WAIT_SECONDS);
      case 'end':
        return this.decide(tx, call, move.verdict, patience);
    }
  }

  private isHeldBack(host: Host, { now }: Tx, { evidence, startedAt }: Call): boolean {
    const heardAt = lastHeardAt(evidence);
    const silentMs = now - (heardAt === null ? startedAt : Date.parse(heardAt));
    return silentMs < this.tellsAfterMs(host, now - startedAt);
  }

  private lookAgain(tx: Tx, call: Call, seconds: number): void {
    tx.set('calls', call.sid, { ...call, judgeAt: tx.now + seconds * SECOND });
    tx.alarm('judge', call.sid, tx.now + seconds * SECOND + 5);
  }

  private decide(tx: Tx, call: Call, verdict: Final, patience: Patience): void {
    const { world } = this.ground;
    world.sometimes('a verdict was made without what it waited for', patience === 'waited');
    world.sometimes('a verdict changed from answered to missed', call.outcome !== null);
    world.sometimes('a call was swept', patience === 'swept');
    const { evidence } = call;
    const heardAt = lastHeardAt(evidence);
    const endedAt = call.endedAt ?? (heardAt === null ? tx.now : Date.parse(heardAt));
    const missedReason = verdict.kind === 'missed' ? verdict.reason : null;
    const decided = { patience, heard: Object.keys(evidence).length };
    const ended = {
      status: 'ended',
      outcome: verdict.kind,
      missedReason,
      judgeAt: null,
      endedAt,
      decided,
    } as const;
    tx.set('calls', call.sid, { ...call, ...ended });
    if (verdict.kind !== 'missed') return;
    const data = { from: call.from, missedReason, rangSeconds: rangSeconds(evidence), endedAt };
    tx.publish({ type: 'call.missed', subject: call.sid, data });
  }
}
