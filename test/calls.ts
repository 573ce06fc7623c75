import { newSid, type TestHub, type TestTenant } from './hub.js';

export interface CallShown {
  readonly id: string;
  readonly from: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly missedReason: string | null;
  readonly conversationId: string | null;
  readonly textBack: { readonly sent: boolean; readonly reason: string | null };
}

/** The URLs that our TwiML gave for one call. */
interface Urls {
  readonly action: string;
  readonly leg: string;
  /** Empty when no key is asked for. */
  readonly screening: string;
}

/** The URL that an attribute of our TwiML holds; empty when none does. */
export const urlIn = (twiml: string, attribute: string): string =>
  (new RegExp(` ${attribute}="([^"]+)"`).exec(twiml)?.[1] ?? '').replaceAll('&amp;', '&');

/** Calls made by hand, webhook by webhook, in whatever order. */
export class Calls {
  constructor(
    private readonly hub: TestHub,
    private readonly tenant: TestTenant,
  ) {}

  /** The first webhook of a call; gives the URLs of the next ones. */
  async incoming(callSid: string, from: string): Promise<Urls> {
    const params = {
      CallSid: callSid,
      From: from,
      To: this.tenant.number,
      CallStatus: 'ringing',
      Direction: 'inbound',
    };
    const { text } = await this.hub.webhook('/webhooks/twilio/call', params);
    return {
      action: urlIn(text, 'action'),
      leg: urlIn(text, 'statusCallback'),
      screening: urlIn(text, 'url'),
    };
  }

  /** The three callbacks of a call that nobody answered. */
  unanswered(
    from: string,
    callSid: string,
    urls: Urls,
  ): Record<'leg' | 'action' | 'final', () => Promise<unknown>> {
    const leg = { CallSid: newSid('CA'), ParentCallSid: callSid, From: from, To: '+14155550901' };
    return {
      leg: () => this.hub.webhook(urls.leg, { ...leg, CallStatus: 'no-answer', CallDuration: '0' }),
      action: () => this.action(from, callSid, urls, 'no-answer', 'in-progress'),
      final: () => this.final(from, callSid, 'completed', 21),
    };
  }

  action(
    from: string,
    callSid: string,
    urls: Urls,
    dialCallStatus: string,
    callStatus = 'completed',
  ): Promise<unknown> {
    const caller = { From: from, To: this.tenant.number };
    return this.hub.webhook(urls.action, {
      CallSid: callSid,
      DialCallStatus: dialCallStatus,
      CallStatus: callStatus,
      ...caller,
    });
  }

  final(from: string, callSid: string, status: string, seconds: number): Promise<unknown> {
    const params = {
      CallSid: callSid,
      CallStatus: status,
      CallDuration: String(seconds),
      From: from,
      To: this.tenant.number,
    };
    return this.hub.webhook('/webhooks/twilio/call/status', params);
  }

  /** The newest call from somebody, as the API shows it. */
  async shown(from: string): Promise<CallShown | undefined> {
    const path = `/v1/calls?from=${encodeURIComponent(from)}`;
    return (await this.hub.get<{ data: CallShown[] }>(path, this.tenant.key)).body.data[0];
  }

  /** The same, once its outcome and its text are decided. */
  settled(from: string): Promise<CallShown> {
    return this.hub.eventually(async () => {
      const call = await this.shown(from);
      const texted = call?.textBack.sent === true || (call?.textBack.reason ?? null) !== null;
      return call?.outcome === 'answered' || texted ? call : null;
    }, 12_000);
  }
}
