import { plainWords } from './keyword.domain.js';

export type Refusal = 'opt-out' | 'ambiguous';

/** A phrase in plain words; `unless` is looked for in the whole text and takes the phrase's force away. */
interface Rule {
  readonly says: RegExp;
  readonly unless?: RegExp;
}

const polite = '(?: please| pls| plz| now| already| thanks| thank you| sorry| anymore| ok)*';
const toMe = '(?: me| us| this| my (?:phone|number|cell)| again| anymore| back| here| please| pls|$)';

/** Wishes about the channel or the hour: they want to be reached, only otherwise, so a person should read it. */
const otherwise =
  /(?:^|\b(?:just|but|only|rather|instead|please|can you|mejor|me|us) )(?:call|phone|ring|email|llame|llameme|llamame)\b|\b(?:call|email|llame) (?:me |us )?instead|\b(?:while|until|before|antes de|despues de|at work|driving)\b|\bafter \d|\btext (?:me|us) (?:at|on)\b/;

/** Said anywhere, these end it. Sources: Twilio's default opt-out keywords, FCC 24-24 ("totality of circumstances"). */
const clear: readonly Rule[] = [
  {
    says: /\b(?:unsub(?:scribe|scribir)?|unsuscri\w*|unsubscribed? me|do not (?:call|text|contact) list|dnc list)\b/,
  },
  {
    says: /(?<!\b(?:wont|doesnt|didnt|cant|never|not|wouldnt) )\b(?:stop|quit|cease|end|no more) (?:\w+ ){0,2}?(?:texts?|txts?|texting|txting|messages?|messaging|msgs?|sms|spam|spamming|harassing)\b/,
    unless: otherwise,
  },
  {
    says: new RegExp(
      `(?<!\\b(?:wont|doesnt|didnt|never|not) )\\b(?:stop|quit) (?:calling|contacting|bothering|bugging|annoying)${toMe}`,
    ),
    unless: otherwise,
  },
  {
    says: /\b(?:stop|quit) sending (?:me|us|these|this|any|all|it|them|stuff)\b|\bno more calls(?: please| thanks| ok| from you|$)/,
  },
  {
    says: new RegExp(
      `(?<!\\bi )\\b(?:dont|do not|never|not to|didnt ask you to) (?:ever |you |u |please )?(?:text|txt|message|msg|contact|write|bother|spam|sms)${toMe}`,
    ),
    unless: otherwise,
  },
  {
    says: /\b(?:dont|do not|never|not to) (?:ever )?send (?:me |us )?(?:any |a |more |anymore |another |these |those )*(?:texts?|messages?|msgs?)\b/,
    unless: otherwise,
  },
  {
    says: /\b(?:discontinue|cease|refrain from|desist from|halt) (?:all |any |further )*(?:text\w*|messag\w*|contact\w*|communicati\w+|calling)\b/,
  },
  {
    says: /\bmake (?:the |these |those |this |ur |your |all )*(?:texts|messages|texting) stop\b|\b(?:delete|erase|unenroll) me\b/,
  },
  {
    says: /\b(?:dont|do not|never) (?:ever )?call (?:me |us |here |this number )?(?:again|anymore|ever|this number)\b/,
  },
  {
    says: /\b(?:lose|loose|forget|delete|erase|remove|drop) (?:this|my|our) (?:number|phone|cell|contact|info|information|details|data)\b/,
    unless: /\b(?:want to|afraid to|port|porting) lose\b/,
  },
  {
    says: /\b(?:take|remove|get|drop|pull) (?:me|us|my number|this number|my name) (?:off|from)\b/,
    unless:
      /\b(?:schedule|calendar|appointment|hold|visit|job|waitlist|wait list|waiting list|mon|tues|wednes|thurs|fri|satur|sun)(?:day)?\b/,
  },
  {
    says: /\bopt(?:ing|ed)? (?:me |us )?out\b|\boptout\b/,
    unless: /\b(?:warranty|insurance|plan|maintenance|agreement|coverage|membership)\b/,
  },
  {
    says: /\bleave (?:me|us) alone\b|\bwrong (?:number|num|person)$/,
    unless: /\b(?:gave|did i|is this|if this|called the)\b/,
  },
  {
    says: /\b(?:you (?:have|got)|u got|its|this is|thats) (?:the |a )?wrong (?:number|num|person|guy|lady)\b(?! of)/,
  },
  {
    says: /\btext(?:ed|ing) the wrong (?:number|person|guy|lady|one|dude)\b/,
    unless: /\b(?:i|we|have) (?:must have )?text(?:ed|ing)\b/,
  },
  {
    says: /\brevoke (?:\w+ )?(?:consent|permission)|\b(?:dont|do not|didnt|did not|never) (?:give \w+ )?consent/,
  },
  {
    says: /\b(?:dont|do not|no longer) (?:want|wish|need|like) (?:\w+ ){0,4}?(?:texts|messages|msgs|texted|messaged|contacted|hear from you)\b/,
    unless: otherwise,
  },
  { says: /\bcancel (?:\w+ ){0,2}?(?:texts|messages|msgs|sms)\b/ },
  {
    says: /\bno (?:me|nos) (?:escrib\w+|contact\w+|text\w+|molest\w+|vuelv\w+ a (?:escribir|llamar|contactar|mandar|molestar))\b/,
    unless: otherwise,
  },
  { says: /\bno (?:me|nos) (?:mand\w+|envi\w+)(?: mas| mensajes?| textos?| nada|$)/ },
  {
    says: /(?<!\bno )\b(?:deje|dejen|deja|dejes|pare|paren|para) de (?:estar )?(?:mandar|enviar|escribir|molestar|llamar|textear|contactar)(?:me|nos)\b/,
  },
  {
    says: /\bno (?:quiero|deseo) (?:\w+ ){0,3}?(?:mensajes|textos|sms|que me (?:escrib|contact|mand|molest)\w+)\b/,
  },
  {
    says: /\b(?:borr|elimin|quit|sa[cq]u?|olvid|pierd)\w* mi numero\b|\b(?:no mas|ni un|basta de) (?:mensajes?|textos?)\b/,
  },
  { says: /\bnumero equivocado\b|\bequivoc\w+ de numero\b/, unless: /\b(?:le|les|te) di\b|\bdi el\b/ },
  {
    says: /\b(?:quit|sa[cq]u?|borr|elimin)\w*(?:me|nos) de (?:la|su|tu|esta|esa) lista\b|\bdej\w*me en paz\b/,
  },
];

