import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

/** The query of every list. */
export class PageQuery {
  /** How many at most, 1 to 100. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  readonly limit: number = 50;

  /** Where the last page ended: its `nextCursor`. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  readonly cursor?: string;
}
