import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#libs/identity';
import { Intent, PageQuery } from '#libs/platform';

import {
  ChangeTwilioAccount,
  CreateTwilioAccount,
  TwilioAccountPage,
  TwilioAccountView,
} from './account.dto.js';
import { Accounts } from './accounts.js';

@ApiTags('twilio-accounts')
@ApiBearerAuth()
@Controller('v1/twilio-accounts')
@RequireScope('platform')
export class AccountsController {
  constructor(private readonly accounts: Accounts) {}

  /** Registers a Twilio account. */
  @Post()
  create(@Body() body: CreateTwilioAccount, @Intent() intent: string): Promise<TwilioAccountView> {
    return this.accounts.create(body, 'api', intent);
  }

  /** All accounts, newest first. */
  @Get()
  list(@Query() { limit, cursor }: PageQuery): Promise<TwilioAccountPage> {
    return this.accounts.list(limit, cursor) as Promise<TwilioAccountPage>;
  }

  @Get(':accountSid')
  get(@Param('accountSid') accountSid: string): Promise<TwilioAccountView> {
    return this.accounts.get(accountSid);
  }

  /** Changes tokens or status. While a secondary token is set, either is accepted. */
  @Patch(':accountSid')
  change(
    @Param('accountSid') accountSid: string,
    @Body() body: ChangeTwilioAccount,
  ): Promise<TwilioAccountView> {
    return this.accounts.change(accountSid, body);
  }

  /** Forgets an account that no number belongs to. */
  @Delete(':accountSid')
  @HttpCode(204)
  delete(@Param('accountSid') accountSid: string): Promise<void> {
    return this.accounts.delete(accountSid);
  }
}
