import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Foreign, Inbox, type InboxEvent } from '#libs/durable';
import { newId, Tx } from '#libs/platform';

import { meaningOf, type MessageStatus } from './message.domain.js';
import { loadSend, type LoadedSend } from './sending/send-row.js';
import { Sends } from './sending/sends.js';

const CONTACT_OF = `select contact_id as "contactId" from messages where tenant_id = $1 and id = $2`;
const KEEP = `
  insert into message_statuses (id, tenant_id, message_id, attempt_id, status, error_code) values ($1, $2, $3, $4, $5, $6)`;
const LONGEST_WORD = 40;

const FAILED: readonly (MessageStatus | null)[] = ['failed', 'undelivered'];

/** Whether the attempt is the message's, and the SID its own, as far as one is known. */
const isOf = ({ send }: LoadedSend, attemptId: string, sid: string): boolean =>
  send.attempts.some((one) => one.id === attemptId && (one.sid ?? sid) === sid);

/** Applies what Twilio says of texts that we sent: bound by the attempt in our URL, climbing by rank. */
@Injectable()
export class Delivery implements OnModuleInit {
  constructor(
    private readonly inbox: Inbox,
    private readonly sends: Sends,
    private readonly contacts: Contacts,
  ) {}

  onModuleInit(): void {
    this.inbox.on('sms.status', (tx, event) => this.apply(tx, event));
  }

  /**
   * A callback may come before the answer to the create: it proves acceptance, and names the SID.
   * @throws Foreign for an attempt that is not the message's, or that has another SID
   */
  private async apply(tx: Tx, { sid, params, context }: InboxEvent): Promise<void> {
    const { messageId = '', attemptId = '' } = context;
    const { ErrorCode: code = null, MessageStatus: word = '' } = params;
    if (FAILED.includes(meaningOf(word))) await this.holdContact(tx, messageId);
    const loaded = await loadSend(tx, messageId);
    if (loaded === undefined || !isOf(loaded, attemptId, sid)) throw new Foreign(sid);
    tx.send(KEEP, [newId(), tx.tenantId, messageId, attemptId, word.slice(0, LONGEST_WORD), code]);
    await this.sends.apply(tx, loaded, { kind: 'called-back', at: loaded.now, attemptId, sid, word, code });
  }

  /** A failure may say something of the contact, whose lock comes before the message's. */
  private async holdContact(tx: Tx, messageId: string): Promise<void> {
    const known = await tx.one<{ contactId: string }>(CONTACT_OF, [tx.tenantId, messageId]);
    if (known !== undefined) await this.contacts.hold(tx, known.contactId);
  }
}
