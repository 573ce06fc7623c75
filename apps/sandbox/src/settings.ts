import type { SandboxOptions } from './sandbox.js';
import { isSid } from './sids.js';

type Environment = Readonly<Record<string, string | undefined>>;

interface Setting {
  readonly otherwise: string;
  readonly takes: string;
  readonly isGood: (value: string) => boolean;
}

const settings = {
  SANDBOX_PORT: {
    otherwise: '3702',
    takes: 'a port, 0 to 65535',
    isGood: (value: string) => /^\d+$/.test(value) && +value < 65_536,
  },
  SANDBOX_HOST: {
    otherwise: '127.0.0.1',
    takes: 'an address to listen on',
    isGood: (value: string) => /^[\w.:-]+$/.test(value),
  },
  SANDBOX_HUB_URL: {
    otherwise: 'http://localhost:3701',
    takes: "an http(s) URL, the hub's PUBLIC_URL",
    isGood: (value: string) => /^https?:\/\/[^/]/.test(value) && URL.canParse(value),
  },
  SANDBOX_ACCOUNT_SID: {
    otherwise: `AC${'5a'.repeat(16)}`,
    takes: 'AC and 32 hex digits',
    isGood: (value: string) => isSid('AC', value),
  },
  SANDBOX_AUTH_TOKEN: {
    otherwise: 'sandbox0'.repeat(4),
    takes: 'a token without blanks',
    isGood: (value: string) => /^\S+$/.test(value),
  },
  SANDBOX_DELIVERY_STEP_MS: {
    otherwise: '20',
    takes: 'milliseconds between two states of a message, 0 to 60000',
    isGood: (value: string) => /^\d+$/.test(value) && +value <= 60_000,
  },
  SANDBOX_KEEP: {
    otherwise: '20000',
    takes: 'how many ledger entries, messages and calls are kept, 100 to 10000000',
    isGood: (value: string) => /^\d+$/.test(value) && +value >= 100 && +value <= 10_000_000,
  },
} satisfies Readonly<Record<string, Setting>>;

type Name = keyof typeof settings;

/** Reads the sandbox's settings from the table above. Throws an Error with one line per mistake. */
export function readSettings(env: Environment): SandboxOptions {
  const names = Object.keys(settings) as Name[];
  const valueOf = (name: Name): string => env[name] || settings[name].otherwise;
  const mistakes = names.filter((name) => !settings[name].isGood(valueOf(name)));
  if (mistakes.length > 0) {
    throw new Error(mistakes.map((name) => `${name} takes ${settings[name].takes}`).join('\n'));
  }
  return {
    port: Number(valueOf('SANDBOX_PORT')),
    host: valueOf('SANDBOX_HOST'),
    hubUrl: valueOf('SANDBOX_HUB_URL'),
    deliveryStepMs: Number(valueOf('SANDBOX_DELIVERY_STEP_MS')),
    keep: Number(valueOf('SANDBOX_KEEP')),
    accounts: [{ accountSid: valueOf('SANDBOX_ACCOUNT_SID'), authToken: valueOf('SANDBOX_AUTH_TOKEN') }],
  };
}
