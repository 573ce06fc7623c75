/**
 * The module table: which lib may import which. It is the law; the check reads it.
 * To add an edge is a decision and needs an ADR (docs/adr).
 */
const foundation = ['platform', 'durable'];
const base = [...foundation, 'identity'];

export const modules = {
  platform: [],
  durable: ['platform'],
  twilio: base,
  identity: foundation,
  tenants: [...base, 'twilio'],
  contacts: [...base, 'tenants'],
  forwarding: [...base, 'tenants', 'contacts'],
  calls: [...base, 'twilio', 'tenants', 'contacts', 'forwarding'],
  sms: [...base, 'twilio', 'tenants', 'contacts'],
  conversations: [...base, 'twilio', 'tenants', 'contacts', 'calls', 'sms'],
  'ai-dispatch': [...base, 'tenants', 'contacts', 'sms', 'conversations'],
  analytics: [...base, 'tenants', 'contacts', 'calls', 'sms', 'conversations', 'ai-dispatch'],
  integrations: [...base, 'tenants', 'contacts', 'calls', 'sms', 'conversations', 'ai-dispatch'],
};

/** What each lib owns, for the generated module graph in docs/architecture.md. */
export const owns = {
  platform: 'configuration, Db, HTTP conventions, sealing, egress, clock, logs, metrics',
  durable: 'jobs, events, inbox, spool, snapshot',
  twilio: 'accounts, signatures, webhook shapes, TwiML, telephony, gaps',
  identity: 'API keys, scopes, rate limits',
  tenants: 'tenants, settings, phone numbers',
  contacts: 'contacts, consent, opt-out',
  forwarding: 'the forwarding plan',
  calls: 'call outcome, text-back trigger',
  sms: 'messages in and out, delivery, sending rules',
  conversations: 'the thread, the handler, the takeover timer',
  'ai-dispatch': 'dispatchers, guardrails, turns',
  analytics: 'projections and reports',
  integrations: 'AS-Call-Service, internal API',
};
