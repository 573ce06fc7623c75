export { AiThread, type AiAnswer, type AiOutcome, type AiView, type ThreadLine } from './ai-thread.js';
export { Conversation } from './conversation.entity.js';
export { ConversationsModule } from './conversations.module.js';
export { HumanReplies } from './human-replies.js';
