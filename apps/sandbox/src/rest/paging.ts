import type { Resource } from './resource-list.js';

export interface PageRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  /** What the resources are called in the answer. */
  readonly name: 'messages' | 'calls';
}

const PAGE_SIZE = 50;
const LARGEST_PAGE = 1000;

/** One page of Twilio's lists; `PageToken` resumes behind the last resource, whatever was added since. */
export function pageOf<T extends Resource>(
  resources: Iterable<T>,
  request: PageRequest,
  json: (resource: T) => unknown,
): Record<string, unknown> {
  const { query, name } = request;
  const size = Math.min(wholeNumber(query.get('PageSize'), PAGE_SIZE) || 1, LARGEST_PAGE);
  const page = wholeNumber(query.get('Page'), 0);
  const token = query.get('PageToken');
  const { taken, hasMore } = take(resources, size, token ?? page * size);
  const start = page * size;
  const last = taken.at(-1);
  return {
    [name]: taken.map(json),
    page,
    page_size: size,
    start,
    end: start + Math.max(taken.length - 1, 0),
    uri: pageUri(request, [size, page], token),
    first_page_uri: pageUri(request, [size, 0], null),
    previous_page_uri: page > 0 ? pageUri(request, [size, page - 1], null) : null,
    next_page_uri: hasMore && last ? pageUri(request, [size, page + 1], `PA${last.sid}`) : null,
  };
}

function wholeNumber(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : otherwise;
}

function pageUri({ path, query }: PageRequest, [size, page]: [number, number], token: string | null): string {
  const params = new URLSearchParams(query);
  params.set('PageSize', String(size));
  params.set('Page', String(page));
  params.delete('PageToken');
  if (token !== null) params.set('PageToken', token);
  return `${path}?${params.toString()}`;
}

/** Skips so many resources, or all up to the one that the token names. */
function take<T extends Resource>(resources: Iterable<T>, size: number, from: number | string) {
  const taken: T[] = [];
  let skip = typeof from === 'number' ? from : Number.POSITIVE_INFINITY;
  for (const resource of resources) {
    if (taken.length === size) return { taken, hasMore: true };
    if (skip <= 0) taken.push(resource);
    else skip = `PA${resource.sid}` === from ? 0 : skip - 1;
  }
  return { taken, hasMore: false };
}

const DAY_MS = 86_400_000;

/** Keeps what lies between `<name>>` and `<name><`, both inclusive, or on the day that `<name>` names. */
export function* between<T extends Resource>(
  resources: Iterable<T>,
  query: URLSearchParams,
  [name, at]: readonly [string, (resource: T) => number],
): Generator<T> {
  const day = query.get(name);
  const since = moment(day ?? query.get(`${name}>`), Number.NEGATIVE_INFINITY);
  const until = day ? since + DAY_MS - 1 : moment(query.get(`${name}<`), Number.POSITIVE_INFINITY);
  for (const resource of resources) {
    if (at(resource) >= since && at(resource) <= until) yield resource;
    // Newest first, and what lies this far back cannot have a later time: the rest is older still.
    if (resource.createdAt < since - DAY_MS * 36) return;
  }
}

function moment(text: string | null, otherwise: number): number {
  const at = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? otherwise : at;
}
