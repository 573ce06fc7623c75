export type { AiOutcome } from './ai-speech.js';
export { AiThread, type AiView } from './ai-thread.js';
export { Conversation } from './conversation.entity.js';
export { ConversationsModule } from './conversations.module.js';
export { HumanReplies } from './human-replies.js';
