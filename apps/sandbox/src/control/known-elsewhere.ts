import type { Message } from '../messages/message.js';
import { newMessage } from '../messages/message.js';
import type { Numbers } from '../numbers.js';
import type { ResourceList } from '../rest/resource-list.js';
import { newCall, type CallStatus } from '../voice/call.js';
import type { Exchange } from '../voice/exchange.js';

export interface KnownText {
  readonly sid: string;
  readonly from: string;
  readonly to: string;
  readonly body: string;
}

export interface KnownCall {
  readonly sid: string;
  readonly from: string;
  readonly to: string;
  readonly status: CallStatus;
  readonly durationSeconds?: number | undefined;
}

export interface KnownParts {
  readonly numbers: Numbers;
  readonly messages: ResourceList<Message>;
  readonly exchange: Exchange;
}

const LIVING: readonly CallStatus[] = ['initiated', 'ringing', 'in-progress'];

/** Texts and calls whose webhooks somebody else posts, a load generator: here they are only listed. */
export class KnownElsewhere {
  constructor(private readonly parts: KnownParts) {}

  text({ sid, from, to, body }: KnownText): void {
    const { accountSid } = this.parts.numbers.find(to);
    if (this.parts.messages.find(accountSid, sid)) return;
    const received = { direction: 'inbound', status: 'received' } as const;
    this.parts.messages.add(newMessage({ sid, accountSid, from, to, body, ...received }));
  }

  /** The same SID again changes its status. */
  call({ sid, from, to, status, durationSeconds = 0 }: KnownCall): void {
    const { accountSid } = this.parts.numbers.find(to);
    const { calls } = this.parts.exchange;
    const known = calls.find(accountSid, sid);
    const call = known ?? newCall({ sid, accountSid, from, to, direction: 'inbound', status });
    call.status = status;
    if (!LIVING.includes(status)) {
      call.endedAt = Date.now();
      call.durationSeconds = durationSeconds;
    }
    if (!known) calls.add(call);
  }
}
