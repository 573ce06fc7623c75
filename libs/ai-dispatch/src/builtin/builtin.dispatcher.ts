import { Injectable } from '@nestjs/common';

import { intake } from './builtin.domain.js';
import type { DispatchAnswer } from '../dispatch.domain.js';
import type { Dispatcher, DispatchRequest } from '../dispatcher.js';

/** The built-in intake: deterministic, needs no network, always there. */
@Injectable()
export class BuiltinDispatcher implements Dispatcher {
  readonly name = 'builtin';

  ask({ tenant, view }: DispatchRequest): Promise<DispatchAnswer> {
    const language = (view.contact.language ?? tenant.language) === 'es' ? 'es' : 'en';
    return Promise.resolve(
      intake({
        history: view.lines,
        businessName: tenant.name,
        language,
        disclose: tenant.settings.aiDisclosure,
        emergency: false,
        callerKnownName: view.contact.name,
      }),
    );
  }
}
