export { PhoneNumber } from './phone-number.entity.js';
export { PhoneNumbers } from './phone-numbers.js';
export type { KnownNumber, KnownTenant } from './routing-slices.js';
export { Routing, type Route } from './routing.js';
export { DEFAULTS, settingsOf, type Dispatcher, type Settings } from './settings.domain.js';
export { Tenant } from './tenant.entity.js';
export { Tenants } from './tenants.js';
export { TenantsModule } from './tenants.module.js';
