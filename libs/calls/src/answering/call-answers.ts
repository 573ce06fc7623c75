import { Injectable } from '@nestjs/common';
import { Forwarding, type Plan, type PlannedCall } from '#libs/forwarding';
import { Configuration } from '#libs/platform';
import { Routing, type Route } from '#libs/tenants';
import { CallbackUrls, dialed, dialedPlainly, rejected, said, screened } from '#libs/twilio';

const UNATTENDED = {
  en: 'Thank you for calling. Nobody can take your call right now. We will text you in a moment.',
  es: 'Gracias por llamar. Nadie puede atender su llamada ahora. Le enviaremos un mensaje de texto en un momento.',
};
const UNREACHABLE = {
  en: 'Thank you for calling. Nobody can take your call right now. Please try again later.',
  es: 'Gracias por llamar. Nadie puede atender su llamada ahora. Llame de nuevo más tarde.',
};
const PROMPT = { en: 'Press 1 to take this call.', es: 'Oprima 1 para tomar esta llamada.' };

const tongue = (language: string): 'en' | 'es' => (language === 'es' ? 'es' : 'en');

/** What the next webhook of a call needs to know, carried in its URL. */
export interface CallContext {
  readonly tenantId: string;
  readonly phoneNumberId: string;
  readonly callSid: string;
  readonly screening: 'none' | 'keypress';
  /** How many phones are asked for a key, when more than one. */
  readonly phones?: string;
}

/** What a call's URLs say of the phones that ring: where several are asked for a key, one's refusal is not all of them. */
export const phonesOf = (plan: Plan): Pick<CallContext, 'phones'> =>
  plan.kind === 'dial' && plan.screening === 'keypress' && plan.targets.length > 1
    ? { phones: String(plan.targets.length) }
    : {};

/** Every TwiML a call gets: decided from memory and the request, never from the database. */
@Injectable()
export class CallAnswers {
  constructor(
    private readonly routing: Routing,
    private readonly forwarding: Forwarding,
    private readonly callbacks: CallbackUrls,
    readonly settings: Configuration,
  ) {}

  /** The route to a hub number; undefined when it is not ours. */
  route(to: string): Route | undefined {
    return this.routing.routeTo(to);
  }

  /** What to do with an incoming call, and the TwiML that does it. */
  answer(
    route: Route,
    callSid: string,
    from: string,
    forwardedFrom: string | null,
  ): PlannedCall & { twiml: string } {
    const planned = this.forwarding.planFor(route, from, forwardedFrom);
    return { ...planned, twiml: this.twiml(route, callSid, planned) };
  }

  /** When deciding failed: the number's targets, plainly. */
  lastResort(to: string): string {
    const targets = this.routing.routeTo(to)?.number.forwardTo ?? [];
    return targets.length === 0 ? rejected() : dialedPlainly(targets);
  }

  /** What a number's calls get while no hub answers: a static document, so nothing that a hub would have to hear. */
  withoutHub(route: Route): string {
    const { plan } = this.forwarding.planFor(route, '', null);
    if (plan.kind === 'reject') return rejected();
    return plan.kind === 'dial'
      ? dialedPlainly(plan.targets)
      : said(UNREACHABLE[tongue(route.tenant.language)], route.tenant.language);
  }

  /** The whisper to whoever picked up. */
  ask(context: CallContext, accountSid: string, language: string): string {
    return screened(this.url('call/screening/digit', accountSid, context), PROMPT[tongue(language)]);
  }

  private twiml({ number, tenant }: Route, callSid: string, { plan }: PlannedCall): string {
    if (plan.kind === 'reject') return rejected();
    if (plan.kind === 'unattended') return said(UNATTENDED[tongue(tenant.language)], tenant.language);
    const { screening, targets } = plan;
    const context = { tenantId: tenant.id, phoneNumberId: number.id, callSid, screening, ...phonesOf(plan) };
    return dialed({
      timeoutSeconds: plan.ringSeconds,
      action: this.url('call/dial', number.accountSid, context),
      targets: targets.map((target) => ({
        number: target,
        statusCallback: this.url(`call/status/${callSid}`, number.accountSid, context),
        screeningUrl: screening === 'none' ? null : this.url('call/screening', number.accountSid, context),
      })),
    });
  }

  private url(route: string, accountSid: string, context: CallContext): string {
    return this.callbacks.to(route, accountSid, { ...context });
  }
}
