import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HumanReplies } from '#libs/conversations';
import { ForServices } from '#libs/identity';
import { Intent, isId, NotFound } from '#libs/platform';
import { Tenants } from '#libs/tenants';

import { SendSmsBody, SentSmsView } from './internal-sms.dto.js';

/** What sibling services may ask of the hub (contract.md, section 5). */
@Controller('internal/sms')
@ForServices()
@ApiExcludeController()
export class InternalSmsController {
  constructor(
    private readonly tenants: Tenants,
    private readonly replies: HumanReplies,
  ) {}

  /** Texts a tenant's customer; counts as a human's word, so it takes the conversation over. */
  @Post('send')
  @HttpCode(200)
  async send(
    @Body() { tenantId, from, to, body }: SendSmsBody,
    @Intent() intent: string,
  ): Promise<SentSmsView> {
    const id = tenantId.toLowerCase();
    if (!isId(id)) throw new NotFound('tenant');
    await this.tenants.get(id);
    const message = await this.replies.write(id, { to, body, from, intent });
    const { id: messageId, messageSid, status } = message;
    return { success: true, messageId, messageSid, status };
  }
}
