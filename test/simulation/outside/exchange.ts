import { keyOf, type InboxEvent } from '../../../libs/durable/src/webhook-events.js';
import { ACCOUNT, HUB_NUMBER, TENANT, type Settings } from '../hub/ground.js';
import { SECOND, type World } from '../world.js';
import type { Network } from './network.js';

/** A leg, or the call itself, as Twilio lists it. */
interface Listed {
  readonly sid: string;
  readonly status: string;
  readonly endsAt: number;
  readonly seconds: number;
}

/** A call as Twilio knows it, and what it came to. */
export interface PlacedCall {
  readonly sid: string;
  readonly from: string;
  readonly startedAt: number;
  readonly end: CallEnd;
  /** What somebody who saw it would say. */
  readonly truth: 'answered' | 'missed' | 'rejected';
  /** Those that were rung; none when no hub said whom to ring. */
  legs: readonly Listed[];
  own: Listed | null;
  /** Whether a hub answered its first webhook. */
  hub: boolean;
}

/** Ways in which a call can end. */
export const CALL_ENDS = [
  'answered',
  'caller-hangs-up-after-talking',
  'no-answer',
  'busy',
  'failed',
  'abandoned',
  'abandoned-without-dial',
  'voicemail',
  'accepted',
  'declined',
  'screening-unanswered',
  'unattended',
  'rejected',
] as const;
export type CallEnd = (typeof CALL_ENDS)[number];

const SCREENED: readonly CallEnd[] = ['accepted', 'declined', 'screening-unanswered'];
const TRUTH: Partial<Readonly<Record<CallEnd, PlacedCall['truth']>>> = {
  answered: 'answered',
  'caller-hangs-up-after-talking': 'answered',
  accepted: 'answered',
  rejected: 'rejected',
};

/** One word of a call: when, after the one before it, and what. */
export interface Word {
  readonly afterMs: number;
  readonly kind: 'call.incoming' | 'call.dial' | 'call.screening' | 'call.digit' | 'call.status';
  readonly step: string;
  readonly params: Readonly<Record<string, string>>;
}

const legSid = (sid: string): string => `${sid}-leg`;

const word = (afterMs: number, kind: Word['kind'], params: Word['params'], step = ''): Word => ({
  afterMs,
  kind,
  step,
  params,
});

const legStatus = (sid: string, afterMs: number, status: string, more: Word['params'] = {}): Word =>
  word(
    afterMs,
    'call.status',
    { CallSid: legSid(sid), CallStatus: status, ...more },
    `${legSid(sid)}/${status}`,
  );

const finalStatus = (sid: string, afterMs: number, status: string, seconds: number): Word =>
  word(
    afterMs,
    'call.status',
    { CallSid: sid, CallStatus: status, CallDuration: String(seconds) },
    `${sid}/${status}`,
  );

const dialEnd = (afterMs: number, status: string, bridged: boolean | null, seconds?: number): Word =>
  word(afterMs, 'call.dial', {
    DialCallStatus: status,
    ...(bridged === null ? {} : { DialBridged: String(bridged) }),
    ...(seconds === undefined ? {} : { DialCallDuration: String(seconds) }),
  });

/** What Twilio says of a call after its first webhook, as real ones were seen to go. */
export const wordsOf = (sid: string, end: CallEnd, rangMs: number, talkedMs: number): readonly Word[] => {
  const rang = Math.round(rangMs / SECOND);
  const talked = Math.max(1, Math.round(talkedMs / SECOND));
  const ringing = [legStatus(sid, 300, 'initiated'), legStatus(sid, 600, 'ringing')];
  const up = legStatus(sid, rangMs, 'in-progress');
  const over = legStatus(sid, talkedMs, 'completed', { CallDuration: String(talked) });
  const asked = word(100, 'call.screening', { CallSid: legSid(sid) }, legSid(sid));
  const digit = (pressed: string): Word =>
    word(2_000, 'call.digit', { CallSid: legSid(sid), Digits: pressed }, legSid(sid));
  const done = (seconds: number): Word => finalStatus(sid, 400, 'completed', seconds);
  const unanswered = (status: string): readonly Word[] => [
    ...ringing,
    legStatus(sid, rangMs, status, { CallDuration: '0' }),
    dialEnd(100, status, false),
    done(rang),
  ];
  switch (end) {
    case 'answered':
    case 'caller-hangs-up-after-talking':
      return [...ringing, up, over, dialEnd(50, 'completed', true, talked), done(rang + talked)];
    case 'no-answer':
    case 'busy':
    case 'failed':
      return unanswered(end);
    case 'abandoned':
      return [...ringing, legStatus(sid, rangMs, 'canceled'), dialEnd(20, 'canceled', null), done(rang)];
    case 'abandoned-without-dial':
      return [...ringing, legStatus(sid, rangMs, 'no-answer'), finalStatus(sid, 100, 'no-answer', rang)];
    case 'voicemail':
      return [
        ...ringing,
        legStatus(sid, rangMs, 'in-progress', { AnsweredBy: 'machine_start' }),
        over,
        dialEnd(50, 'completed', true, talked),
        done(rang + talked),
      ];
    case 'accepted':
      return [
        ...ringing,
        up,
        asked,
        digit('1'),
        over,
        dialEnd(50, 'completed', true, talked),
        done(rang + talked),
      ];
    case 'declined':
      return [...ringing, up, asked, digit('2'), over, dialEnd(50, 'completed', false, 1), done(rang)];
    case 'screening-unanswered':
      return [...ringing, up, asked, over, dialEnd(50, 'no-answer', false), done(rang + talked)];
    case 'unattended':
      return [done(4)];
    case 'rejected':
      return [finalStatus(sid, 200, 'busy', 0)];
  }
};

