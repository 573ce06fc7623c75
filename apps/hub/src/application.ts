import { randomUUID } from 'node:crypto';

import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { json, type NextFunction, type Request, type Response } from 'express';
import { AccessGuard } from '#libs/identity';
import { inContext, Invalid, Log, ProblemFilter, validation } from '#libs/platform';
import { readWebhook } from '#libs/twilio';

import { HubModule, type HubGround } from './hub.module.js';
import { Lifecycle } from './lifecycle.js';

/** Message texts are short; a body beyond this is nobody's. */
const LARGEST_BODY = '256kb';

/** Text that PostgreSQL cannot keep: NUL, and halves of characters. */
const UNFIT = /\0|\p{Cs}/u;

const wellFormed = (key: string, value: unknown): unknown => {
  if (UNFIT.test(key) || (typeof value === 'string' && UNFIT.test(value))) {
    throw new SyntaxError('A text holds a NUL, or half of a character.');
  }
  return value;
};

const withoutNul = (request: Request, _response: Response, next: NextFunction): void => {
  const holdsNul = request.url.includes('%00') && !request.url.startsWith('/webhooks');
  next(holdsNul ? new Invalid('The address holds a NUL.') : undefined);
};

/** After the bodies are read: their events would lose the context. */
const withContext = (request: Request, _response: Response, next: NextFunction): void => {
  const lane = request.path.startsWith('/webhooks/') ? 'webhook' : 'api';
  inContext({ requestId: randomUUID(), lane }, next);
};

/** The application on its ground, listening nowhere yet. */
export const createApplication = async (ground: HubGround): Promise<NestExpressApplication> => {
  const app = await NestFactory.create<NestExpressApplication>(HubModule.on(ground), {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(app.get(Log));
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const lifecycle = app.get(Lifecycle);
  app.use((_request: Request, response: Response, next: NextFunction) => {
    lifecycle.answering(response);
    next();
  });
  app.use('/webhooks/twilio', readWebhook);
  app.use(
    ['/v1', '/internal'],
    json({ limit: LARGEST_BODY, inflate: false, strict: true, reviver: wellFormed }),
  );
  app.use(withoutNul);
  app.use(withContext);
  app.useGlobalPipes(validation());
  app.useGlobalFilters(app.get(ProblemFilter));
  app.useGlobalGuards(app.get(AccessGuard));
  return app;
};
