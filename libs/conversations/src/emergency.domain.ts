export type EmergencyCategory = 'life' | 'carbon-monoxide' | 'gas' | 'electrical' | 'fire' | 'water';

/** `unless` in the same clause takes the phrase's force away, `yet` gives it back. All match plain words. */
interface Sign {
  readonly category: EmergencyCategory;
  readonly says: RegExp;
  readonly unless?: RegExp;
  readonly yet?: RegExp;
}

const sounding =
  /\b(?:going off|went off|goes off|goes on|wont stop|keeps?|sounding|blaring|screaming|ppm|nonstop|sonando|suena|sono)\b/;
const work =
  /\b(?:install\w*|replac\w*|quotes?|estimates?|batter\w+|chirp\w*|tune ?up|training|class|course|inspect\w*|certificate|buy|need (?:new|a new|carbon|co)|instal\w+|cambiar|pilas?|cotiz\w+)\b/;
const notNow =
  /\b(?:last (?:week|month|year|summer|winter|fall|spring)|(?:weeks?|months?|years?) ago|used to|in case|prevent\w*|training|certificate|insurance|zone|el ano pasado)\b/;
const now = /\b(?:again|still|right now|now|today|otra vez|ahora|todavia)\b/;
const electric =
  '(?:outlets?|panel|breakers?|fuse box|wir(?:es?|ing)|switch|plug|light fixture|electric\\w*|socket|enchufe|apagador|cables?)';

/**
 * The graver comes first. Sources: webhook-fixtures.json `keywords.emergency` (phrases that five public triage
 * detectors share, with their hard negatives), and the same in Spanish.
 */
