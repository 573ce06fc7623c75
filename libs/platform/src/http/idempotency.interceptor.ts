import { createHash } from 'node:crypto';

import {
  createParamDecorator,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';

import { requestId } from '../context.js';
import { Db } from '../database/db.js';
import { Conflict, Invalid, Rejected } from '../errors.js';
import { idFor, newId } from '../ids.js';
import { problemOf } from './problem.js';
import { Sealer } from '../seal.js';

/** Set by the key guards: who holds the key that a request came with. */
export interface KeyHolder {
  readonly keyHolder?: string;
}

/** Set by the interceptor: the same for every try with one Idempotency-Key. */
interface Intended {
  intent?: string;
}

interface Call {
  readonly holder: string;
  readonly key: string;
  readonly bodyHash: string;
}

interface Kept {
  readonly bodyHash: string;
  readonly status: number | null;
  readonly answer: string | null;
}

/**
 * A claim: one insert decides who runs; a claim older than 30 s was left behind by a dead process. Whoever takes it over
 * has the same intent, for what was asked may have been done, and only the word of it lost.
 */
const CLAIM = `
  insert into idempotency_keys (holder, key, body_hash, claimed_until) values ($1, $2, $3, now() + interval '30 seconds')
  on conflict (holder, key) do update set claimed_until = excluded.claimed_until, body_hash = excluded.body_hash,
    status = null, answer = null, created_at = case
      when idempotency_keys.created_at < now() - interval '24 hours' then now() else idempotency_keys.created_at end
  where idempotency_keys.created_at < now() - interval '24 hours'
     or (idempotency_keys.status is null and idempotency_keys.claimed_until < now()
         and idempotency_keys.body_hash = excluded.body_hash)
  returning extract(epoch from created_at)::text as since`;
const READ = `select body_hash as "bodyHash", status, answer from idempotency_keys where holder = $1 and key = $2`;
const KEEP = 'update idempotency_keys set status = $3, answer = $4 where holder = $1 and key = $2';
const RELEASE = `
  update idempotency_keys set claimed_until = '-infinity' where holder = $1 and key = $2 and status is null`;

const isKept = (status: number): boolean => status < 500 && status !== 429 && status !== 409;

const intentOf = ({ holder, key }: Call, since: string): string =>
  idFor([holder, key, since].join('\n'), Math.floor(Number(since) * 1_000));

/**
 * What a POST asks for, a UUIDv7, to be the id or a unique key of what it makes: the same for every try with one
 * Idempotency-Key for 24 h, one of its own without.
 */
export const Intent = createParamDecorator(
  (_: unknown, context: ExecutionContext): string =>
    context.switchToHttp().getRequest<Intended>().intent ?? newId(),
);

/** `Idempotency-Key` on every POST of the API (contract.md, section 4; draft-ietf-httpapi-idempotency-key-header). */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly db: Db,
    private readonly sealer: Sealer,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request & KeyHolder & Intended>();
    const key = request.header('idempotency-key');
    if (request.method !== 'POST' || key === undefined || request.keyHolder === undefined)
      return next.handle();
    if (key.length < 1 || key.length > 255) throw new Invalid('Idempotency-Key takes 1 to 255 characters.');
    const call = { holder: request.keyHolder, key, bodyHash: this.hash(request) };
    const run = (intent: string): Promise<unknown> => {
      request.intent = intent;
      return lastValueFrom(next.handle(), { defaultValue: undefined });
    };
    return from(this.once(call, context.switchToHttp().getResponse<Response>(), run));
  }

  private hash(request: Request): string {
    const body: unknown = request.body;
    return createHash('sha256')
      .update(`${request.path}\n${JSON.stringify(body ?? null)}`)
      .digest('base64');
  }

  private async once(
    call: Call,
    response: Response,
    run: (intent: string) => Promise<unknown>,
  ): Promise<unknown> {
    const id = [call.holder, call.key];
    const claimed = await this.db.system('idempotency', (tx) =>
      tx.one<{ since: string }>(CLAIM, [...id, call.bodyHash]),
    );
    if (claimed === undefined) return this.again(id, call.bodyHash, response);
    try {
      const body = await run(intentOf(call, claimed.since));
      await this.keep(id, response.statusCode, body);
      return body;
    } catch (error) {
      const problem = problemOf(error, requestId() ?? '');
      if (isKept(problem.status)) await this.keep(id, problem.status, problem);
      else await this.db.system('idempotency', (tx) => tx.query(RELEASE, id));
      throw error;
    }
  }

  private async keep(id: readonly string[], status: number, body: unknown): Promise<void> {
    const answer = this.sealer.seal(JSON.stringify(body ?? null), `idempotency:${id.join(':')}`);
    await this.db.system('idempotency', (tx) => tx.query(KEEP, [...id, status, answer]));
  }

  private async again(id: readonly string[], bodyHash: string, response: Response): Promise<unknown> {
    const kept = await this.db.system('idempotency', (tx) =>
      tx.one<Kept & Record<string, unknown>>(READ, id),
    );
    if (kept !== undefined && kept.bodyHash !== bodyHash) {
      throw new Rejected(
        'idempotency-key-reused',
        'This Idempotency-Key was used with another body. Take a new key.',
      );
    }
    if (kept?.status == null || kept.answer === null) {
      throw new Conflict(
        'idempotency-key-in-use',
        'The first request with this key is still running. Try again soon.',
      );
    }
    response.status(kept.status).setHeader('Idempotency-Replayed', 'true');
    if (kept.status >= 400) response.type('application/problem+json');
    return JSON.parse(
      this.sealer.open(kept.answer, `idempotency:${id.join(':')}`).toString('utf8'),
    ) as unknown;
  }
}
