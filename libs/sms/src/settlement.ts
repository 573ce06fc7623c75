import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Db, Tx } from '#libs/platform';
import { Routing } from '#libs/tenants';
import { Telephony, type ListedMessage } from '#libs/twilio';

import type { Message } from './message.entity.js';
import { COLUMNS } from './message-view.js';
import { Outgoing } from './outgoing.js';
import { SendAlarm, type Looks } from './send-alarm.js';
import { absencesAfter, settle } from './settlement.domain.js';

const LOOK_AGAIN_MS = 30_000;

interface Unknown extends Record<string, unknown> {
  readonly id: string;
  readonly openedAt: Date;
  readonly attempts: number;
  readonly customerNumber: string;
  readonly message: Message;
}

const ATTEMPT = `
  select a.id, a.opened_at as "openedAt", a.message_id as "messageId",
    (select count(*)::int from message_attempts o where o.tenant_id = $1 and o.message_id = a.message_id) as attempts
  from message_attempts a where a.tenant_id = $1 and a.id = $2 and a.outcome = 'unknown'`;
const MESSAGE = `
  select ${COLUMNS}, (select number from contacts c where c.tenant_id = $1 and c.id = m.contact_id) as "customerNumber"
  from messages m where tenant_id = $1 and id = $2 and status in ('sending', 'held') for update`;
const BOUND = 'select message_sid as sid from messages where tenant_id = $1 and message_sid = any($2)';

/**
 * Settles sends whose outcome nobody knows: by the callback, which may have come meanwhile, then by Twilio's
 * list. Sent again only after the list lacked it twice; held for a human when it cannot be told.
 */
@Injectable()
export class Settlement implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly alarm: SendAlarm,
    private readonly outgoing: Outgoing,
    private readonly telephony: Telephony,
    private readonly routing: Routing,
  ) {}

  onModuleInit(): void {
    this.alarm.onLook((tenantId, attemptId, looks) => this.settle(tenantId, attemptId, looks));
  }

  private async settle(tenantId: string, attemptId: string, before: Looks): Promise<void> {
    const unknown = await this.db.transaction(tenantId, (tx) => this.read(tx, attemptId));
    if (unknown === null) return;
    const listed = await this.candidates(unknown).catch(() => null);
    await this.db.transaction(tenantId, async (tx) => {
      const still = await this.read(tx, attemptId);
      if (still !== null) await this.conclude(tx, still, listed, before);
    });
  }

  /** Listed messages that could be this attempt's: same numbers, same text, made since it was opened. */
  private async candidates({
    message,
    customerNumber,
    openedAt,
  }: Unknown): Promise<readonly ListedMessage[]> {
    const route = this.routing.routeOf(message.phoneNumberId);
    if (route === undefined) throw new Error('The number of this message is not known here.');
    const { accountSid, number } = route.number;
    const listed = await this.telephony.messagesBetween(accountSid, number, customerNumber);
    const since = openedAt.getTime() - 5_000;
    return listed.filter(
      ({ body, createdAt }) => body === message.body && (createdAt?.getTime() ?? since) >= since,
    );
  }

  private async conclude(
    tx: Tx,
    unknown: Unknown,
    listed: readonly ListedMessage[] | null,
    { look, absences: before }: Looks,
  ): Promise<void> {
    const { message, id, attempts } = unknown;
    const sids = listed === null ? null : await this.unbound(tx, listed);
    const absences = absencesAfter(before, sids);
    const verdict = settle({ candidates: sids?.length ?? null, look, absences, attempts });
    switch (verdict) {
      case 'bind':
        return this.outgoing.accepted(tx, message, id, String(sids?.[0]));
      case 'send-again':
        return this.outgoing.sendAgain(tx, message, id);
      case 'hold':
        return this.outgoing.hold(tx, message);
      case 'look-again':
        return this.alarm.look(tx, id, { look: look + 1, absences }, LOOK_AGAIN_MS * look);
    }
  }

  /** The SIDs listed that no message of ours has. */
  private async unbound(tx: Tx, listed: readonly ListedMessage[]): Promise<readonly string[]> {
    const sids = listed.map(({ sid }) => sid);
    const bound = await tx.query<{ sid: string }>(BOUND, [tx.tenantId, sids]);
    const taken = new Set(bound.map(({ sid }) => sid));
    return sids.filter((sid) => !taken.has(sid));
  }

  private async read(tx: Tx, attemptId: string): Promise<Unknown | null> {
    const attempt = await tx.one<{ id: string; openedAt: Date; messageId: string; attempts: number }>(
      ATTEMPT,
      [tx.tenantId, attemptId],
    );
    if (attempt === undefined) return null;
    const message = await tx.one<Message & { customerNumber: string } & Record<string, unknown>>(MESSAGE, [
      tx.tenantId,
      attempt.messageId,
    ]);
    return message === undefined ? null : { ...attempt, message, customerNumber: message.customerNumber };
  }
}
