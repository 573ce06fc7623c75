import { LEASE_MS } from '../../../libs/twilio/src/gaps/gap-window.domain.js';
import type { Host, Work } from '../host.js';
import type { Mark } from '../rows.js';
import type { Store, Tx } from '../store.js';
import { BEGIN } from '../world.js';

export const LISTS = ['messages', 'calls'] as const;
export type List = (typeof LISTS)[number];

/** What is known of a list, by the store's clock; `ours` to read, or another process has it. */
export interface Taken {
  readonly until: number;
  readonly now: number;
  readonly ours: boolean;
}

const UNREAD: Mark = { until: BEGIN, heldBy: null, heldUntil: 0 };

/** Each life of a host is a process of its own. */
const nameOf = ({ name, life }: Host): string => `${name}/${life}`;

/** How far the account's lists were read; one process at a time reads one. */
export class ListMarks {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** Takes a list, or holds it longer, unless another process has it. */
  *take(host: Host, list: List): Work<Taken> {
    const me = nameOf(host);
    return yield* this.store.transaction(host, (tx) => {
      const mark = this.markOf(tx, list);
      const ours = mark.heldBy === me || mark.heldUntil < tx.now;
      if (ours) tx.set('marks', list, { ...mark, heldBy: me, heldUntil: tx.now + LEASE_MS });
      return { until: mark.until, now: tx.now, ours };
    });
  }

  /** Leaves it to others; complete up to a time, or null when it was not read to its end. */
  *leave(host: Host, list: List, until: number | null): Work {
    const me = nameOf(host);
    yield* this.store.transaction(host, (tx) => {
      const mark = this.markOf(tx, list);
      if (mark.heldBy !== me) return;
      tx.set('marks', list, { ...mark, until: Math.max(mark.until, until ?? 0), heldUntil: 0 });
    });
  }

  private markOf(tx: Tx, list: List): Mark {
    return tx.get('marks', list) ?? UNREAD;
  }
}
