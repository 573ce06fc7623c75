export { AiThread, type AiOutcome, type AiView } from './ai-thread.js';
export { Conversation } from './conversation.entity.js';
export { ConversationsModule } from './conversations.module.js';
export { HumanReplies } from './human-replies.js';
