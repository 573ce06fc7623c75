import {
  applyDecorators,
  createParamDecorator,
  SetMetadata,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import { IdempotencyInterceptor, Unauthenticated, type KeyHolder } from '#libs/platform';

import type { Principal } from './api-keys.js';
import type { Scope } from './scope.domain.js';

/** Who may call a route: holders of a scope, sibling services, Twilio by its signature, or anybody. */
export type Access = Scope | 'service' | 'signed' | 'public';

export const ACCESS = 'access';
export const OPERATOR_TOO = 'operator-too';

/** Whoever holds a key may repeat a request safely. */
const ForKeys = (access: Access): MethodDecorator & ClassDecorator =>
  applyDecorators(SetMetadata(ACCESS, access), UseInterceptors(IdempotencyInterceptor));

/** Every route says who may call it; one that does not is closed. */
export const RequireScope = (scope: Scope): MethodDecorator & ClassDecorator => ForKeys(scope);
/** Beside a scope: the operator's key reaches it as well, for all tenants. */
export const OperatorToo = (): MethodDecorator & ClassDecorator => SetMetadata(OPERATOR_TOO, true);
export const ForServices = (): MethodDecorator & ClassDecorator => ForKeys('service');
export const BySignature = (): MethodDecorator & ClassDecorator => SetMetadata(ACCESS, 'signed');
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(ACCESS, 'public');

export type Identified = Request & KeyHolder & { principal?: Principal };

/** The tenant of the key that the request came with. */
export const CurrentTenant = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const tenantId = context.switchToHttp().getRequest<Identified>().principal?.tenantId;
  if (tenantId === null || tenantId === undefined) throw new Unauthenticated();
  return tenantId;
});

/** The tenant of the key that the request came with; null for the operator's, which reaches all of them. */
export const ReachedTenant = createParamDecorator((_: unknown, context: ExecutionContext): string | null => {
  const principal = context.switchToHttp().getRequest<Identified>().principal;
  if (principal === undefined) throw new Unauthenticated();
  return principal.tenantId;
});

/** The id of the key that the request came with. */
export const CurrentKey = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const holder = context.switchToHttp().getRequest<Identified>().principal?.holder;
  if (holder === undefined) throw new Unauthenticated();
  return holder;
});
