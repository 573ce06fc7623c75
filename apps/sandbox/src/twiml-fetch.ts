import type { Alerts } from './alerts.js';
import type { Params } from './signature.js';
import { validateTwiml, type TwimlLanguage } from './twiml-schema.js';
import { BadTwiml, parseXml, type TwimlElement } from './twiml.js';
import type { Webhook, WebhookSender } from './webhook.js';

export interface TwimlDocument {
  /** Where it came from; relative URLs in it are meant from there. */
  readonly url: string;
  readonly verbs: readonly TwimlElement[];
}

export interface TwimlRequest {
  readonly language: TwimlLanguage;
  readonly webhook: Webhook;
  /** The call or message it is about. */
  readonly resourceSid: string;
  readonly fallbackUrl: string | null;
}

/** Asks the hub what to do, and takes only what Twilio would. */
export class TwimlFetcher {
  constructor(
    private readonly webhooks: WebhookSender,
    private readonly alerts: Alerts,
  ) {}

  /** The document, else the fallback URL's, else null. Each failure is an alert. */
  async fetch(request: TwimlRequest): Promise<TwimlDocument | null> {
    const first = await this.#ask(request, request.webhook);
    if ('verbs' in first) return first;
    const { fallbackUrl, webhook } = request;
    if (fallbackUrl === null || fallbackUrl === webhook.url) return null;
    const params: Params = { ...webhook.params, ErrorCode: String(first.errorCode), ErrorUrl: webhook.url };
    const purpose = `${webhook.purpose}-fallback`;
    const second = await this.#ask(request, { ...webhook, url: fallbackUrl, purpose, params });
    return 'verbs' in second ? second : null;
  }

  /** Reads TwiML that came inside a REST request. Throws {@link BadTwiml}. */
  read(language: TwimlLanguage, url: string, xml: string): TwimlDocument {
    const root = parseXml(xml);
    validateTwiml(language, root);
    return { url, verbs: root.children };
  }

  async #ask(request: TwimlRequest, webhook: Webhook): Promise<TwimlDocument | { errorCode: number }> {
    const answer = await this.webhooks.send(webhook);
    if (!answer.ok) return this.#refuse(request, webhook, answer.errorCode, answer.reason);
    try {
      // An empty answer to a text means "nothing to say".
      if (request.language === 'messaging' && answer.body === '') return { url: webhook.url, verbs: [] };
      requireXml(answer.contentType);
      return this.read(request.language, webhook.url, answer.body);
    } catch (error) {
      if (!(error instanceof BadTwiml)) throw error;
      return this.#refuse(request, webhook, error.errorCode, error.message);
    }
  }

  #refuse(request: TwimlRequest, { accountSid, url }: Webhook, errorCode: number, message: string) {
    this.alerts.raise({ accountSid, resourceSid: request.resourceSid, errorCode, message, url });
    return { errorCode };
  }
}

function requireXml(contentType: string): void {
  if (/^(text|application)\/xml\s*(;|$)/i.test(contentType)) return;
  throw new BadTwiml(12300, `Invalid Content-Type: ${contentType || 'none'}; TwiML is text/xml`);
}
