/** Fails when openapi.json is not valid OpenAPI 3.1, or a route says too little to be used from it. */
import { readFileSync } from 'node:fs';

import { Validator } from '@seriousme/openapi-schema-validator';

const document = JSON.parse(readFileSync('openapi.json', 'utf8'));
const { valid, errors } = await new Validator().validate(structuredClone(document));
const mistakes = valid ? [] : [`not valid OpenAPI: ${JSON.stringify(errors)}`];
if (!document.openapi.startsWith('3.1')) mistakes.push('openapi is not 3.1');

const ids = new Set();
for (const [path, operations] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(operations)) {
    const name = `${method.toUpperCase()} ${path}`;
    if (ids.has(operation.operationId)) mistakes.push(`${name}: operationId is used twice`);
    ids.add(operation.operationId);
    if (!operation.tags?.length) mistakes.push(`${name}: no tag`);
    if (!operation.security?.length) mistakes.push(`${name}: says of no key`);
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, key]) => key);
    const given = (operation.parameters ?? [])
      .filter(({ in: where }) => where === 'path')
      .map(({ name: key }) => key);
    if (wanted.some((key) => !given.includes(key)))
      mistakes.push(`${name}: a path parameter is not described`);
    const good = Object.entries(operation.responses).find(([status]) => status.startsWith('2'));
    if (good === undefined) mistakes.push(`${name}: no good answer`);
    else if (good[0] !== '204' && good[1].content === undefined)
      mistakes.push(`${name}: its answer has no schema`);
  }
}
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
