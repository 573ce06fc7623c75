import { Transform, plainToInstance } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  MinLength,
  validateSync,
  type ValidationError,
} from 'class-validator';

import { STOP_MS } from './stop.domain.js';

export type Role = 'all' | 'web' | 'worker';

const port = (): PropertyDecorator => (target, key) => {
  IsInt({ message: '$property takes a port number, 0 to 65535' })(target, key);
  Min(0, { message: '$property takes a port number, 0 to 65535' })(target, key);
  Max(65_535, { message: '$property takes a port number, 0 to 65535' })(target, key);
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? Number(value) : value))(
    target,
    key,
  );
};

const count = (): PropertyDecorator => (target, key) => {
  IsInt({ message: '$property takes a whole number, 1 or more' })(target, key);
  Min(1, { message: '$property takes a whole number, 1 or more' })(target, key);
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? Number(value) : value))(
    target,
    key,
  );
};

const seconds =
  (least: number, most: number): PropertyDecorator =>
  (target, key) => {
    const message = `$property takes whole seconds, ${least} to ${most}`;
    IsInt({ message })(target, key);
    Min(least, { message })(target, key);
    Max(most, { message })(target, key);
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? Number(value) : value))(
      target,
      key,
    );
  };

const origin = (): PropertyDecorator => (target, key) => {
  IsOptional()(target, key);
  IsUrl(
    { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
    { message: '$property takes an address such as https://example.com' },
  )(target, key);
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.replace(/\/+$/, '') : value,
  )(target, key);
};

const secret =
  (least: number): PropertyDecorator =>
  (target, key) => {
    IsOptional()(target, key);
    MinLength(least, { message: `$property takes ${least} characters or more` })(target, key);
  };

/** Every setting of the hub (contract.md, section 1), read once from the environment and `.env`. */
export class Configuration {
  @IsIn(['development', 'test', 'production'], {
    message: 'NODE_ENV takes development, test or production',
  })
  readonly NODE_ENV: 'development' | 'test' | 'production' = 'development';

  @port() readonly PORT: number = 3701;
  @port() readonly METRICS_PORT: number = 9464;
  @port() readonly SANDBOX_PORT: number = 3702;
  @IsString() readonly METRICS_HOST: string = '127.0.0.1';
  @origin() readonly PUBLIC_URL: string;

  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, {
    message: 'DATABASE_URL takes postgres://user:password@host:port/database',
  })
  readonly DATABASE_URL?: string;

  @IsString() readonly DATA_DIR: string = './data';

  /** The most that webhook events may take of the disk while PostgreSQL is away, in MiB. */
  @count() readonly SPOOL_MAX_MB: number = 1_024;

  @IsIn(['all', 'web', 'worker'], { message: 'ROLE takes all, web or worker' })
  readonly ROLE: Role = 'all';

  @secret(32) readonly ADMIN_API_KEY?: string;

  @IsOptional()
  @Matches(/^[A-Za-z0-9+/]{43}=$/, {
    message: 'ENCRYPTION_KEY takes 32 bytes in base64 (openssl rand -base64 32)',
  })
  readonly ENCRYPTION_KEY?: string;

  @IsOptional()
  @Matches(/^AC[0-9a-fA-F]{32}$/, { message: 'TWILIO_ACCOUNT_SID takes AC and 32 hexadecimal digits' })
  readonly TWILIO_ACCOUNT_SID?: string;

  @secret(1) readonly TWILIO_AUTH_TOKEN?: string;
  @secret(1) readonly TWILIO_AUTH_TOKEN_SECONDARY?: string;
  @origin() readonly TWILIO_API_BASE_URL?: string;
  @origin() readonly DISPATCH_BOT_URL?: string;
  @secret(1) readonly DISPATCH_BOT_KEY?: string;
  @origin() readonly AS_CALL_SERVICE_URL?: string;
  @secret(1) readonly AS_CALL_SERVICE_KEY?: string;

  @IsOptional()
  @Matches(/^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$/, { message: 'EGRESS_ALLOW takes host:port,host:port' })
  readonly EGRESS_ALLOW?: string;

  @secret(1) readonly INTERNAL_SERVICE_KEY?: string;

  /** The prefixes that may be texted and called; premium and satellite ranges never are. */
  @Matches(/^\+\d{1,7}(,\+\d{1,7})*$/, { message: 'ALLOWED_PREFIXES takes +1,+44,…' })
  readonly ALLOWED_PREFIXES: string = '+1';

  /** Requests per second and key, and how many may come at once. */
  @count() readonly API_RATE_PER_SECOND: number = 100;
  @count() readonly API_RATE_BURST: number = 300;

  /** W: how long after an attempt Twilio may still accept it although we saw no answer; then its list is asked. */
  @seconds(1, 480) readonly SEND_SETTLE_AFTER_SECONDS: number = 90;

  /** How long requests are taken after readiness turned 503, at a stop; 5 in production, 0 elsewhere. */
  @IsOptional() @seconds(0, STOP_MS.serving / 1_000) readonly LAME_DUCK_SECONDS?: number;

  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    message: 'LOG_LEVEL takes fatal, error, warn, info, debug, trace or silent',
  })
  readonly LOG_LEVEL: string = 'info';

  /** The address that Twilio knows, without a slash at its end. */
  get publicUrl(): string {
    return this.PUBLIC_URL;
  }

  /** LAME_DUCK_SECONDS in milliseconds. Balancers ask every few seconds; nobody balances a test. */
  get lameDuckMs(): number {
    const { LAME_DUCK_SECONDS: given, NODE_ENV } = this;
    return (given ?? (NODE_ENV === 'production' ? 5 : 0)) * 1_000;
  }

  /** Whether this process runs jobs and sweeps. */
  get works(): boolean {
    return this.ROLE !== 'web';
  }
}

