import { Type } from 'class-transformer';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';

import { Maybe } from './validation.js';

/** The query of every list. */
export class PageQuery {
  /** How many at most, 1 to 100. */
  @Maybe()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  readonly limit: number = 50;

  /** Where the last page ended: its `nextCursor`. */
  @Maybe()
  @IsString()
  @MaxLength(200)
  readonly cursor?: string;
}
