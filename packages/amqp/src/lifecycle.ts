import {
  type Dependencies,
  KeelsonError,
  type ResourceLike,
  type ResourceOptions,
  type RestartOptions,
  type Timeouts,
} from '@keelson/kernel'

const HOOKS = ['start', 'check', 'activate', 'quiesce', 'drain', 'stop', 'kill'] as const

/** The options of a resource that are the kernel's; its hooks are this package's. */
export type Lifecycle<T, D extends Dependencies<D>> = Omit<ResourceOptions<T, D>, (typeof HOOKS)[number]>

/** What has lost its connection or its channel is made anew for as long as it takes: amqplib does not reconnect. */
const FOR_EVER: RestartOptions = { attempts: Number.POSITIVE_INFINITY, within: 60_000, maxDelay: 10_000 }

/** Takes the options of a user as they are written: `dependsOn` may be a getter, and is read when a kernel takes the resource in. */
export interface Written {
  readonly name: string
  readonly options: object
  /** The options that are not the kernel's. */
  readonly own: readonly string[]
  /** Added to what it depends on. */
  needs?(): Readonly<Record<string, ResourceLike>>
}

/**
 * The hooks of this package with the options of the user that are the kernel's. What can be tried again is, by default: a first start
 * (`retry`) and what was lost (`restart`).
 *
 * @throws KeelsonError `INVALID_OPTION` for a hook among the user's options: the hooks are this package's.
 */
export function withHooks<T>(
  { name, options, own, needs }: Written,
  hooks: Pick<ResourceOptions<T, Dependencies>, (typeof HOOKS)[number] | 'timeouts'>,
): ResourceOptions<T, Dependencies> {
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  for (const hook of HOOKS) {
    if (descriptors[hook] === undefined) continue
    const problem = 'cannot be given, it is made by this package'
    throw invalidOption(name, hook, problem, `put your own ${hook} into a resource that depends on this one`)
  }
  for (const key of [...own, 'timeouts']) delete descriptors[key]
  for (const [key, { value, get }] of Object.entries(descriptors)) {
    if (value === undefined && get === undefined) delete descriptors[key]
  }
  if (needs !== undefined) {
    const given = () => (options as { dependsOn?: object }).dependsOn
    descriptors.dependsOn = { get: () => ({ ...given(), ...needs() }), enumerable: true, configurable: true }
  }
  return Object.defineProperties({ ...hooks, retry: true, restart: FOR_EVER }, descriptors) as ResourceOptions<T, Dependencies>
}

/** @throws KeelsonError `INVALID_OPTION` unless options are an object; a connection string in their place is not shown. */
export function checkIsObject(name: string, options: unknown, example: string): void {
  if (typeof options === 'object' && options !== null) return
  throw invalidOption(name, 'its options', 'must be an object', `pass ${example}`)
}

/** D3: what was accepted may take what the budget leaves. What is no object is left for the kernel to refuse. */
export function untilTheBudgetEnds(timeouts: Timeouts = {}): Timeouts {
  const isObject = typeof timeouts === 'object' && timeouts !== null
  return isObject && timeouts.drain === undefined ? { ...timeouts, drain: Number.POSITIVE_INFINITY } : timeouts
}

/**
 * Milliseconds after which a hook fails with a reason of its own: nine tenths of its timeout, which would only say that time ran out.
 * `fallback` is the kernel's default timeout.
 */
export function patience(timeout: number | undefined, fallback: number): number {
  return 0.9 * (timeout ?? fallback)
}

export function invalidOption(name: string, option: string, problem: string, remedy: string, cause?: unknown): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${option} ${problem}; ${remedy}`, {
    resource: name,
    details: { option },
    ...(cause === undefined ? {} : { cause }),
  })
}
