/** What business code throws. One filter turns each into problem+json; expected outcomes are values instead. */
export class NotFound extends Error {
  constructor(what = 'resource') {
    super(`No such ${what}.`);
  }
}

/** The request is fine, the resource's state is not: 409. */
export class Conflict extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** A rule of the business refuses: 422. `code` is kebab-case and stable. */
export class Rejected extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** A body, query or header that cannot be read: 400. */
export class Invalid extends Error {
  constructor(
    detail: string,
    readonly errors: readonly FieldError[] = [],
    readonly code = 'invalid-request',
  ) {
    super(detail);
  }
}

/** A part that we need is away: 503. */
export class Unavailable extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** Too many requests: 429 with `Retry-After`. */
export class TooMany extends Error {
  constructor(readonly retryAfterSeconds: number) {
    super('Too many requests with this key. Wait as long as Retry-After says.');
  }
}

/** No key or a wrong one: 401. */
export class Unauthenticated extends Error {
  constructor() {
    super('Send "Authorization: Bearer KEY" with a key that is valid here.');
  }
}

/** The key is right, its scope does not reach: 403. */
export class Forbidden extends Error {}
