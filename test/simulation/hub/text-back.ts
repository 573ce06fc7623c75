import { refusalOf, textBackChecks } from '../../../libs/conversations/src/text-back/text-back.domain.js';
import type { Host, Work } from '../host.js';
import type { Contact } from '../rows.js';
import type { Tx } from '../store.js';
import { MINUTE } from '../world.js';
import { ensureContact } from './consent.js';
import { change, ensureConversation } from './handling.js';
import type { Ground } from './ground.js';
import type { Sends } from './sends.js';

interface Missed {
  readonly callSid: string;
  readonly from: string;
  readonly missedReason: string;
  readonly rangSeconds: number | null;
  readonly endedAt: number;
}

/** A missed call opens or joins the thread, and its caller is texted unless a rule says no; once for each call. */
export class TextBack {
  private readonly ground: Ground;
  private readonly sends: Sends;

  constructor(ground: Ground, sends: Sends) {
    this.ground = ground;
    this.sends = sends;
  }

  *run(host: Host, eventId: string): Work {
    yield* this.ground.store.transaction(host, (tx) => {
      const { subject, data } = tx.need('log', eventId);
      this.decide(tx, { callSid: subject, ...data } as unknown as Missed);
    });
  }

  private decide(tx: Tx, call: Missed): void {
    if (tx.need('calls', call.callSid).textBacks.length > 0) return;
    const contact = ensureContact(tx, call.from);
    ensureConversation(tx, contact);
    change(tx, contact.number, { status: 'open' });
    this.note(tx, call.callSid, this.textBack(tx, call, contact) ?? 'sent');
  }

  /** Why not; null when the text is queued. */
  private textBack(tx: Tx, call: Missed, contact: Contact): string | null {
    const text = { contact, purpose: 'text-back', author: 'system' } as const;
    const checks = [...this.checks(tx, call), ...this.sends.judge(tx, text).checks];
    const refused = refusalOf(checks);
    const { world } = this.ground;
    world.sometimes('a text-back was refused by the cooldown', refused === 'cooldown');
    world.sometimes('a text-back was too late', refused === 'too-late');
    world.sometimes('a text-back was refused by a live conversation', refused === 'live-conversation');
    if (refused !== null && refused !== 'rate-capped') return refused;
    const draft = { ...text, body: 'Sorry we missed you', intent: `text-back:${call.callSid}`, epoch: null };
    const { refusal } = this.sends.queue(tx, draft);
    world.sometimes('a text-back went out', refusal === null);
    return refusal;
  }

  private checks(tx: Tx, call: Missed): ReturnType<typeof textBackChecks> {
    const { minRingSeconds, textBackCooldownMinutes: cooldownMinutes } = this.ground.settings;
    const thread = tx
      .all('messages')
      .filter((one) => one.conversation === call.from && one.status !== 'suppressed');
    const minutesSince = (times: readonly number[]): number | null =>
      times.length === 0 ? null : (tx.now - Math.max(...times)) / MINUTE;
    const textBacks = thread.filter(({ purpose }) => purpose === 'text-back');
    const written = thread.filter(({ author }) => author !== 'system');
    return textBackChecks({
      enabled: true,
      textable: true,
      abandoned: call.missedReason === 'abandoned',
      rangSeconds: call.rangSeconds,
      minRingSeconds,
      cooldownMinutes,
      minutesSinceTextBack: minutesSince(textBacks.map(({ createdAt }) => createdAt)),
      minutesSinceWritten: minutesSince(written.map(({ createdAt }) => createdAt)),
      minutesSinceCall: (tx.now - call.endedAt) / MINUTE,
    });
  }

  private note(tx: Tx, callSid: string, decision: string): void {
    const call = tx.need('calls', callSid);
    tx.set('calls', callSid, { ...call, textBacks: [...call.textBacks, decision] });
  }
}
