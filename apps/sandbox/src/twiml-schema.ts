import schema from './twiml-schema.json' with { type: 'json' };
import { BadTwiml, type TwimlElement } from './twiml.js';

export type TwimlLanguage = 'voice' | 'messaging';

interface AttributeRule {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly list?: boolean;
}

interface ElementRule {
  readonly attributes: Readonly<Record<string, AttributeRule>>;
  readonly children: readonly string[];
  readonly text: boolean;
}

type Rules = Readonly<Record<string, ElementRule>>;

const languages: Readonly<Record<TwimlLanguage, Rules>> = {
  voice: schema.voice.elements,
  messaging: schema.messaging.elements,
};

const LONGEST_SAY = 4096;

/** Checks a document against the TwiML schema. Throws {@link BadTwiml} 12200 at the first mistake. */
export function validateTwiml(language: TwimlLanguage, root: TwimlElement): void {
  if (root.name !== 'Response') throw invalid(`the root is <${root.name}>, not <Response>`);
  checkElement(languages[language], root);
}

function checkElement(rules: Rules, element: TwimlElement): void {
  const rule = rules[element.name];
  if (!rule) throw invalid(`<${element.name}> is not TwiML`);
  checkText(rule, element);
  for (const [name, value] of Object.entries(element.attributes)) {
    checkAttribute(rule, element.name, name, value);
  }
  for (const child of element.children) {
    if (!rule.children.includes(child.name)) {
      throw invalid(`<${child.name}> may not stand in <${element.name}>`);
    }
    checkElement(rules, child);
  }
}

function checkText(rule: ElementRule, { name, text }: TwimlElement): void {
  if (!rule.text && text !== '') throw invalid(`<${name}> takes no text`);
  if (name === 'Say' && text.length > LONGEST_SAY) throw invalid('<Say> is over 4096 characters');
}

function checkAttribute(rule: ElementRule, element: string, name: string, value: string): void {
  const attribute = rule.attributes[name];
  if (!attribute) throw invalid(`<${element}> has no attribute ${name}`);
  const values = attribute.list === true ? value.split(/\s+/).filter(Boolean) : [value];
  for (const each of values) {
    if (!fits(attribute, each)) throw invalid(`<${element} ${name}="${value}"> is not a value it takes`);
  }
}

function fits({ type, enum: choices }: AttributeRule, value: string): boolean {
  if (choices) return choices.some((choice) => choice.toLowerCase() === value.toLowerCase());
  if (type === 'number') return /^-?\d+(\.\d+)?$/.test(value);
  if (type === 'boolean') return /^(true|false)$/i.test(value);
  return true;
}

const invalid = (what: string): BadTwiml => new BadTwiml(12200, `Schema validation warning: ${what}`);
