import type { Ask } from './ask.js'

/** Headers that proxies, sidecars of meshes and networks in front add, and that nobody sends who asks by himself. */
const ADDED =
  /^(?:forwarded|via|x-(?:forwarded|envoy|original|real|client|cluster|remote|proxy|request-id|correlation-id|b3|amzn|appengine|azure|arr|istio|traefik|varnish|nginx|haproxy|scheme|ssl|url-scheme)|true-client-ip|client-ip|cf-|cdn-|fastly-|fly-|akamai-|b3$|l5d-)/

/** By what of it a request says that a proxy has passed it on: behind one, everybody has the address of the proxy. Undefined when nothing does. */
export function passedOnBy({ headerNames, version }: Pick<Ask, 'headerNames' | 'version'>): string | undefined {
  // As nginx asks by default, which adds nothing; browsers and programs have not spoken it for decades.
  return headerNames.find((name) => ADDED.test(name)) ?? (version === '1.0' ? 'HTTP/1.0' : undefined)
}
