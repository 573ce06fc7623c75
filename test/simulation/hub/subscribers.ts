/** Who listens to what the hub publishes: one alarm each. */
export const SUBSCRIBERS: Readonly<Record<string, readonly string[]>> = {
  'call.started': ['tell-call-service'],
  'call.missed': ['tell-call-service', 'text-back'],
  'message.received': ['thread'],
  'conversation.awaits-ai': ['ai-turn'],
};
