import { Module } from '@nestjs/common';
import { ConversationsModule } from '#libs/conversations';
import { TenantsModule } from '#libs/tenants';

import { BuiltinDispatcher } from './builtin/builtin.dispatcher.js';
import { DispatchBotDispatcher } from './dispatch-bot.dispatcher.js';
import { DispatcherPanel } from './dispatcher-panel.js';
import { TurnsListener } from './turns.listener.js';
import { Turns } from './turns.js';

@Module({
  imports: [ConversationsModule, TenantsModule],
  providers: [BuiltinDispatcher, DispatchBotDispatcher, DispatcherPanel, Turns, TurnsListener],
})
export class AiDispatchModule {}
