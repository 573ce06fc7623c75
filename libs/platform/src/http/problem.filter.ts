import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';

import { requestId } from '../context.js';
import { TooMany } from '../errors.js';
import { newId } from '../ids.js';
import { Log } from '../log.js';
import { problemOf } from './problem.js';

/** Turns whatever was thrown into problem+json; only what nobody expected is logged as an error. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const problem = problemOf(error, requestId() ?? newId());
    if (problem.status === 500) this.log.error('a request failed', error, { instance: problem.instance });
    if (response.headersSent) return;
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="twilio-server"');
    if (error instanceof TooMany) response.setHeader('Retry-After', String(error.retryAfterSeconds));
    if (problem.status === 503) response.setHeader('Retry-After', '1');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}
