import { Injectable } from '@nestjs/common';

/** Creates under way at once: by account, which is Twilio's own measure (error 20429), and in all. */
const PER_ACCOUNT = 20;
const IN_ALL = 60;

/** A place for one create, which is under way while it is taken. */
export interface Berth {
  /** Whether there is room for one more of this account; taken from here on. Again is fine. */
  take(accountSid: string): boolean;
  leave(): void;
}

/** Room for creates. A slow Twilio fills it, and nothing else: whoever finds none comes back later. */
@Injectable()
export class Berths {
  private readonly taken = new Map<string, number>();
  private all = 0;

  /** A place, not yet taken. */
  berth(): Berth {
    let held: string | null = null;
    return {
      take: (accountSid) => {
        if (held === null && this.hasRoom(accountSid)) held = this.add(accountSid, 1);
        return held !== null;
      },
      leave: () => {
        if (held !== null) this.add(held, -1);
        held = null;
      },
    };
  }

  private hasRoom(accountSid: string): boolean {
    return (this.taken.get(accountSid) ?? 0) < PER_ACCOUNT && this.all < IN_ALL;
  }

  private add(accountSid: string, change: 1 | -1): string {
    const now = (this.taken.get(accountSid) ?? 0) + change;
    if (now === 0) this.taken.delete(accountSid);
    else this.taken.set(accountSid, now);
    this.all += change;
    return accountSid;
  }
}
