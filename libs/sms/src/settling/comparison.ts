import { Injectable } from '@nestjs/common';
import { Db } from '#libs/platform';
import { Routing, type Route } from '#libs/tenants';
import { Telephony } from '#libs/twilio';

import type { Message } from '../message.entity.js';
import {
  findingIn,
  listedFrom,
  UNPROVEN_OUTCOMES,
  type Listed,
  type UnprovenOther,
} from './evidence.domain.js';
import { ALIKE_MINUTES } from '../sending/pace.domain.js';
import { SendNews } from '../sending/send-news.js';
import type { Finding } from '../sending/send-state.domain.js';

/** A text whose end nobody knows. */
export interface Sought {
  readonly message: Message;
  readonly customerNumber: string;
  /** When its first attempt was opened, in milliseconds by the database's clock. */
  readonly firstAt: number;
  readonly now: number;
}

/**
 * Of all tenants, in one statement, so that no SID is bound in between: SIDs that are somebody's, and the sends to this
 * customer of which none is known. A row of Twilio's list may belong to any of them.
 */
const KNOWN = `
  select (select coalesce(json_agg(sid), '[]') from twilio_sids where sid = any($1)) as owned,
    (select coalesce(json_agg(json_build_object('attemptId', a.id, 'messageId', m.id, 'open', a.outcome = 'open',
        'openedAt', round(extract(epoch from a.opened_at) * 1000), 'body', m.body)), '[]')
      from contacts c join messages m on m.tenant_id = c.tenant_id and m.contact_id = c.id
      join message_attempts a on a.tenant_id = m.tenant_id and a.message_id = m.id
      where c.tenant_id = any($2) and c.number = $3 and m.phone_number_id = any($4) and m.message_sid is null
        and a.outcome in (${UNPROVEN_OUTCOMES.map((one) => `'${one}'`).join(', ')}) and a.message_sid is null
        and (m.id = $5 or a.opened_at > clock_timestamp() - interval '${ALIKE_MINUTES} minutes')) as sends`;

interface Known extends Record<string, unknown> {
  readonly owned: readonly string[];
  readonly sends: readonly UnprovenOther[];
}

/** Compares a text whose end nobody knows with what Twilio lists. */
@Injectable()
export class Comparison {
  constructor(
    private readonly db: Db,
    private readonly telephony: Telephony,
    private readonly routing: Routing,
    private readonly news: SendNews,
  ) {}

  /** What the list says of it; unclear when it cannot be had. Outside a transaction: it waits for Twilio. */
  async of(sought: Sought): Promise<Finding> {
    const { message, firstAt } = sought;
    const { id: messageId, body } = message;
    const route = this.routing.routeOf(message.phoneNumberId);
    const listed = route === undefined ? null : await this.listIfAny(route, sought);
    const unknown = { owned: [], sends: [] };
    const isListed = route !== undefined && listed !== null;
    const known = isListed ? await this.known(route, sought, listed) : unknown;
    return findingIn(listed, { messageId, body, firstAt, ...known });
  }

  /** Null when Twilio does not give it, which is told. */
  private async listIfAny(route: Route, sought: Sought): Promise<readonly Listed[] | null> {
    const { accountSid } = route.number;
    try {
      const listed = await this.list(route, sought);
      this.news.listed(accountSid);
      return listed;
    } catch (error) {
      this.news.notListed(accountSid, error);
      return null;
    }
  }

  private async list(
    { number: ours }: Route,
    { customerNumber: to, firstAt, now }: Sought,
  ): Promise<readonly Listed[]> {
    const { accountSid, number: from, messagingServiceSid } = ours;
    const since = new Date(listedFrom(firstAt, now));
    const rows = await this.telephony.messagesBetween(accountSid, { from, messagingServiceSid, to }, since);
    return rows.map(({ sid, body, createdAt }) => ({ sid, body, createdAt: createdAt?.getTime() ?? null }));
  }

  private async known(
    route: Route,
    { customerNumber, message }: Sought,
    listed: readonly Listed[],
  ): Promise<Known> {
    const senders = this.sendersLike(route);
    const tenants = [...new Set(senders.map(({ tenant }) => tenant.id))];
    const numbers = senders.map(({ number }) => number.id);
    const values = [listed.map(({ sid }) => sid), tenants, customerNumber, numbers, message.id];
    const known = await this.db.system('sends', (tx) => tx.one<Known>(KNOWN, values));
    return known ?? { owned: [], sends: [] };
  }

  /** A messaging service sends from whichever of its numbers it likes: of what it lists, any of them may be the sender. */
  private sendersLike(route: Route): readonly Route[] {
    const { messagingServiceSid: service, accountSid } = route.number;
    if (service === null) return [route];
    return [...this.routing.all()].filter(
      ({ number }) => number.messagingServiceSid === service && number.accountSid === accountSid,
    );
  }
}
