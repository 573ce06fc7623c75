export { PhoneNumber } from './phone-number.entity.js';
export { PhoneNumbers } from './phone-numbers.js';
export type { KnownTenant } from './routing-slices.js';
export { Routing, type Route } from './routing.js';
export { Tenant } from './tenant.entity.js';
export { Tenants } from './tenants.js';
export { TenantsModule } from './tenants.module.js';