const signs: readonly Sign[] = [
  {
    category: 'life',
    says: /\b(?:unconscious|not breathing|(?:cant|cannot|can not|couldnt|trouble|difficulty) breath\w*|stopped breathing|chest pains?|heart attack|electrocut\w+|passed out|unresponsive|seizure|overdos\w+|drowning|suicid\w+|kill myself|ambulance|paramedics|(?:call|called|calling|need) 911)\b/,
  },
  {
    category: 'life',
    says: /\bexplosion\b(?! proof)|\b(?:heater|boiler|furnace|house|tank|panel|stove) (?:just )?(?:exploded|blew up)\b/,
    unless: notNow,
    yet: now,
  },
  {
    category: 'life',
    says: /\b(?:im|were|are|is|hes|shes|am|got|people|someone|somebody|kids?|child|baby|mom|dad|mother|father) (?:\w+ )?trapped\b(?! water| air)|\btrapped in\w* (?:the |an? |my |our )?(?:elevator|car|room|bathroom|house|basement|attic|closet|garage)\b|^trapped$/,
    unless: /\b(?:air|water|moisture|gas|steam) (?:is |gets )?trapped\b/,
  },
  {
    category: 'life',
    says: /\b(?:baby|infant|toddler|child|kids?|son|daughter|grandson|granddaughter|year old|grandma|grandpa)\b.{0,30}?\b(?:is |are |got |gets |accidentally |stuck |)(?:locked|stuck|trapped) (?:(?:him|her|it|them)sel(?:f|ves) )?(?:in|inside)\b/,
  },
  {
    category: 'life',
    says: /\b(?:he|she|dad|mom|grandma|grandpa|husband|wife|baby|son|daughter|man|woman|kid|child|father|mother|brother|sister) (?:\w+ ){0,5}?(?:(?:not|isnt|wont) (?:responding|respond|waking|wake|moving)|fainted|collapsed)\b(?! (?:to (?:my|texts|calls)|until|till|before|out))/,
  },
  {
    category: 'life',
    says: /\bstuck in (?:the |an |your |our )?elevator\b|\b(?:ceiling|roof|floor|deck|balcony|wall) (?:is |has |just |partly |about to )*(?:collaps\w+|cav(?:ed|ing) in)\b|\b(?:drank|swallowed) (?:some |the )?(?:drain|bleach|cleaner|chemical)\w*|\b(?:is|are) (?:trying to )?break(?:ing)? in(?:to)? (?:my|our|the)\b|\bbleeding (?:a lot|bad\w*|heavily)\b/,
    unless: notNow,
    yet: now,
  },
  {
    category: 'life',
    says: /\b(?:inconsciente|no (?:responde|despierta|reacciona) (?:mi|el|la)|ambulancia|no (?:puedo|puede|podemos) respirar|no respira|electrocut\w+|explosion(?! proof)|exploto|dolor (?:de|en el) pecho|desmay\w+)\b|\b(?:bebe|nino|nina|hijo|hija|persona|mama|papa|estoy|estamos|esta) .{0,20}?\b(?:encerrad|atrapad)[oa]s?\b/,
    unless: /\bagua .{0,10}atrapada\b/,
  },
  {
    category: 'carbon-monoxide',
    says: /\b(?:co|monoxide|monoxido) (?:detectors?|alarms?|monitors?|sensors?|levels?|readings?)\b|\b(?:carbon mono\w+|monoxido)\b/,
    unless: work,
    yet: sounding,
  },
  { category: 'carbon-monoxide', says: /\bco (?:is |was |keeps )?(?:going off|went off|leak|poisoning)\b/ },
  {
    category: 'gas',
    says: /\b(?:gas+|propane) leak\w*|\b(?:gas|propane) (?:line|pipe|valve|meter|stove|tank|main) (?:is |was |got |has |might be |may be |just )*(?:leak\w*|cut|hit|ruptured|snapped|severed)\b|\b(?:hit|cut|severed|nicked) (?:a |the |my |our )?gas (?:line|pipe|main)\b|\bleak\w* (?:of )?(?:natural |propane )?gas\b/,
    unless: notNow,
    yet: now,
  },
  {
    category: 'gas',
    says: /\bsm\w{1,3}l+(?:s|ed|ing|z)? (?:like |of |a |some |strong |alot of |lots of |really |the |faint |natural |propane |so much ){0,3}gas+\b|\b(?:sm\w{1,3}l\w*|reek\w*|stink\w*|odou?r|scent|whiff) (?:\w+ ){0,5}?(?:gas+|propane)\b(?! (?:stove|heater|furnace|fireplace|grill|range|dryer|boiler|bill|station|company|line))|\b(?:gas+|propane) (?:smell|odou?r|fumes|stink|in the air)|\bsmell\w* gassy\b|\bsmell of (?:natural )?gas\b|\bodou?r of gas\b|\bfumes\b.{0,20}\bgas\b/,
    unless: /\bsewer gas\b/,
  },
  {
    category: 'gas',
    says: /\brott[eo]n? eggs?\b|\bhuevos? podridos?\b/,
    unless:
      /\b(?:(?:hot|cold|tap|well|the|our|my) water (?:\w+ )?smell\w*|smell\w* in the water|water from|faucet|el agua)\b/,
  },
  {
    category: 'gas',
    says: /\bhissing\b.{0,30}\b(?:gas|meter|propane)\b|\b(?:gas|meter|propane)\b.{0,30}\bhissing\b|^hissing sound$/,
  },
  {
    category: 'gas',
    says: /\b(?:fugas?|escape|olor|huele|oliendo|apesta|hiede) (?:\w+ ){0,3}?gas\b|\b(?:tira|tirando|sale) gas\b/,
  },
  {
    category: 'electrical',
    says: /\b(?:sparks|sparking|sparked|arcing)\b|\b(?:chispas|chispea\w*|corto ?circuito)\b/,
    unless:
      /\b(?:igniter|ignitor|pilot|burner|stove top|spark plugs?|sparks (?:nv|nevada|glencoe)|in sparks|live in)\b/,
    yet: new RegExp(`\\b${electric}\\b`),
  },
  {
    category: 'electrical',
    says: new RegExp(
      `\\b(?:burning|burnt|smoke|smoking|smokes|melting|melted|on fire|fire|flames|quemad\\w|quemando|humo)\\b.{0,40}\\b${electric}\\b|\\b${electric} (?:is |are |was |got |started |esta |se esta |(?:behind|in|inside|near) (?:the|my) \\w+ )*(?:smoking|burning|burnt|melting|melted|on fire|glowing|hot|quemando\\w*)\\b|\\belectrical fire\\b`,
    ),
    unless: /\b(?:fireplace|fire pit|fire alarm|smoke (?:detector|alarm)|training|fire up)\b/,
  },
  {
    category: 'electrical',
    says: /\belectric(?:al)? shock|\b(?:got|getting|was|gets|get) (?:\w+ )?shock(?:ed|s)? (?:by|from|when|touching|off)\b|\bshock(?:ed|s) (?:me|my|us|him|her)\b|\bzapped (?:me|by)|\bgot zapped\b|\b(?:downed|fallen) (?:power )?lines?\b|\bpower lines? (?:is |has |just )?(?:fell|down|came down|on)\b|\bcables? caidos?\b|\bme dio (?:un )?toques?\b|\bdescarga electrica\b/,
    unless: /\b(?:price|quote|bill|cost)\b/,
  },
  {
    category: 'electrical',
    says: new RegExp(
      `\\b(?:water|flood\\w*|leak\\w*|wet|agua)\\b.{0,24}\\b(?:near|into|in|onto|on|by|through|thru|from|out of|over|cerca|sobre|en|por)\\b (?:of |de |del |the |my |our |an? |el |la |los )*(?:electrical )?${electric}\\b`,
    ),
    unless: /\b(?:electric water|shut ?off switch|float switch)\b/,
  },
  {
    category: 'fire',
    says: /\b(?:on fire|caught fire|(?:house|kitchen|attic|garage|grease|dryer|chimney) fire|flames)\b|^(?:help )*fire(?: help)*$|\b(?:theres|there is|have|is) a (?:small |big )?fire\b(?! (?:place|alarm|pit|escape|safety|rated|damage))|\bfire in (?:the|my|our)\b/,
    unless:
      /\b(?:last (?:week|month|year|summer|winter)|ago|fireplace|fire pit|pit|training|after (?:a|the|our) (?:house|kitchen) fire|pilot|burner)\b/,
    yet: /\b(?:on fire|caught fire)\b/,
  },
  {
    category: 'fire',
    says: /\bsmoke (?:is )?(?:coming|pouring|in (?:the|my|our)|everywhere|filling|out)\b|\bsmell\w* (?:like )?(?:smoke|burning|something burning)\b|\bsomethings? (?:is )?burning\b|\bburning (?:\w+ )?smell\b|\bfull of smoke\b/,
    unless: notNow,
    yet: now,
  },
  {
    category: 'fire',
    says: /\b(?:incendio|hay (?:fuego|humo|lumbre)|(?:sale|saliendo|mucho) humo|en llamas|se (?:esta|esta n|estan) (?:quemando|incendiando|prendiendo)|prend\w+ fuego|se prendio (?:la|el) (?:casa|cocina|estufa|techo)|(?:huele|olor) a (?:quemado|humo))\b/,
  },
  {
    category: 'water',
    says: /\b(?:flooding|flooded)\b(?! with (?!water|sewage|dirty|muddy))|\bfloods? (?:in|of water)\b|\binund\w+\b/,
    unless:
      /\b(?:prevent\w*|keep\w*|from flooding|worried|avoid|insurance|zone|flooded with (?:calls|work|jobs|requests)|last (?:month|year|summer|winter|fall|spring)|ago|light|evitar|el ano pasado)\b/,
  },
  {
    category: 'water',
    says: /\bwater (?:is |all )?(?:everywhere|all over (?:the|my|our) (?:house|floor|kitchen|basement|place))\b|\bwater (?:is |was |keeps |just )*(?:gushing|pouring|spraying|shooting|rushing)\b|\b(?:inch|inches|feet|foot) of water\b(?! (?:line|pipe|main|heater|pressure|column))|\b(?:is|are|all|now|half) under ?water\b(?! (?:heater|tank|softener|meter|line|pipe|valve|main))|\bwater (?:is |keeps )?rising\b|\bagua por (?:todos lados|todas partes|toda la)\b/,
  },
  {
    category: 'water',
    says: /\bpipes? (?:\w+ ){0,2}?(?:burst\w*|busted|exploded)\b|\b(?:burst\w*|busted|exploded) (?:water )?(?:pipe|main|line)s?\b|\b(?:water|sewer|supply|main) (?:main|line|pipe|hose) (?:just |has )?(?:burst|broke|ruptured|blew)\b|\b(?:revento|reventada|reventado|exploto|reventaron)\b.{0,12}\b(?:tubo|tuberia|manguera|llave|pipa)s?\b|\b(?:tubo|tuberia|pipa)s? (?:\w+ ){0,2}?revent\w+/,
    unless: notNow,
    yet: now,
  },
  {
    category: 'water',
    says: /\b(?:raw sewage|sewage (?:is |was |keeps )?(?:back\w*|coming|overflow\w*|everywhere|in the|all over))\b|\baguas negras\b/,
    unless: notNow,
    yet: now,
  },
  {
    category: 'water',
    says: /\btoilets? (?:\w+ ){0,3}?overflow\w*|\boverflow\w* toilets?\b|\bdesbord\w+\b/,
    unless: notNow,
    yet: now,
  },
];

