import { Injectable } from '@nestjs/common';
import { Events } from '#libs/durable';
import { newId, Tx } from '#libs/platform';

import type { ConsentChange } from './wish.domain.js';

/** A contact as sending rules read it. */
export interface KnownContact {
  readonly id: string;
  readonly number: string;
  readonly name: string | null;
  readonly language: string | null;
  readonly textable: boolean;
  readonly lineType: string | null;
  readonly blocked: boolean;
  readonly optedOutAt: Date | null;
}

const FIELDS = `id, number, name, language, textable, line_type as "lineType", blocked, opted_out_at as "optedOutAt"`;
/** The empty update takes the row's lock and makes `returning` answer for a contact that was there. */
const ENSURE = `
  insert into contacts (id, tenant_id, number) values ($1, $2, $3)
  on conflict (tenant_id, number) do update set number = excluded.number
  returning ${FIELDS}`;
const SHARE = `select ${FIELDS} from contacts where tenant_id = $1 and id = $2 for share`;
const OPT_OUT = `
  update contacts set opted_out_at = clock_timestamp() where tenant_id = $1 and id = $2 and opted_out_at is null returning id`;
const OPT_IN = `update contacts set opted_out_at = null where tenant_id = $1 and id = $2 and opted_out_at is not null returning id`;
const LEDGER = `
  insert into consents (id, tenant_id, contact_id, kind, source, evidence, created_at)
  values ($1, $2, $3, $4, $5, $6, clock_timestamp() - make_interval(secs => $7))`;
const CHANGED_SINCE = `
  select distinct kind from consents where tenant_id = $1 and contact_id = $2
    and created_at > clock_timestamp() - make_interval(secs => $3)`;
const MARK =
  'update contacts set textable = false, line_type = coalesce($3, line_type) where tenant_id = $1 and id = $2';

/** What the ledger keeps of a word about consent. */
export interface Consent {
  readonly source: 'text' | 'api' | 'twilio';
  readonly evidence: Readonly<Record<string, string>>;
}

/** Contacts and the consent ledger. Lock order everywhere: contact, conversation, call, message. */
@Injectable()
export class Contacts {
  constructor(private readonly events: Events) {}

  /** The contact with this number, made when there is none; locked until the transaction ends. */
  async ensure(tx: Tx, number: string): Promise<KnownContact> {
    const row = await tx.one<KnownContact & Record<string, unknown>>(ENSURE, [newId(), tx.tenantId, number]);
    if (row === undefined) throw new Error('The contact could not be made.');
    return row;
  }

  /** The contact, locked against opting out until the transaction ends. */
  async hold(tx: Tx, contactId: string): Promise<KnownContact> {
    const row = await tx.one<KnownContact & Record<string, unknown>>(SHARE, [tx.tenantId, contactId]);
    if (row === undefined) throw new Error('The contact is gone.');
    return row;
  }

  /**
   * No automatic or human text reaches it from this commit on. True when that is new; a customer's own word is
   * kept in any case, for an older wish that comes late is overtaken by whoever says STOP again.
   */
  async optOut(tx: Tx, contact: Pick<KnownContact, 'id' | 'number'>, consent: Consent): Promise<boolean> {
    const changed = (await tx.one(OPT_OUT, [tx.tenantId, contact.id])) !== undefined;
    if (changed || consent.source === 'text') this.note(tx, contact.id, { kind: 'opt-out', ...consent });
    if (!changed) return false;
    const data = { contactId: contact.id, customerNumber: contact.number, source: consent.source };
    this.events.publish(tx, { type: 'contact.opted-out', subjectId: contact.id, data });
    return true;
  }

  /**
   * Texts may be sent again. True when that is new; a customer's own word is kept in any case, for a STOP that was said
   * before it may come after it. The ledger has it from when it was said, so that a STOP which was
   * said after it and comes even later still counts; an opt-out it has from its commit, to be on the safe side.
   * @param secondsAgo when it was said, as far as anybody knows
   */
  async optIn(tx: Tx, contactId: string, consent: Consent, secondsAgo: number): Promise<boolean> {
    const changed = (await tx.one(OPT_IN, [tx.tenantId, contactId])) !== undefined;
    if (changed || consent.source === 'text')
      this.note(tx, contactId, { kind: 'opt-in', ...consent }, secondsAgo);
    return changed;
  }

  /** What it wished for within the last so many seconds. */
  async changedWithin(tx: Tx, contactId: string, seconds: number): Promise<readonly ConsentChange[]> {
    const values = [tx.tenantId, contactId, seconds];
    const kept = await tx.query<{ kind: ConsentChange }>(CHANGED_SINCE, values);
    return kept.map(({ kind }) => kind);
  }

  /** The carrier said that texts do not arrive there. */
  markUntextable(tx: Tx, contactId: string, lineType: string | null): void {
    tx.send(MARK, [tx.tenantId, contactId, lineType]);
  }

  private note(
    tx: Tx,
    contactId: string,
    { kind, source, evidence }: Consent & { readonly kind: ConsentChange },
    secondsAgo = 0,
  ): void {
    const values = [newId(), tx.tenantId, contactId, kind, source, JSON.stringify(evidence), secondsAgo];
    tx.send(LEDGER, values);
  }
}