/** The whole text is no more than this. */
const clearAlone: readonly Rule[] = [
  { says: new RegExp(`^(?:please |pls |just )*remove(?: me)?${polite}$`) },
  { says: /^(?:por favor |ya |ok )*(?:pare|paren|parar|alto|basta|no mas)(?: ya| por favor| gracias)*$/ },
  { says: /^s t o p$/ },
];

const doubtful: readonly Rule[] = [
  { says: new RegExp(`^(?:please |pls |kindly )*remove${polite}$`) },
  {
    says: /\b(?:knock|cut) it (?:off|out)\b|\b(?:you|u) (?:guys )?keep (?:texting|messaging|bothering|calling)\b/,
  },
  {
    says: /\b(?:dont|do not|never|not to) (?:ever |you |u |please )?(?:text|txt|message|msg|contact|write) (?:me|us)\b/,
  },
  {
    says: /(?<!\b(?:wont|doesnt|didnt|never|not) )\b(?:stop|quit) (?:texting|txting|messaging|calling|contacting) (?:me|us)\b/,
  },
  { says: /\b(?:opt(?:ing|ed)? (?:me |us )?out|opt out)\b|\bwrong number\b(?! of)/, unless: /\bgave\b/ },
  {
    says: /\b(?:dont|do not|never) call (?:me|us|here)\b/,
    unless: /\b(?:text|txt|message|before|after|until|at work|email)\b/,
  },
  { says: new RegExp(`\\bnot interested${polite}$`) },
  {
    says: /\b(?:who gave you|how did (?:you|u) get|where did (?:you|u) get) (?:my|this|our) (?:number|info|phone|cell)\b/,
  },
  {
    says: /\b(?:this is|its|is this|reported? (?:as|this|you)|reporting (?:as|this|you)|looks like) (?:a |as )?(?:spam|scam|junk)\b/,
  },
  {
    says: /\breport(?:ing)? (?:you|u|this number)\b|\b(?:fcc|tcpa|my (?:lawyer|attorney)|sue you)\b|\bharass(?:ing|ment)\b/,
  },
  {
    says: /\b(?:go away|get lost|buzz off|piss off|fuck off|f off|screw off)\b/,
    unless: /\b(?:wont|doesnt|didnt|not|smell|noise) \w* ?go away\b/,
  },
  { says: /\bblock(?:ing|ed)? (?:you|u|this number|your number)\b|\b(?:dont|do not) (?:reply|respond)\b/ },
  {
    says: /\b(?:didnt|did not|never) (?:sign|signed) up\b|\b(?:didnt|did not|never) ask(?:ed)? for (?:this|these|texts?)\b/,
  },
  { says: /\bno me llam\w+\b/, unless: /\b(?:antes|despues|mensaje|texto|hasta)\b/ },
  {
    says: /\bno (?:me interesa|estoy interesad\w)|\b(?:quien|como) \w+ (?:\w+ )?mi numero\b|\bes (?:spam|una estafa)\b/,
  },
  { says: /\bno me (?:escrib|text|contact)\w+\b/ },
];

