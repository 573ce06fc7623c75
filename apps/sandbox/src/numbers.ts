import type { Accounts } from './accounts.js';

export interface TwilioNumber {
  readonly number: string;
  readonly accountSid: string;
  readonly messagingServiceSid: string | null;
  readonly voiceUrl: string;
  readonly voiceFallbackUrl: string | null;
  readonly smsUrl: string;
  readonly smsFallbackUrl: string | null;
  readonly statusCallback: string | null;
}

export type NumberSettings = Partial<Omit<TwilioNumber, 'number'>>;

const E164 = /^\+[1-9]\d{6,14}$/;

/** Tells whether the text is a phone number in international form. */
export const isPhoneNumber = (text: string): boolean => E164.test(text);

/** The numbers "bought" in the sandbox. One nobody registered belongs to the first account and the hub's entry points. */
export class Numbers {
  readonly #registered = new Map<string, NumberSettings>();
  readonly #byService = new Map<string, string>();

  constructor(
    private readonly accounts: Accounts,
    private readonly hubUrl: () => string,
  ) {}

  find(number: string): TwilioNumber {
    const hub = this.hubUrl();
    return {
      number,
      accountSid: this.accounts.first,
      messagingServiceSid: null,
      voiceUrl: `${hub}/webhooks/twilio/call`,
      voiceFallbackUrl: `${hub}/webhooks/twilio/call/fallback`,
      smsUrl: `${hub}/webhooks/twilio/sms`,
      smsFallbackUrl: `${hub}/webhooks/twilio/sms/fallback`,
      statusCallback: `${hub}/webhooks/twilio/call/status`,
      ...this.#registered.get(number),
    };
  }

  put(number: string, settings: NumberSettings): TwilioNumber {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    this.#registered.set(number, Object.fromEntries(given));
    const { messagingServiceSid } = settings;
    if (messagingServiceSid) this.#byService.set(messagingServiceSid, number);
    return this.find(number);
  }

  /** The number a messaging service sends from; a service nobody registered gets a made-up one. */
  senderOf(messagingServiceSid: string): string {
    return this.#byService.get(messagingServiceSid) ?? '+15005550006';
  }
}
