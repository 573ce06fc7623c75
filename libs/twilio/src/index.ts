export { TwilioAccount } from './account.entity.js';
export { Accounts } from './accounts.js';
export { CallbackUrls, type Carried } from './callback-url.js';
export {
  isAllowedDestination,
  isAnonymous,
  isE164,
  isEmergencyNumber,
  isTextable,
} from './destination.domain.js';
export { policyOf, type ErrorPolicy } from './error-policy.domain.js';
export { NumberDirectory, type SidOwner } from './number-directory.js';
export { SidDirectory } from './sid-directory.js';
export { isSignedWith, Signatures, type SignedRequest } from './signature.js';
export { Telephony, type ListedMessage, type OutgoingText, type SendOutcome } from './telephony.js';
export { TwilioHealth, type TwilioState } from './twilio-health.js';
export { TwilioModule } from './twilio.module.js';
export {
  dialed,
  dialedPlainly,
  EMPTY,
  hungUp,
  rejected,
  said,
  screened,
  type DialPlan,
  type DialTarget,
} from './twiml.js';
export {
  CallStatusParams,
  DialActionParams,
  IncomingCallParams,
  IncomingMessageParams,
  MessageStatusParams,
  ScreeningParams,
  WebhookParams,
} from './webhook.dto.js';
export { formOf, readWebhook, type WebhookForm } from './webhook-form.js';
export { WebhookGuard } from './webhook.guard.js';
export { Signed, WebhookRoute, type Webhook } from './webhook.js';