/** No heat is a job; no heat with frost or someone frail is not (fixtures, `conditional`). */
const noHeat = /\b(?:no heat(?:ing)?|without heat|sin calefaccion|no hay calefaccion)\b/;
const frail =
  /\b(?:freezing|frozen|elderly|baby|babies|infants?|newborn|sick|medical|oxygen|congelad\w+|bebes?|ancian[oa]s?|enferm[oa]s?|recien nacid[oa]|helando)\b/;

/** Words that hold a "no" without denying what follows. */
const noDenial =
  /\b(?:no (?:doubt|idea|clue|joke|kidding|lie|way)|not (?:sure|kidding|joking|only|certain)|dont know(?: if| why| whether)?|cant tell)\b/g;
const denial =
  /\b(?:no|not|isnt|arent|aint|wasnt|dont|doesnt|didnt|never|without|havent|hasnt|nobody|sin|nunca|ni|nadie)\b/;
const freshStart = /^.*\b(?:and|but|because|so|since|i|we|my|its|there|y|pero|porque)\b/;
const calm =
  /\b(?:not? (?:an |a |really an )?emergency|isnt an emergency|non emergency|nothing urgent|no es (?:una )?emergencia)\b/;

const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\p{Cf}\p{M}'’‘`´]/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** Looks at up to four words before the sign, back to where a new thought began. */
const isDenied = (clause: string, at: number): boolean => {
  const before = clause
    .slice(Math.max(0, at - 80), at)
    .trim()
    .split(' ')
    .slice(-4)
    .join(' ');
  return denial.test(before.replace(freshStart, ''));
};