/** Twilio's calls: their webhooks, and what its list says of them afterwards. */
export class Exchange {
  readonly calls: PlacedCall[] = [];
  private readonly world: World;
  private readonly settings: Settings;
  private network: Network | null = null;

  constructor(world: World, settings: Settings) {
    this.world = world;
    this.settings = settings;
  }

  connect(network: Network): void {
    this.network = network;
  }

  /** Somebody calls the hub's number. */
  place(from: string): void {
    const { random, now } = this.world;
    const end = random.pick(CALL_ENDS);
    const isOdd = SCREENED.includes(end) !== (this.settings.screening === 'keypress');
    const fitting = isOdd && end !== 'unattended' && end !== 'rejected' ? 'no-answer' : end;
    const sid = this.world.id('CA');
    const truth = TRUTH[fitting] ?? 'missed';
    const call = { sid, from, startedAt: now, end: fitting, truth, legs: [], own: null, hub: true };
    this.calls.push(call);
    this.begin(call);
  }

  /** Calls that began since then and are over; null when the list cannot be had. */
  since(at: number): readonly PlacedCall[] | null {
    if (this.world.buggify('list-away', 0.3)) return null;
    return this.calls.filter(({ startedAt }) => startedAt >= at);
  }

  /** What a call is told by, as webhooks or as an import. */
  event(call: Pick<PlacedCall, 'sid' | 'from'>, { kind, step, params }: Word, decided = {}): InboxEvent {
    const { sid, from } = call;
    return {
      key: keyOf(ACCOUNT, { kind, sid, step }),
      kind,
      accountSid: ACCOUNT,
      sid,
      tenantId: TENANT,
      params: { From: from, To: HUB_NUMBER, ...params },
      context: decided,
      answer: '',
    };
  }

  private begin(call: PlacedCall): void {
    const plan = call.end === 'unattended' ? 'unattended' : call.end === 'rejected' ? 'reject' : 'dial';
    const decided = { plan, reason: plan === 'reject' ? 'loop' : '', screening: this.settings.screening };
    const first = word(0, 'call.incoming', { CallSid: call.sid, CallStatus: 'ringing' });
    const event = this.event(call, first, decided);
    this.network?.post({ event, mustBeKept: false, tries: 1, lost: () => this.withoutHub(call) });
    this.goOn(call);
  }

  /** The fallback document rings the phone plainly, and nobody is told of it. */
  private withoutHub(call: PlacedCall): void {
    this.world.sometimes('a call came while no hub answered', call.hub);
    call.hub = false;
  }

  private goOn(call: PlacedCall): void {
    const { random } = this.world;
    const rangMs = random.between(1_000, 20_000);
    const talkedMs = random.between(1_000, 60_000);
    let inMs = 200;
    for (const one of wordsOf(call.sid, call.end, rangMs, talkedMs)) {
      inMs += one.afterMs;
      this.world.schedule(inMs, `${call.sid} ${one.kind} ${one.step}`, () => this.say(call, one));
    }
  }

  private say(call: PlacedCall, one: Word): void {
    this.note(call, one);
    const screening =
      call.end === 'unattended' || call.end === 'rejected' ? {} : { screening: this.settings.screening };
    const event = this.event(call, one, screening);
    if (call.hub) this.network?.post({ event, mustBeKept: false, tries: 1 });
  }

  /** The list knows how a leg and the call ended. */
  private note(call: PlacedCall, { kind, params }: Word): void {
    const { CallSid = '', CallStatus: status = '', CallDuration = '0' } = params;
    if (kind !== 'call.status' || !['completed', 'busy', 'failed', 'no-answer', 'canceled'].includes(status))
      return;
    const listed = { sid: CallSid, status, endsAt: this.world.now, seconds: Number(CallDuration) };
    if (CallSid === call.sid) call.own = listed;
    else call.legs = [...call.legs, listed];
  }
}
