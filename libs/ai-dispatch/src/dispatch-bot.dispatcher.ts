import { Injectable } from '@nestjs/common';
import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { Configuration, Egress, type EgressResponse } from '#libs/platform';

import type { DispatchAnswer } from './dispatch.domain.js';
import { readDispatchBot } from './dispatch-bot-answer.domain.js';
import type { Dispatcher, DispatchRequest } from './dispatcher.js';

const TIMEOUT_MS = 8_000;
const LONGEST_ANSWER_BYTES = 64 * 1024;
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

const hoursOf = (tenant: DispatchRequest['tenant']): Record<string, unknown> | null => {
  const hours = tenant.settings.businessHours;
  return hours === null ? null : Object.fromEntries(DAYS.map((day) => [day, hours[day]?.[0] ?? null]));
};

const isDropped = (error: unknown): boolean =>
  /ECONNRESET|EPIPE|UND_ERR_SOCKET|other side closed/i.test(`${String(error)} ${JSON.stringify(error)}`);

/** Dispatch-Bot-AI (contract.md, section 6): 8 s a call, one more try on a dropped connection, a breaker. */
@Injectable()
export class DispatchBotDispatcher implements Dispatcher {
  readonly name = 'dispatch-bot';
  private readonly breaker = circuitBreaker(handleAll, {
    halfOpenAfter: 15_000,
    breaker: new ConsecutiveBreaker(3),
  });

  constructor(
    private readonly settings: Configuration,
    private readonly egress: Egress,
  ) {}

  /** Whether the operator configured it. */
  get configured(): boolean {
    return this.settings.DISPATCH_BOT_URL !== undefined;
  }

  ask(request: DispatchRequest): Promise<DispatchAnswer> {
    return this.breaker.execute(async () => {
      const body = JSON.stringify(this.bodyOf(request));
      const answer = await this.post(body).catch((error: unknown) => {
        if (isDropped(error)) return this.post(body);
        throw error;
      });
      if (answer.status !== 200) throw new Error(`Dispatch-Bot-AI answered ${answer.status}.`);
      const read = readDispatchBot(JSON.parse(answer.text));
      if (read === null) throw new Error('Dispatch-Bot-AI gave no message.');
      return read;
    });
  }

  private post(body: string): Promise<EgressResponse> {
    const key = this.settings.DISPATCH_BOT_KEY;
    return this.egress.send({
      method: 'POST',
      url: `${this.settings.DISPATCH_BOT_URL ?? ''}/dispatch/process`,
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-service-key': key }) },
      body,
      timeoutMs: TIMEOUT_MS,
      limitBytes: LONGEST_ANSWER_BYTES,
    });
  }

  private bodyOf({ tenant, calledNumber, view }: DispatchRequest): Record<string, unknown> {
    const current = view.lines.findLast((line) => line.author === 'customer');
    const before = view.lines.filter((line) => line !== current);
    return {
      caller_phone: view.conversation.customerNumber,
      called_number: calledNumber,
      conversation_history: before.map(({ author, text, at }) => ({
        timestamp: at.toISOString(),
        sender: author,
        message: text,
        message_type: 'sms',
      })),
      current_message: current?.text ?? '',
      business_name: tenant.name,
      trade_type: tenant.settings.tradeType,
      business_hours: hoursOf(tenant),
      phone_hours: { always_available: tenant.settings.businessHours === null },
      business_address: null,
      job_estimates: [],
      business_settings: { accept_emergencies: true, out_of_office: false },
      existing_calendar: [],
      customer_history: null,
    };
  }
}
