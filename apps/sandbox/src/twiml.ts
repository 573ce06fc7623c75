import { XMLParser, XMLValidator } from 'fast-xml-parser';

export interface TwimlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly TwimlElement[];
  /** The element's own character data, without its children's, trimmed. */
  readonly text: string;
}

/** What is wrong with a document, with Twilio's code. */
export class BadTwiml extends Error {
  constructor(
    readonly errorCode: 12100 | 12200 | 12300,
    message: string,
  ) {
    super(message);
  }
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: '#cdata',
});

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads XML into its one root element. Throws {@link BadTwiml} 12100. */
export function parseXml(xml: string): TwimlElement {
  const verdict = XMLValidator.validate(xml);
  if (verdict !== true) throw new BadTwiml(12100, `Document parse failure: ${verdict.err.msg}`);
  const roots = elementsOf(parser.parse(xml));
  const [root] = roots;
  if (!root || roots.length > 1) throw new BadTwiml(12100, 'Document parse failure: not one root element');
  return root;
}

/** The parser gives an array of one-key objects, attributes under `:@`. */
function elementsOf(nodes: unknown): TwimlElement[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: unknown) => {
    const fields = Object.entries(isRecord(node) ? node : {});
    const content = fields.find(([key]) => key !== ':@' && !key.startsWith('#') && !key.startsWith('?'));
    if (!content) return [];
    const attributes = fields.find(([key]) => key === ':@')?.[1];
    return [elementOf(content[0], content[1], attributes)];
  });
}

function elementOf(name: string, content: unknown, attributes: unknown): TwimlElement {
  const given = Object.entries(isRecord(attributes) ? attributes : {});
  return {
    name,
    attributes: Object.fromEntries(given.map(([key, value]) => [key, decode(String(value))])),
    children: elementsOf(content),
    text: textOf(content).trim(),
  };
}

function textOf(nodes: unknown): string {
  if (!Array.isArray(nodes)) return '';
  return nodes.map((node: unknown) => (isRecord(node) ? ownText(node) : '')).join('');
}

function ownText(node: Record<string, unknown>): string {
  if (typeof node['#text'] === 'string') return decode(node['#text']);
  const [cdata] = Array.isArray(node['#cdata']) ? (node['#cdata'] as unknown[]) : [];
  return isRecord(cdata) && typeof cdata['#text'] === 'string' ? cdata['#text'] : '';
}

function decode(text: string): string {
  return text.replace(/&([^;&]*);/g, (_, name: string) => {
    const character = entities[name] ?? characterOf(name);
    if (character === undefined)
      throw new BadTwiml(12100, `Document parse failure: unknown entity &${name};`);
    return character;
  });
}

function characterOf(reference: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([\da-f]{1,6})|(\d{1,7}))$/i.exec(reference) ?? [];
  const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return point >= 0 && point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