const shows = ({ category, says, unless, yet }: Sign, clause: string): boolean => {
  const meant = [...clause.matchAll(new RegExp(says, 'g'))].some(
    ({ 0: match, index }) => !isDenied(clause, index) && (category === 'life' || !denial.test(match)),
  );
  return meant && (!unless?.test(clause) || yet?.test(clause) === true);
};

/** A text is 1,600 characters at most; what is longer is nobody's cry for help. */
const LONGEST_READ = 2_000;

/**
 * Takes a customer's text in English or Spanish; gives the gravest emergency it reports, or null. Leans to yes where
 * lives are at stake; denials ("no gas leak"), work on alarms and old stories are null. Linear in the length.
 */
export const emergencyOf = (given: string): EmergencyCategory | null => {
  const text = given.slice(0, LONGEST_READ);
  const whole = plain(text);
  const clauses = text
    .split(/[.,!?;\n\r()]+/)
    .map((clause) => plain(clause).replace(noDenial, ' '))
    .filter((clause) => clause.trim() !== '');
  const found = signs.find((sign) => clauses.some((clause) => shows(sign, clause)))?.category ?? null;
  if (found === null) return noHeat.test(whole) && frail.test(whole) ? 'life' : null;
  return found === 'water' && calm.test(whole) ? null : found;
};

/** The one fixed answer to an emergency, by language; GSM-7 in English. It promises nothing but the passing on. */
export const EMERGENCY_TEXT: Readonly<Record<'en' | 'es', string>> = {
  en: 'If anyone is in danger, or you smell gas or see smoke or fire, get out now and call 911. This text line cannot send emergency help. We are passing your message to a person on our team.',
  es: 'Si alguien está en peligro, o si huele a gas o ve humo o fuego, salga ya y llame al 911. Esta línea de texto no puede enviar ayuda de emergencia. Estamos pasando su mensaje a una persona de nuestro equipo.',
};
