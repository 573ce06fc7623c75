import { Controller, HttpException } from '@nestjs/common';
import { Inbox, keyOf, type InboxEvent, type Waits } from '#libs/durable';
import { Invalid, Metrics, Unavailable } from '#libs/platform';
import { Routing } from '#libs/tenants';
import {
  EMPTY,
  IncomingMessageParams,
  MessageStatusParams,
  Signed,
  WebhookParams,
  WebhookRoute,
  type Webhook,
} from '#libs/twilio';

const event = (
  webhook: Webhook,
  what: { readonly kind: string; readonly sid: string; readonly step: string },
  tenantId: string,
  context: Readonly<Record<string, string>>,
): InboxEvent => ({
  key: keyOf(webhook.accountSid, what),
  kind: what.kind,
  sid: what.sid,
  accountSid: webhook.accountSid,
  tenantId,
  params: webhook.all,
  context,
  answer: EMPTY,
});

/** What Twilio posts about texts. An inbound one is answered only when it is kept: Twilio can be told to come again. */
@Controller('webhooks/twilio')
export class SmsWebhooksController {
  constructor(
    private readonly routing: Routing,
    private readonly inbox: Inbox,
    private readonly metrics: Metrics,
  ) {}

  @WebhookRoute('sms', 'sms/fallback')
  async incoming(@Signed(IncomingMessageParams) webhook: Webhook<IncomingMessageParams>): Promise<string> {
    const { MessageSid, To, Body, NumMedia = '0' } = webhook.params;
    if (Body === undefined && Number(NumMedia) === 0) throw new Invalid('Body is missing');
    const route = this.routing.routeTo(To);
    if (route === undefined) return EMPTY;
    const context = { phoneNumberId: route.number.id };
    return this.accept(
      event(webhook, { kind: 'sms.incoming', sid: MessageSid, step: '' }, route.tenant.id, context),
      'must-be-kept',
    );
  }

  @WebhookRoute('sms/status')
  async status(@Signed(MessageStatusParams) webhook: Webhook<MessageStatusParams>): Promise<string> {
    const { MessageSid, MessageStatus } = webhook.params;
    const { tenantId, messageId, attemptId } = webhook.carried ?? {};
    if (tenantId === undefined || messageId === undefined || attemptId === undefined)
      throw new HttpException('Forbidden', 403);
    const what = { kind: 'sms.status', sid: MessageSid, step: `${attemptId}/${MessageStatus}` };
    return this.accept(event(webhook, what, tenantId, { messageId, attemptId }), 'nobody');
  }

  /** Twilio's debugger: read so that it is answered; its alerts become part of Twilio's health later. */
  @WebhookRoute('debugger')
  debugger(@Signed(WebhookParams) _webhook: Webhook): string {
    return EMPTY;
  }

  private async accept(accepted: InboxEvent, waits: Waits): Promise<string> {
    const done = this.metrics.webhooks.startTimer({ kind: accepted.kind });
    const acceptance = await this.inbox.accept(accepted, waits);
    done({ verdict: acceptance.verdict });
    if (acceptance.verdict === 'foreign') throw new HttpException('Forbidden', 403);
    if (acceptance.verdict === 'lost') {
      throw new Unavailable(
        'database-unavailable',
        'This text cannot be kept now. Send it again in a moment.',
      );
    }
    return acceptance.answer;
  }
}
