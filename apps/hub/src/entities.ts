import { AiTurn } from '#libs/ai-dispatch';
import { Call } from '#libs/calls';
import { Contact } from '#libs/contacts';
import { Conversation } from '#libs/conversations';
import { ApiKey } from '#libs/identity';
import { Message } from '#libs/sms';
import { PhoneNumber, Tenant } from '#libs/tenants';
import { TwilioAccount } from '#libs/twilio';

/** Every entity, for the data source. */
export const entities = [
  AiTurn,
  ApiKey,
  Call,
  Contact,
  Conversation,
  Message,
  PhoneNumber,
  Tenant,
  TwilioAccount,
];
