export { TwilioAccount } from './accounts/account.entity.js';
export { Accounts } from './accounts/accounts.js';
export type { Berth } from './rest/berths.js';
export { CallbackUrls, type Carried } from './webhooks/callback-url.js';
export { isAllowedDestination, isE164, isEmergencyNumber, isTextable } from './destination.domain.js';
export { policyOf } from './rest/error-policy.domain.js';
export { GAP_IMPORT, GapImport, TooEarly, type Reading } from './gaps/gap-import.js';
export { LONGEST_GAP_MS, OVERLAP_MS, READ_EVERY_MS } from './gaps/gap-window.domain.js';
export { NumberDirectory } from './number-directory.js';
export { SidDirectory } from './sid-directory.js';
export type { SendOutcome } from './rest/send-answer.domain.js';
export {
  Telephony,
  type ListedCall,
  type ListedMedia,
  type ListedMessage,
  type OutgoingText,
} from './telephony.js';
export { TwilioHealth } from './rest/twilio-health.js';
export { TwilioModule } from './twilio.module.js';
export { dialed, dialedPlainly, EMPTY, hungUp, rejected, said, screened } from './twiml.js';
export {
  CallStatusParams,
  DialActionParams,
  IncomingCallParams,
  IncomingMessageParams,
  MessageStatusParams,
  ScreeningParams,
  WebhookParams,
} from './webhooks/webhook.dto.js';
export { readWebhook } from './webhooks/webhook-form.js';
export { Signed, WebhookRoute, type Webhook } from './webhooks/webhook.js';
