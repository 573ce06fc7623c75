import type { Accounts } from './accounts.js';
import type { Ledger } from './ledger.js';
import { newSid } from './sids.js';
import type { Webhook, WebhookAnswer, WebhookSender } from './webhook.js';

export interface Alert {
  readonly accountSid: string;
  /** The call or message it is about. */
  readonly resourceSid: string;
  readonly errorCode: number;
  readonly message: string;
  readonly url: string;
}

/** Twilio's debugger: alerts go to the ledger, and to the account's debugger webhook when it has one. */
export class Alerts {
  constructor(
    private readonly accounts: Accounts,
    private readonly ledger: Ledger,
    private readonly webhooks: WebhookSender,
  ) {}

  raise(alert: Alert): void {
    this.ledger.record({ kind: 'alert', ...alert });
    const url = this.accounts.find(alert.accountSid)?.debuggerUrl;
    // A debugger webhook that fails raises nothing, or it would call itself for ever.
    if (url) this.ledger.background(this.webhooks.send(debuggerWebhook(url, alert)));
  }

  /** Sends a status callback; one that fails is an alert and nothing else. */
  async notify(webhook: Webhook, resourceSid: string): Promise<WebhookAnswer> {
    const answer = await this.webhooks.send(webhook);
    if (!answer.ok) {
      const { accountSid, url } = webhook;
      this.raise({ accountSid, resourceSid, errorCode: answer.errorCode, message: answer.reason, url });
    }
    return answer;
  }
}

function debuggerWebhook(url: string, alert: Alert): Webhook {
  const payload = {
    resource_sid: alert.resourceSid,
    service_sid: null,
    error_code: String(alert.errorCode),
    more_info: { Msg: alert.message, url: alert.url, LogLevel: 'ERROR' },
    webhook: { type: 'application/json', request: { url: alert.url, method: 'POST' } },
  };
  return {
    accountSid: alert.accountSid,
    purpose: 'debugger',
    url,
    params: {
      AccountSid: alert.accountSid,
      ParentAccountSid: '',
      Sid: newSid('NO'),
      Level: 'ERROR',
      Timestamp: new Date().toISOString(),
      PayloadType: 'application/json',
      Payload: JSON.stringify(payload),
    },
  };
}
