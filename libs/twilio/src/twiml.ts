import twilio from 'twilio';

/** A forwarding target, with the URLs that Twilio reports its leg to. */
export interface DialTarget {
  readonly number: string;
  readonly statusCallback: string;
  /** The whisper that asks to press a digit; null without screening. */
  readonly screeningUrl: string | null;
}

export interface DialPlan {
  readonly timeoutSeconds: number;
  readonly action: string;
  readonly targets: readonly DialTarget[];
}

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';

/** Nothing more to do. */
export const EMPTY = `${HEAD}<Response/>`;

/** The call is not taken; the caller hears busy, and nothing is charged. */
export const rejected = (reason: 'busy' | 'rejected' = 'rejected'): string => {
  const response = new twilio.twiml.VoiceResponse();
  response.reject({ reason });
  return response.toString();
};

/** Rings every target together; the caller hears ringing until one is bridged. */
export const dialed = ({ timeoutSeconds, action, targets }: DialPlan): string => {
  const response = new twilio.twiml.VoiceResponse();
  const dial = response.dial({ timeout: timeoutSeconds, action, answerOnBridge: true });
  for (const { number, statusCallback, screeningUrl } of targets) {
    const events: ('initiated' | 'ringing' | 'answered' | 'completed')[] = [
      'initiated',
      'ringing',
      'answered',
      'completed',
    ];
    const screening = screeningUrl === null ? {} : { url: screeningUrl };
    dial.number({ statusCallback, statusCallbackEvent: events, ...screening }, number);
  }
  return response.toString();
};

/** Rings plainly, without any callback: the last resort when deciding failed. */
export const dialedPlainly = (numbers: readonly string[]): string => {
  const response = new twilio.twiml.VoiceResponse();
  const dial = response.dial({ timeout: 20, answerOnBridge: true });
  for (const number of numbers) dial.number(number);
  return response.toString();
};

/** Asks whoever picked up to press a digit; that none was pressed is told too, for then nobody waits for it. */
export const screened = (action: string, prompt: string): string => {
  const response = new twilio.twiml.VoiceResponse();
  const gather = response.gather({ numDigits: 1, timeout: 8, actionOnEmptyResult: true, action });
  gather.say(prompt);
  response.hangup();
  return response.toString();
};

/** Ends the call, or the leg. */
export const hungUp = (): string => {
  const response = new twilio.twiml.VoiceResponse();
  response.hangup();
  return response.toString();
};

/** Says a sentence to the caller and ends the call. */
export const said = (text: string, language: string): string => {
  const response = new twilio.twiml.VoiceResponse();
  response.say({ language: language === 'es' ? 'es-US' : 'en-US' }, text);
  response.hangup();
  return response.toString();
};