const doubtfulAlone: readonly Rule[] = [
  {
    says: /^(?:ok |okay |please |pls |can |could |will |would |you |u |guys |now |i |want |need |to )*(?:stop|cancel|end|quit)(?: it| this| that| all| everything| the chat| this conversation| this chat| please| pls| now| already| thanks)*$/,
  },
  { says: /^(?:no more|enough|thats enough|enough already|ya no|ya basta)$/ },
];

/** A clause of these words and a "stop" is a plea to us, not about a leak. */
const plea: ReadonlySet<string> = new Set(
  'please pls plz just now already i said ok okay thanks thank you no all these messages message texts text ur your immediately asap omg bro dude sir everything right hey hi and sorry me por favor ya'.split(
    ' ',
  ),
);
const isPlea = (clause: string): boolean => {
  const words = clause.split(' ');
  return (
    words.some((word) => /^stop+$/.test(word)) &&
    words.every((word) => plea.has(word) || /^stop+$/.test(word))
  );
};

/** Phones send a tapped reaction as a text that quotes ours, whose words are not the customer's. */
const reaction =
  /^\s*(?:(?:dis)?liked|loved|laughed at|emphasi[sz]ed|questioned|removed an? \w+ from|reacted .{1,12} to|(?:no )?le gust[oó]|\p{Extended_Pictographic}.{0,6} to)\s*["“«]/iu;
const thumbsDown = /^\s*(?:disliked|no le gust|reacted (?:👎|🛑)|👎|🛑)/iu;

const hits = (rules: readonly Rule[], clauses: readonly string[], whole: string): boolean =>
  rules.some(({ says, unless }) => clauses.some((clause) => says.test(clause)) && !unless?.test(whole));

/** Our own footer, quoted back, is no wish of theirs. */
const footer = /\b(?:reply|text|send) stop to \w+(?: \w+)?\b/g;

/**
 * Takes a customer's text; gives `opt-out` when it plainly asks for no more texts, `ambiguous` when it may, and null
 * for everything else, "stop the leak" included. Keywords alone ("STOP") are `keywordOf`'s. Linear in the length.
 */
export const refusalOf = (text: string): Refusal | null => {
  if (thumbsDown.test(text)) return 'ambiguous';
  if (reaction.test(text)) return null;
  const whole = plainWords(text).replace(footer, '').trim();
  const clauses = text
    .replace(/#(?!\s*\d)/g, ' number ')
    .split(/[.,!?;:\n\r()]+/)
    .map((clause) => plainWords(clause).replace(footer, '').trim())
    .filter((clause) => clause !== '');
  if (hits(clear, clauses, whole) || hits(clearAlone, [whole], whole) || clauses.some(isPlea))
    return 'opt-out';
  return hits(doubtful, clauses, whole) || hits(doubtfulAlone, [whole], whole) ? 'ambiguous' : null;
};
