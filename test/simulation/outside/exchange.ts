import { keyOf, type InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import { ACCOUNT, HUB_NUMBER, TENANT, type Settings } from '../hub/ground.js';
import type { World } from '../world.js';
import { CALL_ENDS, carriedBy, happens, word, wordsOf, type CallEnd, type Word } from './call-ends.js';
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
  /** All that Twilio had to say of it. */
  readonly said: InboxEvent[];
  /** Those that were rung; none when no hub said whom to ring. */
  legs: readonly Listed[];
  own: Listed | null;
  /** Whether a hub answered its first webhook. */
  hub: boolean;
}

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
    const fitting = happens(end, this.settings.screening) ? end : 'no-answer';
    const sid = this.world.id('CA');
    const call = { sid, from, startedAt: now, end: fitting, said: [], legs: [], own: null, hub: true };
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
    const carried = carriedBy(call.end, this.settings.screening);
    const decided = { plan, reason: plan === 'reject' ? 'loop' : '', ...carried };
    const first = word(0, 'call.incoming', { CallSid: call.sid, CallStatus: 'ringing' });
    const event = this.event(call, first, decided);
    call.said.push(event);
    this.network?.post({ event, waits: 'caller', tries: 1, lost: () => this.withoutHub(call) });
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
    const isDialed = call.end !== 'unattended' && call.end !== 'rejected';
    const event = this.event(call, one, isDialed ? carriedBy(call.end, this.settings.screening) : {});
    call.said.push(event);
    const waits = one.kind === 'call.dial' || one.kind === 'call.status' ? 'nobody' : 'caller';
    if (call.hub) this.network?.post({ event, waits, tries: 1 });
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
