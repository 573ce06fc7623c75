import { Injectable, type LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

import { Configuration } from './config.js';
import { requestId } from './context.js';
import { failureFields } from './failure.domain.js';
import { maskNumbers } from './mask.domain.js';
import { standardOutput } from './output.js';

/** Fields that could hold a text, a name or a secret are never logged, whoever passes them. */
const REDACTED = ['body', 'text', 'message', 'authorization', 'authToken', 'apiKey', 'secret', 'params'];

/** The process has one, and all its logs write there. */
let output: ReturnType<typeof standardOutput> | undefined;

/** JSON lines on stdout, pretty on a terminal; phone numbers masked, texts left out, the request's id on each. */
@Injectable()
export class Log implements LoggerService {
  private readonly logger: Logger;

  constructor(settings: Configuration) {
    const options = {
      level: settings.LOG_LEVEL,
      base: undefined,
      redact: { paths: REDACTED.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
      mixin: () => (requestId() === undefined ? {} : { requestId: requestId() }),
    };
    this.logger = process.stdout.isTTY
      ? pino(options, pretty({ ignore: 'pid,hostname', sync: true }))
      : pino(
          options,
          (output ??= standardOutput((lines) =>
            this.warn('lines of this log were dropped: nobody read it', { lines }),
          )),
        );
  }

  log(message: string, fields?: unknown): void {
    this.write('info', message, fields);
  }

  info(message: string, fields?: object): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: unknown): void {
    this.write('warn', message, fields);
  }

  debug(message: string, fields?: unknown): void {
    this.write('debug', message, fields);
  }

  verbose(message: string, fields?: unknown): void {
    this.write('trace', message, fields);
  }

  /** `failure` is what was caught; its message and stack are masked; what a thrown object holds is left out. */
  error(message: string, failure?: unknown, fields?: unknown): void {
    this.write('error', message, {
      ...failureFields(failure),
      ...(typeof fields === 'object' ? fields : {}),
    });
  }

  private write(
    level: 'info' | 'warn' | 'debug' | 'trace' | 'error',
    message: string,
    fields: unknown,
  ): void {
    const extra = typeof fields === 'object' && fields !== null ? fields : { context: fields };
    this.logger[level](extra, maskNumbers(message));
  }
}
