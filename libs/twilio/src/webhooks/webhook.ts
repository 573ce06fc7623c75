import {
  applyDecorators,
  createParamDecorator,
  Header,
  HttpCode,
  HttpException,
  Post,
  UseGuards,
  type ExecutionContext,
} from '@nestjs/common';
import { ApiExcludeEndpoint } from '@nestjs/swagger';
import { validateSync } from 'class-validator';
import { BySignature } from '#libs/identity';
import { Invalid, storable } from '#libs/platform';

import type { Carried } from './callback-url.js';
import type { WebhookParams } from './webhook.dto.js';
import { WebhookGuard, type VerifiedCall } from './webhook.guard.js';

/** A signed webhook of the right shape. */
export interface Webhook<P extends WebhookParams = WebhookParams> {
  readonly accountSid: string;
  /** The fields of its shape. */
  readonly params: P;
  /** All that Twilio sent, without what PostgreSQL cannot keep. */
  readonly all: Readonly<Record<string, string>>;
  /** What our URL carried; null on the entry points. */
  readonly carried: Carried | null;
}

type Shape<P extends WebhookParams> = new () => P;

/** Names that Twilio uses; what else comes is left out, and what means something to a parser is refused. */
const NAME = /^[A-Za-z][\w.-]{0,99}$/;
const HOSTILE = /[[\]]|^(?:__proto__|constructor|prototype)$/;

const single = (params: Readonly<Record<string, string | string[]>>): Record<string, string> => {
  const all: Record<string, string> = {};
  for (const [key, value] of Object.entries(params)) {
    if (Array.isArray(value) || HOSTILE.test(key))
      throw new Invalid(`${key.slice(0, 40)} stands where Twilio sends none.`);
    if (NAME.test(key)) all[key] = storable(value);
  }
  return all;
};

const shapeOf = <P extends WebhookParams>(shape: Shape<P>, all: Readonly<Record<string, string>>): P => {
  const params = Object.assign(new shape(), all);
  const mistake = validateSync(params, { stopAtFirstError: true })[0];
  if (mistake === undefined) return params;
  throw new Invalid(Object.values(mistake.constraints ?? {})[0] ?? `${mistake.property} is not valid`);
};

/** A verified request as a webhook of this shape. @throws Invalid (400) when it has not that shape. */
export const webhookOf = <P extends WebhookParams>(request: VerifiedCall, shape: Shape<P>): Webhook<P> => {
  const { webhookForm: form, verified } = request;
  if (form === undefined || verified === undefined) throw new HttpException('Forbidden', 403);
  const all = form.json === null ? single(form.params) : { AccountSid: verified.accountSid };
  return { ...verified, params: shapeOf(shape, all), all };
};

/** The webhook, read by its shape: `@Signed(IncomingCallParams) webhook: Webhook<IncomingCallParams>`. */
export const Signed = createParamDecorator((shape: Shape<WebhookParams>, context: ExecutionContext) =>
  webhookOf(context.switchToHttp().getRequest<VerifiedCall>(), shape),
);

/** A route that Twilio posts to: signed, answered with TwiML. */
export const WebhookRoute = (...paths: string[]): MethodDecorator =>
  applyDecorators(
    Post(paths),
    HttpCode(200),
    Header('Content-Type', 'text/xml; charset=utf-8'),
    BySignature(),
    UseGuards(WebhookGuard),
    ApiExcludeEndpoint(),
  );
