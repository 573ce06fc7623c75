import { Injectable, ValidationPipe, type PipeTransform } from '@nestjs/common';
import type { ValidationError } from 'class-validator';

import { Invalid, NotFound, type FieldError } from './errors.js';
import { isId } from './ids.js';

const fieldsOf = (errors: readonly ValidationError[], above = ''): FieldError[] =>
  errors.flatMap((error) => {
    const path = above === '' ? error.property : `${above}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
    return [...own, ...fieldsOf(error.children ?? [], path)];
  });

/** Bodies and queries are parsed by their DTO class; what the class does not know is refused. */
export const validation = (): ValidationPipe =>
  new ValidationPipe({
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
