export { MessagePage, MessageView } from './message.dto.js';
export { Message } from './message.entity.js';
export { messageView } from './message-view.js';
export { Messages } from './messages.js';
export type { Refusal } from './sending-rules.domain.js';
export { Sms, type Draft, type Queued } from './sms.js';
export { SmsModule } from './sms.module.js';
