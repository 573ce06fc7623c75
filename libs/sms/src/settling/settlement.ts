import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Foreign } from '#libs/durable';
import { Db, Tx } from '#libs/platform';

import { Comparison } from './comparison.js';
import { TOO_OLD_TO_WAIT_MS } from './look.domain.js';
import { TAKE_NO_STEP } from '../message.domain.js';
import { firstDoubtAt, type Since } from '../sending/resend.domain.js';
import { SendAlarm } from '../sending/send-alarm.js';
import { loadSend, type LoadedSend } from '../sending/send-row.js';
import type { Finding } from '../sending/send-state.domain.js';
import { Sends } from '../sending/sends.js';

/** How many looks may wait for Twilio at once: a slow list leaves the other jobs their places. */
const LOOKS_AT_ONCE = 4;
const CROWDED_MS = 1_000;

/** An attempt that is due for a look. */
interface Question {
  readonly loaded: LoadedSend;
  readonly openedAt: number;
}

/** Nearly every attempt has long been settled when its look is due. */
const MESSAGE_OF = `
  select message_id as id from message_attempts where tenant_id = $1 and id = $2 and outcome in ('open', 'unknown')`;
/** Waits for a reply that is being written in the conversation: what it cancels must be queued before or after. */
const STILL = `
  select 1 from conversations where tenant_id = $1 and id = (select conversation_id from messages
    where tenant_id = $1 and id = (select message_id from message_attempts where tenant_id = $1 and id = $2)) for share`;
const SINCE = `
  select exists (select 1 from messages i where i.tenant_id = $1 and i.contact_id = m.contact_id
      and i.phone_number_id = m.phone_number_id and i.direction = 'inbound' and i.created_at > m.created_at
      and (i.wish is null or i.wish <> all($3))) as inbound,
    exists (select 1 from messages h where h.tenant_id = $1 and h.conversation_id = m.conversation_id
      and h.author = 'human' and h.purpose <> 'scheduled' and h.created_at > m.created_at) as human
  from messages m where m.tenant_id = $1 and m.id = $2`;

/**
 * Settles sends whose outcome nobody knows: by the callback, which may have come meanwhile, then by Twilio's
 * list. Sent again only after the list lacked it twice; held for a human when it cannot be told.
 */
@Injectable()
export class Settlement implements OnModuleInit {
  private looking = 0;

  constructor(
    private readonly db: Db,
    private readonly alarm: SendAlarm,
    private readonly sends: Sends,
    private readonly comparison: Comparison,
  ) {}

  onModuleInit(): void {
    this.alarm.onLook((tenantId, attemptId) => this.settle(tenantId, attemptId));
  }

  private async settle(tenantId: string, attemptId: string): Promise<void> {
    const question = await this.db.transaction(tenantId, (tx) => this.ask(tx, attemptId));
    if (question === null) return;
    const isCrowded = this.looking >= LOOKS_AT_ONCE;
    if (isCrowded && question.loaded.now - question.openedAt < TOO_OLD_TO_WAIT_MS) {
      const inMs = CROWDED_MS * (0.5 + Math.random());
      await this.db.transaction(tenantId, (tx) => this.alarm.look(tx, attemptId, { inMs }));
      return;
    }
    const finding: Finding = isCrowded
      ? { kind: 'unclear', why: 'list-unavailable' }
      : await this.compare(question);
    const { now: askedAt } = question.loaded;
    await this.conclude(tenantId, attemptId, { finding, askedAt }).catch((error: unknown) => {
      if (!(error instanceof Foreign)) throw error;
      const taken: Finding = { kind: 'unclear', why: 'taken-by-another' };
      return this.conclude(tenantId, attemptId, { finding: taken, askedAt });
    });
  }

  /** The attempt with its message locked, when a look at it is due. */
  private async ask(tx: Tx, attemptId: string): Promise<Question | null> {
    const message = await tx.one<{ id: string }>(MESSAGE_OF, [tx.tenantId, attemptId]);
    if (message === undefined) return null;
    const loaded = await loadSend(tx, message.id);
    const attempt = loaded?.send.attempts.at(-1);
    if (loaded === undefined || attempt?.id !== attemptId || loaded.send.status !== 'sending') return null;
    if (attempt.lookAt > loaded.now) return null;
    return { loaded, openedAt: attempt.openedAt };
  }

  private async compare({ loaded }: Question): Promise<Finding> {
    const { message, customerNumber, now, send } = loaded;
    const firstAt = firstDoubtAt(send.attempts);
    this.looking += 1;
    try {
      return await this.comparison.of({ message, customerNumber, firstAt, now });
    } finally {
      this.looking -= 1;
    }
  }

  /** @throws Foreign when the SID that was found is another text's by now */
  private async conclude(
    tenantId: string,
    attemptId: string,
    { finding, askedAt }: { readonly finding: Finding; readonly askedAt: number },
  ): Promise<void> {
    await this.db.transaction(tenantId, async (tx) => {
      await tx.query(STILL, [tx.tenantId, attemptId]);
      const question = await this.ask(tx, attemptId);
      if (question === null) return;
      const { loaded } = question;
      const { now: at, message } = loaded;
      const values = [tx.tenantId, message.id, TAKE_NO_STEP];
      const written = await tx.one<Since & Record<string, unknown>>(SINCE, values);
      const since = written ?? { inbound: true, human: true };
      await this.sends.apply(tx, loaded, { kind: 'looked', at, askedAt, attemptId, finding, since });
    });
  }
}
