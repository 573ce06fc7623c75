import { Module } from '@nestjs/common';
import { ConversationsModule } from '#libs/conversations';
import { TenantsModule } from '#libs/tenants';

import { BuiltinDispatcher } from './builtin.dispatcher.js';
import { DispatchBotDispatcher } from './dispatch-bot.dispatcher.js';
import { DispatcherPanel, TurnGround, Turns } from './turns.js';

@Module({
  imports: [ConversationsModule, TenantsModule],
  providers: [BuiltinDispatcher, DispatchBotDispatcher, DispatcherPanel, TurnGround, Turns],
})
export class AiDispatchModule {}
