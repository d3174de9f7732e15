import { KeelsonError, type Kernel } from '@keelson/kernel'

export interface InspectorOptions {
  /** Where it is mounted, when what it is mounted in leaves that in the URL, as Fastify, Koa and Hono do; default `/inspector`. Express tells it. */
  path?: string
  /**
   * What somebody has to know to look, at least 16 characters. Without it only this machine may. With it everybody has to log in, or to send it as
   * `authorization: Bearer`, wherever they ask from.
   */
  token?: string
  /**
   * By which names it may be asked besides those of the loopback, against pages that make their own name point here (DNS rebinding). Default:
   * none, and with a token any.
   */
  hosts?: readonly string[]
  /** Addresses such as `https://ops.example` of proxies in front that pass another `Host` on: pages from there may act. Default none. */
  origins?: readonly string[]
  /** Whether resources may be checked, restarted and rotated, and the kernel cordoned and shut down, from the page. Default false. */
  actions?: boolean
  /** How many may look at once; default 16. */
  viewers?: number
  /** How long the platform waits for a shutdown, in ms, for the picture of the budget; `run()` knows it of most platforms. */
  grace?: { readonly platform: string; readonly ms: number }
}

/** Options with every default in place. */
export interface Settings extends InspectorOptions {
  readonly path: string
  readonly actions: boolean
  readonly viewers: number
}

type Check = (value: unknown) => string | undefined

const CHECKS: Readonly<Record<keyof InspectorOptions, Check>> = {
  path: (value) =>
    unless(typeof value === 'string' && /^\/[^?#\s]*$/.test(value), 'be a path that begins with / and has no query'),
  token: (value) =>
    unless(typeof value === 'string', 'be a string') ??
    unless(
      (value as string).length >= 16 && !/\s/.test(value as string),
      'have at least 16 characters and no space; make one with: openssl rand -base64 24',
    ),
  hosts: (value) => unless(areTexts(value), 'be a list of host names'),
  origins: (value) =>
    unless(areTexts(value) && value.every(isOrigin), "be a list of origins without a path, such as 'https://ops.example'"),
  actions: (value) => unless(typeof value === 'boolean', 'be true or false'),
  viewers: (value) => unless(Number.isInteger(value) && (value as number) >= 1, 'be a whole number, 1 or more'),
  grace: (value) =>
    unless(
      isObject(value) && typeof value.platform === 'string' && isMs(value.ms),
      'be { platform, ms }, such as a grace of 30_000 ms',
    ),
}

/** Throws `INVALID_OPTION`. */
export function settingsOf(kernel: Kernel, options: InspectorOptions): Settings {
  if (!isObject(kernel) || ['panels', 'inspect', 'plan', 'on'].some((name) => typeof Reflect.get(kernel, name) !== 'function'))
    throw invalid('its first argument', 'must be a kernel; pass what createKernel() returned')
  if (!isObject(options as unknown)) throw invalid('the options', 'must be an object')
  for (const [key, value] of Object.entries(options)) {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key as keyof InspectorOptions] : undefined
    if (check === undefined) throw invalid(key, `is not an option; there are ${Object.keys(CHECKS).join(', ')}`)
    const problem = value === undefined ? undefined : check(value)
    if (problem !== undefined) throw invalid(key, problem)
  }
  const { path = '/inspector', actions = false, viewers = 16 } = options
  return { ...options, path: path.replace(/\/+$/, ''), actions, viewers }
}

function unless(ok: boolean, be: string): string | undefined {
  return ok ? undefined : `must ${be}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text.toLowerCase()
}

function isMs(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && Number.isFinite(value)
}

function invalid(option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `inspector(): ${option} ${problem}`, { details: { option } })
}
