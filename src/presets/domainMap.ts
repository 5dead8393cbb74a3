import type { DomainSpec } from '../bijectors/index.ts';
import type { Domain } from '../model/domain.ts';

/** The first bijector of a flow on bounded data; empty if every feature is `real`. */
export function domainMap(dim: number, domain: Domain | readonly Domain[] = 'real'): DomainSpec[] {
  const features = typeof domain === 'string' ? Array.from({ length: dim }, () => domain) : [...domain];
  const isUnbounded = features.length === dim && features.every((one) => one === 'real');
  return isUnbounded ? [] : [{ type: 'domain', features }];
}
