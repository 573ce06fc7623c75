import type { Fact } from '../dispatch.domain.js';
import { isTrade } from './words.domain.js';

export type Language = 'en' | 'es';

/** What a customer may say besides facts; each is looked for in folded words. */
export type Signal = 'wants-human' | 'asks-bot' | 'asks-price' | 'asks-when' | 'gives-up' | 'urgent';

const someone =
  '(?:person|human|humans|someone|somebody|anyone|representative|rep|agent|operator|owner|manager|technician|tech|boss|supervisor)';
const machine = '(?:machine|bot|robot|computer|ai|chatbot)';
const wantsHuman: readonly string[] = [
  `\\b(?:speak|talk|chat|connect me|transfer me|put me through) (?:to|with) (?:an? |the |some |your |actual |real |live )*${someone}\\b`,
  '\\b(?:let me|can i|could i|may i|want to|wanna|need to|like to|rather|prefer to) (?:just |please )?(?:talk|speak|chat) (?:to|with) (?!my\\b|our\\b|it\\b)\\w+',
  '\\b(?:want|need|get me|give me|prefer|rather have) (?:an? |the )?(?:real |live |actual )?(?:person|human|representative|operator)\\b',
  '\\bis there (?:an? )?(?:real |live |actual )?(?:person|human)\\b',
  `\\b(?:dont|do not|not|hate|refuse|wont) (?:want |wanna |like |gonna |going )*(?:to )?(?:talk|talking|text|texting|speak|speaking|deal|dealing|chat) (?:to|with) (?:an? |this |your |ur )?${machine}\\b`,
  '\\bhave (?:someone|somebody|a person|the owner|the boss|\\w+) (?:just )?(?:call|text|phone|ring) (?:me|us|back)\\b',
  '\\bjust (?:have \\w+ )?call me\\b(?! (?:after|at|before|tomorrow|when|any|to|on|in|around))',
  '^(?:representative|operator|agent|human|person|real person)(?: please)?$',
  '\\bhablar con (?:una? |el |la |alguna )?(?:persona|alguien|humano|dueno|agente|encargado|gerente|representante|tecnico)\\b',
  '\\bque me llame (?:una persona|alguien)\\b',
];

const signals: Record<Signal, RegExp> = {
  'wants-human': new RegExp(wantsHuman.join('|')),
  'asks-bot':
    /(?:^|[.,;!?] |\b(?:ok|wait|but|and|lol|hey|so|anyway|umm?) )(?:are you|are u|r u|r you|is this|is it|am i|you|u|eres|es usted|es|esto es|estoy|hablo|usted es|son) (?:\w+ ){0,5}?(?:bot|robot|machine|ai|a i|automated|computer|chatbot|chatgpt|human|real|person|maquina|persona|humano|automatico|automatica)\b/,
  'asks-price':
    /\b(?:how much|prices?|pricing|hourly rate|ballpark|discounts?|(?:what|whats|do you|does it|will it|would it|would that|is there an?|your|ur) (?:\w+ ){0,4}?(?:costs?|charges?|rates?|fees?)|cuanto (?:\w+ )?(?:cuesta|cobran?|sale|seria|vale|costaria|es)|precios?|costo|tarifa)\b/,
  'asks-when':
    /\bwhen (?:can|will|would|could|are|do) (?:you|u|someone|somebody|they|he|i expect)\b|\bhow (?:soon|quick|quickly|fast|long (?:till|until|before|will|would|is))\b|\bwhat time (?:can|will|are|would)\b|\beta\b|\b(?:can|could) (?:you|u|someone|somebody|anyone|they) (?:please |pls )?(?:come|be here|get here|make it|send|stop by|be out)\b|\b(?:availability|openings)\b|\b(?:cuando|a que hora|que tan pronto) (?:me )?(?:pueden?|vienen?|llegan?)\b/,
  'gives-up':
    /\b(?:never ?mind|nvm|no longer need|(?:dont|do not) need (?:\w+ ){0,3}?any ?more|found (?:someone|somebody) else|hired (?:someone|somebody)|ya no (?:lo )?(?:necesito|ocupo)|olvidelo|dejelo asi)\b/,
  urgent:
    /\b(?:urgent|urgently|emergency|asap|a s a p|right away|immediately|right now|locked out|lockout|no heat|no hot water|no power|freezing|urgente|emergencia|lo antes posible|ahora mismo|ahorita)\b/,
};

/** Takes folded words; tells whether they carry the signal. */
export const hasSignal = (signal: Signal, folded: string): boolean => signals[signal].test(folded);

const unwilling =
  /\b(?:rather not|prefer not|(?:prefer|rather) (?:to )?(?:give|tell|say|share|discuss|keep|leave)|(?:you|u) (?:already )?have (?:it|that|my \w+)|on file|already have (?:it|that|my)|(?:dont|do not|didnt) (?:want|wanna|like|feel comfortable)(?: to)? (?:give|giving|giv|say|saying|share|sharing|tell|telling|provide|send|put|text|hand|leave)|(?:not|dont feel|isnt) comfortable|not (?:giving|gonna|going to|sharing|telling|saying|willing)|(?:wont|will not|cant) (?:give|say|tell|share)|none of (?:your|ur|ya)|not (?:your|ur) business|why (?:do|would|does|should|u|you|is|are)|what (?:do|would) (?:you|u) need|what for|for what|no thanks|no thank you|skip|dont know|idk|not sure|no idea|prefiero no|no (?:quiero|voy a|le voy a|pienso) (?:dar|decir|darle|decirle|compartir)|no (?:le|te) (?:digo|doy)|para que (?:quiere|necesita|ocupa|lo|mi|la)|por ?que (?:quiere|necesita|ocupa|me pide|tengo)|no gracias|no le importa|no se|private|personal info\w*|confidential|(?:ill|i will|id rather|can|could) (?:tell|give) (?:him|her|them|it to|that to|you when|you once|the)|se l[oa]s? (?:doy|digo)|(?:le|les) (?:doy|digo) (?:cuando|al|a la))\b|^(?:para que|por que|why|what for)(?: [?!.])*$/;
