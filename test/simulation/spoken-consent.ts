import type { Carrier } from './outside/carrier.js';
import { TEXTS } from './people.js';
import type { Message } from './rows.js';
import type { Tx } from './store.js';

/** A word of a customer's about being texted. */
interface Said {
  /** When the customer said it. */
  readonly at: number;
  readonly committedAt: number;
}

/** What customers said, by their words alone, in the order in which they said it as far as anybody can know it. */
export class Consents {
  private readonly carrier: Carrier;
  private readonly stops = new Map<string, Said & { why: string }>();
  private readonly starts = new Map<string, Said>();

  constructor(carrier: Carrier) {
    this.carrier = carrier;
  }

  /** Why nothing may be sent; null when something may. */
  barOf(contact: string): string | null {
    return this.stops.get(contact)?.why ?? null;
  }

  /** A customer's text was committed; it came to the hub, or to Twilio, at its `createdAt`. */
  text(tx: Tx, message: Message): void {
    const meaning = TEXTS[message.body] ?? 'plain';
    const at = this.carrier.texts.find(({ sid }) => sid === message.sid)?.acceptedAt ?? tx.now;
    const said = { at, committedAt: tx.now };
    if (meaning === 'stop') this.stop(tx, message, said);
    if (meaning === 'start' || meaning === 'yes') this.start(message, said);
  }

  /** Only what was said after it takes it back. */
  private stop(tx: Tx, { contact }: Message, said: Said): void {
    if ((this.starts.get(contact)?.at ?? 0) > said.at) return;
    const isObeyed = tx.need('contacts', contact).optedOutAt !== null;
    this.stops.set(contact, { ...said, why: isObeyed ? 'a STOP' : 'a STOP that was held to be overtaken' });
  }

  /** Said before a STOP that was committed after it came, it changes nothing. What came later cannot be told apart. */
  private start({ contact, createdAt }: Message, said: Said): void {
    const stop = this.stops.get(contact);
    if (stop !== undefined && stop.at > said.at && stop.committedAt > createdAt) {
      stop.why = 'a STOP that an older START undid';
      return;
    }
    this.stops.delete(contact);
    if (said.at > (this.starts.get(contact)?.at ?? 0)) this.starts.set(contact, said);
  }
}
