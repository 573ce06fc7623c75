import { HttpException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Snapshot } from '#libs/durable';
import { Configuration, Unavailable } from '#libs/platform';

import { CallbackUrls, type Carried } from './callback-url.js';
import { NumberDirectory } from '../number-directory.js';
import { Signatures } from './signature.js';
import type { WebhookCall } from './webhook-form.js';

/** A webhook whose signature holds and whose numbers belong to its account. */
export interface VerifiedWebhook {
  readonly accountSid: string;
  readonly carried: Carried | null;
}

export type VerifiedCall = WebhookCall & { verified?: VerifiedWebhook };

/** Whoever names our address in the request line is no webhook: the address that was signed is PUBLIC_URL's. */
const isAbsolute = (target: string): boolean => !target.startsWith('/');

const forbidden = (): HttpException => new HttpException('Forbidden', 403);

/** 403 unless Twilio signed the request for an account that we know, about a number of that account. */
@Injectable()
export class WebhookGuard implements CanActivate {
  constructor(
    private readonly settings: Configuration,
    private readonly snapshot: Snapshot,
    private readonly signatures: Signatures,
    private readonly callbacks: CallbackUrls,
    private readonly numbers: NumberDirectory,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.snapshot.loaded) throw new Unavailable('not-ready', 'The routing is not loaded yet.');
    const request = context.switchToHttp().getRequest<VerifiedCall>();
    const form = request.webhookForm;
    if (form === undefined || isAbsolute(request.originalUrl)) throw forbidden();
    const accountSid = this.signatures.signerOf({
      url: this.settings.publicUrl + request.originalUrl,
      signature: request.header('x-twilio-signature'),
      form,
    });
    if (accountSid === null) throw forbidden();
    const carried = this.callbacks.read(request.path, request.query['c'], accountSid);
    if (carried === 'forged') throw forbidden();
    if (carried === null && this.isForeign(form.params['To'], accountSid)) throw forbidden();
    request.verified = { accountSid, carried };
    return true;
  }

  /** A hub number that belongs to another account. Our own callbacks are bound to theirs by their code. */
  private isForeign(to: string | string[] | undefined, accountSid: string): boolean {
    const owner = typeof to === 'string' ? this.numbers.accountOf(to) : undefined;
    return owner !== undefined && owner !== accountSid;
  }
}
