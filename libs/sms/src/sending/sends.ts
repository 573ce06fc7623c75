import { Injectable } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Foreign } from '#libs/durable';
import { Configuration, newId, Tx } from '#libs/platform';
import { Routing } from '#libs/tenants';
import { policyOf } from '#libs/twilio';

import type { Message } from '../message.entity.js';
import { INCARNATION, type Claimed } from '../restore/incarnation.js';
import { SendAlarm } from './send-alarm.js';
import { SendNews } from './send-news.js';
import { saveSend, sendOf, type LoadedSend } from './send-row.js';
import { step } from './send.domain.js';
import type { Effect, SendEvent, SendRules } from './send-state.domain.js';

const OWN = `
  insert into twilio_sids (sid, tenant_id, account_sid, kind, subject_id) values ($1, $2, $3, 'message', $4)
  on conflict (sid) do nothing returning sid`;
const OWNED = 'select 1 from twilio_sids where sid = $1 and subject_id = $2';

/** Not while the account's sends are compared with Twilio after a restore; gives what tells whether one is due. */
const CLAIM = `
  with m as (update messages set status = 'sending' where tenant_id = $1 and id = $2 and status = 'queued'
    and not exists (select 1 from restores where account_sid = $6 and reconciled_at is null) returning id)
  insert into message_attempts (id, tenant_id, message_id, opened_at, look_at)
  select $3, $1, id, to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000) from m
  returning seq::float8, ${INCARNATION} as incarnation`;

/** Takes the steps of outgoing texts: asks the rules, saves, and carries out their effects, all in one transaction. */
@Injectable()
export class Sends {
  readonly rules: SendRules;

  constructor(
    private readonly alarm: SendAlarm,
    private readonly news: SendNews,
    private readonly contacts: Contacts,
    private readonly routing: Routing,
    settings: Configuration,
  ) {
    this.rules = { windowMs: settings.SEND_SETTLE_AFTER_SECONDS * 1_000 };
  }

  /**
   * One step of a locked send; whoever brings a failure holds the contact already, whose lock comes first.
   * @returns the message after it; null when the event changed nothing
   * @throws Foreign when the SID is another message's
   */
  async apply(tx: Tx, loaded: LoadedSend, event: SendEvent): Promise<Message | null> {
    const { send, effects } = step(loaded.send, event, this.rules);
    if (send === loaded.send) return null;
    const message = saveSend(tx, loaded, send);
    for (const effect of effects) await this.perform(tx, { message, more: loaded.more }, effect);
    return message;
  }

  /**
   * Opens an attempt of a text that was seen queued, with the alarm of its look, unless somebody was faster. One round
   * trip: the look's alarm travels with the claim.
   * @param by t0, the database's clock in milliseconds, and the account that sends
   */
  async open(
    tx: Tx,
    message: Message,
    { now, accountSid }: { readonly now: number; readonly accountSid: string },
  ): Promise<(Claimed & { readonly attemptId: string }) | null> {
    const attemptId = newId();
    const event = { kind: 'claimed', at: now, attemptId } as const;
    const { send, effects } = step(sendOf(message, []), event, this.rules);
    const attempt = send.attempts.at(-1);
    if (attempt === undefined) return null;
    const values = [tx.tenantId, message.id, attemptId, attempt.openedAt, attempt.lookAt, accountSid];
    const claimed = tx.one<Claimed & Record<string, unknown>>(CLAIM, values);
    for (const effect of effects) await this.perform(tx, { message, more: false }, effect);
    const made = await claimed;
    return made === undefined ? null : { ...made, attemptId };
  }

  private async perform(
    tx: Tx,
    { message, more }: Pick<LoadedSend, 'message' | 'more'>,
    effect: Effect,
  ): Promise<void> {
    const conversationId = message.conversationId ?? '';
    switch (effect.kind) {
      case 'request':
        return;
      case 'look':
        return this.alarm.look(tx, effect.attemptId, { at: new Date(effect.at) });
      case 'wake':
        return this.alarm.set(tx, conversationId, { at: new Date(effect.at) });
      case 'next':
        return more ? this.alarm.set(tx, conversationId) : undefined;
      case 'own':
        return this.own(tx, message, effect.sid);
      case 'announce':
        return this.news.announce(tx, effect.event, message);
      case 'learn':
        return this.learn(tx, message.contactId, effect.code);
      case 'held':
        return this.news.held(message, effect.why);
    }
  }

  private async own(tx: Tx, { id, phoneNumberId }: Message, sid: string): Promise<void> {
    const accountSid = this.routing.routeOf(phoneNumberId)?.number.accountSid ?? '';
    if ((await tx.one(OWN, [sid, tx.tenantId, accountSid, id])) !== undefined) return;
    if ((await tx.one(OWNED, [sid, id])) === undefined) throw new Foreign(sid);
  }

  /** What a code says of the contact (Twilio's error codes as policy). */
  private async learn(tx: Tx, contactId: string, code: string): Promise<void> {
    const policy = policyOf(code);
    if (policy === 'landline') return this.contacts.markUntextable(tx, contactId, 'landline');
    if (policy === 'not-textable') return this.contacts.markUntextable(tx, contactId, null);
    if (policy !== 'opted-out') return;
    const contact = await this.contacts.hold(tx, contactId);
    await this.contacts.optOut(tx, contact, { source: 'twilio', evidence: { code } });
  }
}
