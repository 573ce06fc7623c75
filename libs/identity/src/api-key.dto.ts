import { ArrayMinSize, ArrayUnique, IsArray, IsIn, IsString, Length } from 'class-validator';

import { TENANT_SCOPES, type Scope } from './scope.domain.js';

export class CreateApiKey {
  /** What the key is for, in your words. */
  @IsString()
  @Length(1, 100)
  readonly name: string;

  /** `admin` includes `write`, which includes `read`. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(TENANT_SCOPES, { each: true })
  readonly scopes: Exclude<Scope, 'platform'>[];
}

export class ApiKeyView {
  readonly id: string;
  readonly name: string;
  readonly scopes: Scope[];
  /** The first characters of the secret, to tell keys apart. */
  readonly prefix: string;
  readonly createdAt: string;
}

export class NewApiKeyView extends ApiKeyView {
  /** Shown once. */
  readonly secret: string;
}

export class ApiKeyPage {
  readonly data: ApiKeyView[];
  readonly nextCursor: string | null;
}
