import { check, checkFields, checkMs, isObject } from './checks.js'
import { isLoopbackHost } from './loopback.js'

/** How an authorization server is asked about a token (RFC 7662). */
export interface IntrospectionOptions {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
}

/** `http.oauth`: whose access tokens the HTTP fronts take. */
export interface OAuthOptions {
  /** The URL that clients use for the MCP endpoint; tokens have to be meant for it. */
  readonly resource: string
  /** The issuers of tokens, as they call themselves. */
  readonly authorizationServers: readonly string[]
  /** What a token has to allow, all of it; default nothing. */
  readonly scopes: readonly string[]
  /** The key set of the one authorization server that there is; default: what its metadata says. */
  readonly jwks?: string
  /** Asks the one authorization server that there is about every token, instead of verifying signatures. */
  readonly introspection?: IntrospectionOptions
  /** How far clocks may differ, in ms. */
  readonly clockTolerance: number
}

const FIELDS = ['resource', 'authorizationServers', 'scopes', 'jwks', 'introspection', 'clockTolerance']
/** What a scope may consist of (RFC 6749). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/
const CLOCK_TOLERANCE = 30_000

/** @throws Error that says which field cannot be used. */
export function oauthOptions(where: string, written: unknown): OAuthOptions {
  check(where, 'oauth', isObject(written), 'an object with "resource" and "authorizationServers"')
  const fields = written as Record<string, unknown>
  checkFields(`${where}.oauth`, fields, FIELDS)
  const place = `${where}.oauth`
  const { resource, authorizationServers, scopes = [], jwks, introspection, clockTolerance = CLOCK_TOLERANCE } = fields
  const ofResource = isUrl(resource) && !resource.includes('#')
  check(place, 'resource', ofResource, 'the URL that clients use, such as https://tools.example/mcp')
  const some = Array.isArray(authorizationServers) && authorizationServers.length > 0 && authorizationServers.every(isEndpoint)
  check(place, 'authorizationServers', some, 'a list of https URLs, one or more; http only on loopback')
  const one = (authorizationServers as unknown[]).length === 1
  check(place, 'scopes', Array.isArray(scopes) && scopes.every(isScope), 'a list of scopes, each without spaces and quotes')
  check(place, 'jwks', jwks === undefined || (isEndpoint(jwks) && one), 'an https URL, for one authorization server alone')
  checkMs(place, 'clockTolerance', clockTolerance, 0)
  if (introspection !== undefined) checkIntrospection(place, introspection, one && jwks === undefined)
  return {
    resource: resource as string,
    authorizationServers: authorizationServers as string[],
    scopes: scopes as string[],
    ...(jwks !== undefined && { jwks: jwks as string }),
    ...(introspection !== undefined && { introspection: introspection as IntrospectionOptions }),
    clockTolerance: clockTolerance as number,
  }
}

function checkIntrospection(where: string, introspection: unknown, ok: boolean): void {
  check(where, 'introspection', isObject(introspection), 'an object with url, clientId and clientSecret')
  check(where, 'introspection', ok, 'for one authorization server alone, and without jwks')
  const { url, clientId, clientSecret } = introspection as Record<string, unknown>
  checkFields(`${where}.introspection`, introspection as Record<string, unknown>, ['url', 'clientId', 'clientSecret'])
  check(where, 'introspection.url', isEndpoint(url), 'an https URL; http only on loopback')
  const isText = (value: unknown) => typeof value === 'string' && value !== ''
  check(where, 'introspection.clientId', isText(clientId), 'a string')
  check(where, 'introspection.clientSecret', isText(clientSecret), 'a string')
}

function isScope(scope: unknown): boolean {
  return typeof scope === 'string' && SCOPE.test(scope)
}

function isUrl(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}

/** What decides who may come in is not asked over a wire that others can write on. */
export function isEndpoint(value: unknown): value is string {
  if (!isUrl(value)) return false
  const { protocol, hostname, username, password, hash } = new URL(value)
  return username === '' && password === '' && hash === '' && (protocol === 'https:' || isLoopbackHost(hostname))
}
