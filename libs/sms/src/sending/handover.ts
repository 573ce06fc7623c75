import { Injectable } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Db, pause } from '#libs/platform';
import { Telephony, type Berth, type SendOutcome } from '#libs/twilio';

import type { Departure } from './outgoing.js';
import { SETTLE_AGAIN_MS, SETTLE_TRIES } from './pace.domain.js';
import { SendNews } from './send-news.js';
import { loadSend } from './send-row.js';
import { Sends } from './sends.js';

/** Only who opened an attempt requests it: when the commit's word is lost to them, nothing leaves. */
const NOT_REQUESTED: SendOutcome = { kind: 'not-sent', error: 'The word of the commit was lost.' };

/** Hands an attempt that is committed to the carrier, and writes down what it said. */
@Injectable()
export class Handover {
  constructor(
    private readonly db: Db,
    private readonly sends: Sends,
    private readonly contacts: Contacts,
    private readonly telephony: Telephony,
    private readonly news: SendNews,
  ) {}

  /** A place for one send. */
  berth(): Berth {
    return this.telephony.berth();
  }

  /**
   * Requests once, and settles. Never throws: what is lost here, the attempt's look finds.
   * @param mayLeave asked in the tick in which the request is written
   */
  async hand(tenantId: string, departure: Departure, mayLeave: () => boolean): Promise<void> {
    const outcome = await this.telephony.send(departure.text, mayLeave);
    this.news.answered(outcome.kind);
    await this.writeDown(tenantId, departure, outcome);
  }

  /** Nobody will request it, and it may be committed: it is closed, so that its text need not wait for its look. Never throws. */
  abandon(tenantId: string, departure: Departure): Promise<void> {
    return this.writeDown(tenantId, departure, NOT_REQUESTED);
  }

  private async writeDown(tenantId: string, departure: Departure, outcome: SendOutcome): Promise<void> {
    for (let tries = 1; tries <= SETTLE_TRIES; tries += 1) {
      const error = await this.settle(tenantId, departure, outcome).then(() => null, String);
      if (error === null) return;
      if (tries === 1) this.news.notSettled(departure.messageId, error);
      await pause(SETTLE_AGAIN_MS);
    }
  }

  private settle(tenantId: string, departure: Departure, answer: SendOutcome): Promise<void> {
    const { attemptId, messageId } = departure;
    return this.db.transaction(tenantId, async (tx) => {
      if (answer.kind === 'refused') await this.contacts.hold(tx, departure.contactId);
      const loaded = await loadSend(tx, messageId);
      if (loaded === undefined) return;
      const { now: at } = loaded;
      await this.sends.apply(tx, loaded, { kind: 'answered', at, attemptId, answer, jitter: Math.random() });
    });
  }
}