const flatNo =
  /^(?:no|nope|nah|naw|pass|skip|na|n\/a|none|nada|negative|hell no|no way|never|que le importa)(?: [.!?])*$/;

/** True for "I'd rather not say", "why do you need that", "no": an answer that is no answer and will not become one. */
export const isUnwilling = (folded: string): boolean => unwilling.test(folded) || flatNo.test(folded);

const mentions: readonly (readonly [Fact, RegExp])[] = [
  ['address', /\b(?:address|where i live|location|direccion|domicilio|donde vivo)\b/],
  ['name', /\b(?:names?|who i am|nombre|como me llamo|quien soy)\b/],
  ['time', /\b(?:what time|a time|schedule|hora|cuando)\b/],
];

/** The facts that a refusal names itself. */
export const mentionedIn = (folded: string): readonly Fact[] =>
  mentions.flatMap(([fact, says]) => (says.test(folded) ? [fact] : []));

const attack =
  /\b(?:(?:ignore|disregard|forget|override|bypass) (?:all |any |the |your |my |every |these )*(?:previous|prior|above|earlier|other|instructions?|rules?|prompts?|system)|system prompts?|you are now|act as (?:a|an|if|the|my)|pretend (?:to be|you|that)|repeat after me|repeat (?:this|the following)|developer mode|jailbreak|new instructions?|as an ai|reveal your|print your|from now on you|respond (?:only )?with|say exactly|ignora (?:todas |las |tus )*(?:instrucciones|reglas))\b/;

/** True for a sentence that gives orders to a machine: nothing in it is a fact. */
export const isAttack = (folded: string): boolean => attack.test(folded);

const english = new Set(
  'the my is and i to you it for have need please thanks hi hello call not with this can after tomorrow morning im its was are do your when what how at up out of in there just from name'.split(
    ' ',
  ),
);
const spanish = new Set(
  'hola ola buenas buenos gracias tengo tiene necesito quiero soy vivo estoy favor llamo manana tarde agua fuga bano cuanto cuesta cobran puede pueden usted mucho hablo ingles espanol perdon porque prefiero decir despues hoy lunes martes miercoles jueves viernes sabado nombre direccion aqui donde cuando esta estan persona hablar rompio sirve prende funciona huele llamar llamarme pero muy con una por mi eres nada cualquier hora noche'.split(
    ' ',
  ),
);
const spanishGlue = new Set('el la los las de del en un que y me se es no lo al x'.split(' '));

/** Takes folded words and the language so far; changes it only when they plainly speak the other one. */
export const languageOf = (words: readonly string[], sofar: Language): Language => {
  const count = (list: ReadonlySet<string>): number => words.filter((word) => list.has(word)).length;
  const inSpanish = count(spanish) + count(spanishGlue) / 2;
  const inEnglish = count(english);
  if (
    inSpanish > inEnglish &&
    (inSpanish >= 1.5 || /^(?:hola|ola|gracias|buenas|buenos)$/.test(words[0] ?? ''))
  )
    return 'es';
  return inEnglish >= 2 && inEnglish > inSpanish * 2 ? 'en' : sofar;
};

const reaction =
  /^\s*(?:(?:dis)?liked|loved|laughed at|emphasi[sz]ed|questioned|removed an? \w+ from|reacted .{1,12} to|(?:no )?le gust[oó]|\p{Extended_Pictographic}.{0,6} to)\s*["“«]/iu;

/** Phones send a tapped reaction as a text quoting ours; it says nothing new. */
export const isReaction = (text: string): boolean => reaction.test(text);

const endings =
  /^(?:(?:thanks|thank|you|u|ty|thx|thnx|tysm|thank|so|very|much|again|a|lot|alot|bunch|ok|okay|k|kk|okey|great|cool|nice|awesome|perfect|excellent|wonderful|sounds|good|sure|yes|yep|yup|yeah|alright|all|right|got|it|will|do|appreciate|that|this|the|help|your|for|bye|goodbye|have|day|night|evening|one|weekend|no|thats|is|nothing|else|looking|forward|to|talk|soon|later|and|i|gracias|muchas|mil|muy|bien|bueno|vale|esta|listo|perfecto|de|acuerdo|que|tenga|buen|dia|amable|adios|si|excelente|god|bless|correct|we|really|fine|works|me|np|lol|hi) ?)*$/;

const thanking = /\b(?:thanks|thank you|thx|ty|gracias|appreciate)\b/;

/** True when the words only thank, agree or part; a short text that thanks and asks nothing is one too. */
export const isEnding = (folded: string): boolean => {
  const words = folded.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const isShort = words.length <= 8 && !/[?\d]/.test(folded) && !words.some(isTrade);
  return endings.test(words.join(' ')) || (isShort && thanking.test(folded));
};
