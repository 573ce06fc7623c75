import { createHash, timingSafeEqual } from 'node:crypto';

import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Configuration, Forbidden, NotFound, TooMany, Unauthenticated } from '#libs/platform';

import { ACCESS, OPERATOR_TOO, type Access, type Identified } from './access.js';
import { ApiKeys } from './api-keys.js';
import { RateLimit } from './rate-limit.js';
import { reaches, type Scope } from './scope.domain.js';

const same = (given: string, right: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(right));
};

/** Stands before every route. Closed unless the route says who may call it. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeys,
    private readonly limit: RateLimit,
    private readonly settings: Configuration,
  ) {}

  canActivate(context: ExecutionContext): Promise<boolean> | boolean {
    const route = [context.getHandler(), context.getClass()];
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, route);
    if (access === 'public' || access === 'signed') return true;
    const request = context.switchToHttp().getRequest<Identified>();
    if (access === undefined) throw new Forbidden('This route is open to nobody.');
    if (access === 'service') return this.service(request);
    const operatorToo = this.reflector.getAllAndOverride<true | undefined>(OPERATOR_TOO, route) === true;
    return this.key(request, operatorToo ? [access, 'platform'] : [access]);
  }

  private service(request: Identified): boolean {
    const right = this.settings.INTERNAL_SERVICE_KEY;
    if (right === undefined) throw new NotFound();
    if (!same(request.header('x-service-key') ?? '', right)) throw new Unauthenticated();
    Object.assign(request, { keyHolder: 'service' });
    return true;
  }

  private async key(request: Identified, enough: readonly Scope[]): Promise<boolean> {
    const secret = /^Bearer (\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
    const principal = secret === undefined ? null : await this.keys.holderOf(secret);
    if (principal === null) throw new Unauthenticated();
    const waitSeconds = await this.limit.take(principal.holder);
    if (waitSeconds > 0) throw new TooMany(waitSeconds);
    if (!enough.some((scope) => reaches(principal.scopes, scope))) {
      throw new Forbidden(`This route needs a key with the scope "${enough.join('" or "')}".`);
    }
    Object.assign(request, { principal, keyHolder: principal.holder });
    return true;
  }
}
