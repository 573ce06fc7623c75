import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'instance'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Kebab-case and stable.' },
    instance: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

const REFUSAL = {
  description: 'Refused or failed: RFC 9457 problem details.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** OpenAPI 3.1 says "or null" as a type of its own; the generator still speaks 3.0's `nullable`. */
const modern = (value: Json): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(modern);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(value as Record<string, Json>).map(([key, inner]) => [key, modern(inner)]),
  ) as Record<string, Json>;
  if (nullable !== true) return nullable === undefined ? rest : { ...rest, nullable };
  if (typeof rest['type'] === 'string') return orNull(rest, rest['type']);
  return { anyOf: [rest, { type: 'null' }] };
};

const orNull = (schema: Record<string, Json>, type: string): Json => {
  const values = schema['enum'];
  return {
    ...schema,
    type: [type, 'null'],
    ...(Array.isArray(values) ? { enum: [...(values as readonly Json[]), null] } : {}),
  };
};

interface Operation {
  readonly responses?: object;
  parameters?: unknown[];
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Same key and body within 24 h: the first answer again.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

/** What holds for every route, said at every route. */
const withConventions = (document: OpenAPIObject): OpenAPIObject => {
  for (const path of Object.values(document.paths) as Record<string, Operation>[]) {
    for (const [method, operation] of Object.entries(path)) {
      Object.assign(operation.responses ?? {}, { default: REFUSAL });
      if (method === 'post') operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY];
    }
  }
  Object.assign((document.components ??= {}).schemas ?? {}, { Problem: PROBLEM });
  return document;
};

/** The description of the API, from the very classes that check it. */
export const describeApi = (app: INestApplication, serverUrl: string): OpenAPIObject => {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('twilio-server')
    .setDescription("The hub that never misses a customer's call: its admin API.")
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(serverUrl)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: "The operator's key, or a tenant's." })
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Service-Key' }, 'service');
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  return modern(withConventions(document) as unknown as Json) as unknown as OpenAPIObject;
};

/** Serves `/openapi.json` and `/docs`. */
export const serveDocs = (app: INestApplication, serverUrl: string): void => {
  let described: OpenAPIObject | undefined;
  const document = (): OpenAPIObject => (described ??= describeApi(app, serverUrl));
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
  });
};
