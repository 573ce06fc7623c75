import { Injectable } from '@nestjs/common';
import { Routing, type Route } from '#libs/tenants';
import { CallbackUrls, type OutgoingText } from '#libs/twilio';

import type { Message } from '../message.entity.js';

/** From which number and account a text goes, and where its callbacks come. */
@Injectable()
export class Addressing {
  constructor(
    private readonly routing: Routing,
    private readonly urls: CallbackUrls,
  ) {}

  /** The account that a message is sent by. @throws while its number is not known here yet */
  accountOf({ phoneNumberId }: Message): string {
    return this.routeOf(phoneNumberId).number.accountSid;
  }

  /** The request of one attempt. */
  textOf(message: Message, customerNumber: string, attemptId: string): OutgoingText {
    const { number: from } = this.routeOf(message.phoneNumberId);
    const carried = { tenantId: message.tenantId, messageId: message.id, attemptId };
    return {
      accountSid: from.accountSid,
      from: from.number,
      messagingServiceSid: from.messagingServiceSid,
      to: customerNumber,
      body: message.body,
      mediaUrls: message.media.map(({ url }) => url),
      statusCallback: this.urls.to('sms/status', from.accountSid, carried),
    };
  }

  private routeOf(phoneNumberId: string): Route {
    const route = this.routing.routeOf(phoneNumberId);
    if (route === undefined) throw new Error('The number of this message is not known here yet.');
    return route;
  }
}
