type Tongue = 'en' | 'es';

const TEXT_BACK: Readonly<Record<Tongue, string>> = {
  en: 'Hi, this is {business}. Sorry we missed your call! How can we help? Just reply here. Reply STOP to opt out.',
  es: 'Hola, somos {business}. Sentimos no haber atendido su llamada. Como podemos ayudarle? Responda aqui. Responda STOP para no recibir mas mensajes.',
};
const OPTED_OUT: Readonly<Record<Tongue, string>> = {
  en: '{business}: you will get no more texts from us. Reply START if you change your mind.',
  es: '{business}: no le enviaremos mas mensajes. Responda START si cambia de opinion.',
};
const HELP: Readonly<Record<Tongue, string>> = {
  en: '{business}: we answer missed calls by text. Call us at {number}. Msg & data rates may apply. Reply STOP to opt out.',
  es: '{business}: respondemos por texto las llamadas perdidas. Llamenos al {number}. Pueden aplicar tarifas. Responda STOP para no recibir mas mensajes.',
};
const HOLDING: Readonly<Record<Tongue, string>> = {
  en: 'Thanks, we have your message. Someone from {business} will get back to you.',
  es: 'Gracias, recibimos su mensaje. Alguien de {business} se comunicara con usted.',
};
const ALERT: Readonly<Record<Tongue, string>> = {
  en: '{business}: possible emergency ({category}) from {customer}. They were told to call 911. Please call them now.',
  es: '{business}: posible emergencia ({category}) de {customer}. Se le dijo que llame al 911. Llame ahora.',
};

const SHEETS = {
  'text-back': TEXT_BACK,
  'opt-out-confirmation': OPTED_OUT,
  help: HELP,
  holding: HOLDING,
  alert: ALERT,
} as const;

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

/** The fixed texts, in the tenant's language. @param own a template of the tenant's, if it has one */
export const wordingOf = (
  sheet: keyof typeof SHEETS,
  language: string,
  values: Readonly<Record<string, string>>,
  own: string | null = null,
): string => fill(own ?? SHEETS[sheet][language === 'es' ? 'es' : 'en'], values);
