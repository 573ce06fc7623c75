import type { Alerts } from '../alerts.js';
import type { Ledger, PhoneEvent } from '../ledger.js';
import type { Numbers } from '../numbers.js';
import type { ResourceList } from '../rest/resource-list.js';
import type { Timers } from '../timers.js';
import type { TwimlFetcher } from '../twiml-fetch.js';
import type { Call } from './call.js';
import type { Line } from './line.js';
import type { PhoneTime } from './phone-time.js';
import type { Recordings } from './recordings.js';

/** The telephone exchange: what every call needs. */
export interface Exchange {
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly timers: Timers;
  readonly time: PhoneTime;
  readonly fetcher: TwimlFetcher;
  readonly numbers: Numbers;
  readonly calls: ResourceList<Call>;
  readonly recordings: Recordings;
  /** The lines in use, by CallSid: what the REST API can hang up or redirect. */
  readonly lines: Map<string, Line>;
}

/** Writes down a step of a call. */
export function note(exchange: Exchange, call: Call, event: string, detail = ''): void {
  const { sid, parentCallSid, from, to, status } = call;
  exchange.ledger.record({ kind: 'call', callSid: sid, parentCallSid, from, to, event, status, detail });
}

/** Writes down what somebody's phone did or heard. */
export function notePhone(exchange: Exchange, line: Line, event: PhoneEvent, text = ''): void {
  const { phone, other, call } = line;
  exchange.ledger.record({ kind: 'phone', number: phone, event, sid: call.sid, other, text });
}

/** Picks up; a call that is already answered stays as it is. */
export function answer(exchange: Exchange, call: Call): void {
  if (call.answeredAt !== null) return;
  call.answeredAt = Date.now();
  call.status = 'in-progress';
  note(exchange, call, 'answered');
}
