import { Controller, HttpException, Param } from '@nestjs/common';
import { Inbox, type InboxEvent, type Waits } from '#libs/durable';
import { Invalid, Log, Metrics, within } from '#libs/platform';
import {
  CallStatusParams,
  DialActionParams,
  EMPTY,
  hungUp,
  IncomingCallParams,
  rejected,
  ScreeningParams,
  SidDirectory,
  Signed,
  WebhookRoute,
  type Webhook,
} from '#libs/twilio';

import { CallAnswers, type CallContext } from './call-answers.js';
import { contextOf, digitEvent, dialEvent, incomingEvent, statusEvent } from './call-inbox-events.js';

const ASK_WITHIN_MS = 150;

/** An answer of the database, unless it is slow or away: a caller waits for nobody. */
const soon = async <T>(asked: Promise<T | undefined>): Promise<T | undefined> => {
  const answer = await within(
    asked.catch(() => undefined),
    ASK_WITHIN_MS,
  );
  return answer === 'late' ? undefined : answer;
};

/** What Twilio posts about calls: verify, decide, accept, answer. */
@Controller('webhooks/twilio')
export class CallWebhooksController {
  constructor(
    private readonly answers: CallAnswers,
    private readonly inbox: Inbox,
    private readonly sids: SidDirectory,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  @WebhookRoute('call', 'call/fallback')
  async incoming(@Signed(IncomingCallParams) webhook: Webhook<IncomingCallParams>): Promise<string> {
    const { To, CallSid, From = '', ForwardedFrom } = webhook.params;
    const route = this.answers.route(To);
    if (route === undefined) return rejected();
    try {
      const answered = this.answers.answer(route, CallSid, From, ForwardedFrom ?? null);
      return await this.accept(incomingEvent(webhook, route, answered), 'caller');
    } catch (error) {
      return this.lastResort(error, this.answers.lastResort(To));
    }
  }

  /** The caller has hung up, or hears a hang-up: nobody waits for that. */
  @WebhookRoute('call/dial')
  async dialEnded(@Signed(DialActionParams) webhook: Webhook<DialActionParams>): Promise<string> {
    const context = this.context(webhook, webhook.params.CallSid);
    return this.accept(dialEvent(webhook, context, hungUp()), 'nobody');
  }

  @WebhookRoute('call/screening')
  async screening(@Signed(ScreeningParams) webhook: Webhook<ScreeningParams>): Promise<string> {
    const context = this.context(webhook, this.parentOf(webhook));
    const answer = this.answers.ask(context, webhook.accountSid, 'en');
    return this.accept(digitEvent('call.screening', webhook, context, answer), 'caller');
  }

  @WebhookRoute('call/screening/digit')
  async digit(@Signed(ScreeningParams) webhook: Webhook<ScreeningParams>): Promise<string> {
    const context = this.context(webhook, this.parentOf(webhook));
    const answer = webhook.params.Digits === '1' ? EMPTY : hungUp();
    return this.accept(digitEvent('call.digit', webhook, context, answer), 'caller');
  }

  @WebhookRoute('call/status', 'call/status/:parentSid')
  async status(
    @Signed(CallStatusParams) webhook: Webhook<CallStatusParams>,
    @Param('parentSid') parentSid?: string,
  ): Promise<string> {
    const { CallSid, ParentCallSid, To } = webhook.params;
    const callSid = ParentCallSid ?? parentSid ?? CallSid;
    if (!/^CA[0-9a-fA-F]{32}$/.test(callSid))
      throw new Invalid('The CallSid in the path takes CA and 32 hexadecimal digits');
    if (webhook.carried !== null)
      return this.accept(statusEvent(webhook, callSid, this.context(webhook, callSid)), 'nobody');
    const route = this.answers.route(To);
    if (route === undefined) return this.bareLeg(webhook, callSid);
    return this.accept(
      statusEvent(webhook, callSid, { tenantId: route.tenant.id, phoneNumberId: route.number.id }),
      'nobody',
    );
  }

  private parentOf({ params, carried }: Webhook<ScreeningParams>): string {
    return params.ParentCallSid ?? carried?.['callSid'] ?? '';
  }

  /** What our URL says of the call. @throws 403 when it is about another call */
  private context({ carried }: Webhook, callSid: string): CallContext {
    const context = contextOf(carried, callSid);
    if (context === null) throw new HttpException('Forbidden', 403);
    return context;
  }

  private async bareLeg(webhook: Webhook<CallStatusParams>, callSid: string): Promise<string> {
    const tenantId = await this.ownerOf(callSid, webhook.accountSid);
    return this.accept(statusEvent(webhook, callSid, { tenantId, phoneNumberId: '' }), 'nobody');
  }

  /** A leg's status at the bare address names no number of ours: its parent's SID tells. */
  private async ownerOf(callSid: string, accountSid: string): Promise<string | null> {
    const owner = await soon(this.sids.ownerOf(callSid));
    if (owner !== undefined && owner.accountSid !== accountSid) throw new HttpException('Forbidden', 403);
    return owner?.tenantId ?? null;
  }

  private async accept(event: InboxEvent, waits: Waits): Promise<string> {
    const done = this.metrics.webhooks.startTimer({ kind: event.kind });
    const acceptance = await this.inbox.accept(event, waits);
    done({ verdict: acceptance.verdict });
    if (acceptance.verdict === 'foreign') throw new HttpException('Forbidden', 403);
    return 'answer' in acceptance ? acceptance.answer : event.answer;
  }

  private lastResort(error: unknown, answer: string): string {
    if (error instanceof HttpException) throw error;
    this.log.error('deciding a call failed: it is forwarded plainly', error);
    return answer;
  }
}
