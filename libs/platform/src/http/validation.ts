import { Injectable, ValidationPipe, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { ValidateBy, ValidateIf, type ValidationError } from 'class-validator';

import { Invalid, NotFound, type FieldError } from '../errors.js';
import { isId } from '../ids.js';

const fieldsOf = (errors: readonly ValidationError[], above = ''): FieldError[] =>
  errors.flatMap((error) => {
    const path = above === '' ? error.property : `${above}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
    return [...own, ...fieldsOf(error.children ?? [], path)];
  });

/** The field may be left out; null is a value, and is checked like any other. */
export const Maybe = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== undefined);

/** The field may be left out, or null; anything else is checked. */
export const Nullable = (): PropertyDecorator =>
  ValidateIf((_, value: unknown) => value !== null && value !== undefined);

const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** A day, or a time with its zone, that exists (ISO 8601). */
export const IsInstant = (): PropertyDecorator =>
  ValidateBy({
    name: 'isInstant',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value)),
      defaultMessage: () => '$property takes ISO 8601, such as 2026-01-31T17:00:00Z',
    },
  });

/** The library goes down into a value as far as that goes, if the stack lets it. */
class DeepValidationPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      const isTooDeep = error instanceof RangeError && error.message.includes('call stack');
      throw isTooDeep ? new Invalid('The request is nested too deeply.', []) : error;
    }
  }
}

/** Bodies and queries are parsed by their DTO class; what the class does not know is refused. */
export const validation = (): ValidationPipe =>
  new DeepValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    stopAtFirstError: true,
    exceptionFactory: (errors) => {
      const fields = fieldsOf(errors);
      const first = fields[0];
      return new Invalid(
        first === undefined ? 'The request is not valid.' : `${first.path}: ${first.message}.`,
        fields,
      );
    },
  });

/** A path's id; what is no UUIDv7 in canonical form can only be unknown. */
@Injectable()
export class IdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isId(value)) throw new NotFound();
    return value;
  }
}
