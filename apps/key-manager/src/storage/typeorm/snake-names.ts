import { DefaultNamingStrategy } from 'typeorm';

/** `tenantDomain` in a row is `tenant_domain` in the table. */
export class SnakeNames extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string): string {
    return customName || propertyName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}
