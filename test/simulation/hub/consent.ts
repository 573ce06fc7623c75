import type { ConsentChange } from '../../../libs/contacts/src/wish.domain.js';
import type { Contact } from '../rows.js';
import type { Tx } from '../store.js';

/** The contact with this number, made when there is none. */
export const ensureContact = (tx: Tx, number: string): Contact => {
  const known = tx.get('contacts', number);
  if (known !== undefined) return known;
  const made = { number, textable: true, lineType: null, optedOutAt: null };
  tx.set('contacts', number, made);
  return made;
};

/** No text reaches it from this commit on; the ledger keeps what is new, and what the customer said in any case. */
export const optOut = (tx: Tx, { number }: Contact, source: 'text' | 'twilio'): void => {
  const contact = tx.need('contacts', number);
  const changed = contact.optedOutAt === null;
  if (changed) tx.set('contacts', number, { ...contact, optedOutAt: tx.now });
  if (changed || source === 'text')
    tx.set('consents', tx.id('L'), { contact: number, kind: 'opt-out', at: tx.now });
};

/** Texts may be sent again, from when that was said. */
export const optIn = (tx: Tx, { number }: Contact, ageMs: number): void => {
  const contact = tx.need('contacts', number);
  if (contact.optedOutAt === null) return;
  tx.set('contacts', number, { ...contact, optedOutAt: null });
  tx.set('consents', tx.id('L'), { contact: number, kind: 'opt-in', at: tx.now - ageMs });
};

/** What it wished for within so many milliseconds. */
export const changedWithin = (tx: Tx, { number }: Contact, ms: number): readonly ConsentChange[] =>
  tx
    .all('consents')
    .filter(({ contact, at }) => contact === number && at > tx.now - ms)
    .map(({ kind }) => kind);