/** The settings are wrong; one line per mistake. The process ends with 78 (EX_CONFIG of sysexits.h). */
export class ConfigurationError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join('\n'));
  }
}

const linesOf = (error: ValidationError): string[] =>
  Object.values(error.constraints ?? {})
    .slice(0, 1)
    .map((line) => (line.startsWith(error.property) ? line : `${error.property}: ${line}`));

const together = (settings: Configuration): string[] => {
  const mistakes: string[] = [];
  const need = (holds: boolean, line: string): unknown => holds || mistakes.push(line);
  const sid = settings.TWILIO_ACCOUNT_SID !== undefined;
  need(
    !sid || settings.TWILIO_AUTH_TOKEN !== undefined,
    'TWILIO_AUTH_TOKEN takes the token of TWILIO_ACCOUNT_SID',
  );
  need(
    sid || settings.TWILIO_AUTH_TOKEN === undefined,
    'TWILIO_ACCOUNT_SID takes the account of TWILIO_AUTH_TOKEN, AC and 32 hexadecimal digits',
  );
  need(
    settings.DATABASE_URL !== undefined || settings.ROLE === 'all',
    `ROLE takes all while DATABASE_URL is not set (the embedded database serves one process), not ${settings.ROLE}`,
  );
  if (settings.NODE_ENV === 'production') {
    need(
      settings.ADMIN_API_KEY !== undefined,
      'ADMIN_API_KEY takes 32 characters or more, and production needs it',
    );
    need(
      settings.ENCRYPTION_KEY !== undefined,
      'ENCRYPTION_KEY takes 32 bytes in base64 (openssl rand -base64 32), and production needs it',
    );
  }
  return mistakes;
};

const portOf = (given: unknown): string =>
  typeof given === 'string' || typeof given === 'number' ? String(given) : '3701';

/**
 * Reads the settings out of an environment; an empty value counts as not set.
 * @throws ConfigurationError with every mistake at once.
 */
export const readConfiguration = (env: Readonly<Record<string, unknown>>): Configuration => {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== '' && value !== undefined),
  );
  const plain = { PUBLIC_URL: `http://localhost:${portOf(given['PORT'])}`, ...given };
  const settings = plainToInstance(Configuration, plain, { exposeDefaultValues: true });
  const mistakes = [...validateSync(settings).flatMap(linesOf), ...together(settings)];
  if (mistakes.length > 0) throw new ConfigurationError(mistakes);
  return Object.freeze(settings);
};
